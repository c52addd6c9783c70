// Command keys writes docs/configuration.md and its Chinese edition from the
// comments above the fields of the configuration's structs in cmd/gated, so that
// no key is without its row and none that is gone keeps one. What stands around
// the tables is in en.md and zh.md beside it.
//
//	go run ./docs/keys
//
// A comment has the row's text, a line "zh: …" with the same in Chinese, and a
// line "default: …".
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "the repository")
	flag.Parse()
	if err := write(*root); err != nil {
		fmt.Fprintln(os.Stderr, "keys: error:", err)
		os.Exit(1)
	}
}

// editions are the pages, by what stands around their tables.
var editions = map[string]string{"en.md": "configuration.md", "zh.md": "configuration.zh-CN.md"}

func write(root string) error {
	for around, name := range editions {
		page, err := build(root, around)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, "docs", name), page, 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}
