// Command shapes writes docs/json.md from the structs that gated prints as JSON:
// their names, and the comments beside their fields. What stands around the
// tables is in page.md beside it.
//
//	go run ./docs/shapes
//
// A place for a table is a line <!-- shape PACKAGE.Type -->.
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
	page, err := build(*root)
	if err == nil {
		err = os.WriteFile(filepath.Join(*root, "docs", "json.md"), page, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shapes: error:", err)
		os.Exit(1)
	}
}
