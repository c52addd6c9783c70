package gated_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ranByPath is a program that a script gets from the module proxy: its path has a
// dot before the first slash, unlike our own packages.
var ranByPath = regexp.MustCompile(`go (?:run|install|get)(?: -\S+)* ([a-z0-9-]+\.[^\s/]+/\S+)`)

// unpinned are the programs that a script would get in whatever version is new.
func unpinned(script string) (found []string, pinned int) {
	for _, m := range ranByPath.FindAllStringSubmatch(script, -1) {
		_, version, _ := strings.Cut(m[1], "@")
		name, variable := strings.CutPrefix(version, "$")
		switch {
		case regexp.MustCompile(`^v\d+\.\d+\.\d+`).MatchString(version),
			variable && regexp.MustCompile(`(?m)^\s*`+name+`=v\d+\.\d+\.\d+`).MatchString(script):
			pinned++
		default:
			found = append(found, m[1])
		}
	}
	return found, pinned
}

// TestToolsArePinned looks at every script that a person or a CI runs: the same
// commit must be built and checked by the same programs.
func TestToolsArePinned(t *testing.T) {
	files := []string{"Makefile"}
	for _, pattern := range []string{".ci/*", "*/*.sh", "*/*/*.sh"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	total := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found, pinned := unpinned(string(text))
		for _, f := range found {
			t.Errorf("%s gets %s in no fixed version: write @v1.2.3", name, f)
		}
		total += pinned
	}
	if total < 3 {
		t.Errorf("only %d pinned programs found: the test reads nothing", total)
	}
	if found, _ := unpinned("go run a.b/c@latest\nGOBIN=x go install a.b/d\ngo install a.b/e@$version\ngo run ./deb"); !slices.Equal(found, []string{"a.b/c@latest", "a.b/d", "a.b/e@$version"}) {
		t.Errorf("of programs that are not pinned only %q are found", found)
	}
}
