package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesAreAsGenerated: whoever changes a comment runs go generate ./cmd/gated.
func TestPagesAreAsGenerated(t *testing.T) {
	const root = "../.."
	for around, name := range editions {
		want, err := build(root, around)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("docs/%s is not what the comments say: go generate ./cmd/gated writes it anew", name)
		}
		if n := strings.Count(string(want), "\n| `"); n < 59 {
			t.Errorf("docs/%s has %d keys: not all tables are on the page", name, n)
		}
	}
}

func TestAKeyWithoutChineseIsRefused(t *testing.T) {
	for _, text := range []string{"name\ndefault: none", "name\nzh: 名", "zh: 名\ndefault: none", ""} {
		if _, err := row("gate.id", text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if k, err := row("gate.id", "name of\nthe gate\nzh: 名\ndefault: `x`"); err != nil || k.en != "name of the gate" || k.zh != "名" || k.def != "`x`" {
		t.Errorf("%+v, %v", k, err)
	}
}
