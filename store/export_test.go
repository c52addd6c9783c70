package store

// OpenWith is Open with one parameter of the writing connection changed.
func OpenWith(o Options, key, value string) (*Store, error) {
	params := writing()
	params.Set(key, value)
	return open(o, params)
}

// Script runs statements on the writing connection, before Run.
func (s *Store) Script(queries string) error { return s.w.script(queries) }

// Queued is how many commits and tasks wait.
func (s *Store) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) + len(s.tasks)
}

// Migrations are the steps of the schema, each a list of statements.
func Migrations() [][]string { return migrations }
