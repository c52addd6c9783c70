package doctor

// Behind is each check with those that explain a failure of it.
func Behind() map[string][]string {
	all := map[string][]string{}
	for _, c := range checks {
		all[c.name] = c.after
	}
	return all
}

// Access is access for tests.
var Access = access
