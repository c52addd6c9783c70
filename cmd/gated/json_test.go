package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/alecthomas/kong"
)

// TestEveryCommandSaysWhetherItPrintsJSON: a command takes --json and has its
// shape in docs/json.md, or the page says why it has none.
func TestEveryCommandSaysWhetherItPrintsJSON(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	found := func(pattern string) map[string]bool {
		all := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(page), -1) {
			all[m[1]] = true
		}
		return all
	}
	sections, rows := found(`(?m)^## gated (.*)$`), found("(?m)^\\| `gated ([a-z -]+)` \\|")
	var c cli
	k, err := kong.New(&c, kong.Name("gated"))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range k.Model.Leaves(true) {
		name := n.FullPath()[len("gated "):]
		takes := false
		for _, f := range n.Flags {
			takes = takes || f.Name == "json"
		}
		total++
		switch {
		case takes && !sections[name] && name != "journal list":
			t.Errorf("gated %s takes --json, and docs/json.md has no section of it", name)
		case !takes && sections[name]:
			t.Errorf("docs/json.md has a section of gated %s, which takes no --json", name)
		case !takes && !rows[name]:
			t.Errorf("gated %s takes no --json, and docs/json.md does not say why", name)
		}
		delete(sections, name)
		delete(rows, name)
	}
	if total < 22 || len(sections)+len(rows) > 0 {
		t.Errorf("of %d commands, docs/json.md has also %v and %v", total, sections, rows)
	}
}
