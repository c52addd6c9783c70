package main

import (
	"os"
	"strings"
	"testing"
)

// TestPageIsAsGenerated: whoever changes a printed struct runs go generate
// ./cmd/gated.
func TestPageIsAsGenerated(t *testing.T) {
	const root = "../.."
	want, err := build(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(root + "/docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/json.md is not what the structs say: go generate ./cmd/gated writes it anew")
	}
	if n := strings.Count(string(want), "\n| `shape` "); n < 18 {
		t.Errorf("docs/json.md has %d shapes: not all tables are on the page", n)
	}
	for _, row := range []string{
		"| `problems[].line` | integer | 0: the file as a whole |", "| `relay_on_ms` | integer or null |", "| `scanners[].module` | object or null, or left out |",
		"| `checks[].state` | string |", "| `lines[].recent[].at` | string, RFC 3339 |", "| `discards` | object of integers by name |",
	} {
		if !strings.Contains(string(want), row) {
			t.Errorf("docs/json.md lacks %q", row)
		}
	}
}
