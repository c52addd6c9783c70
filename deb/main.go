// Command deb writes what a package must carry beside its program: the copyright
// file with the licence of every module that is linked in, and the bill of
// materials (CycloneDX 1.5). Both come from the build information in the binary
// itself, so they list what is there and nothing else.
//
//	go run ./deb -binary build/cross/gated-arm64 -out FOLDER
package main

import (
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	binary := flag.String("binary", "", "the program")
	out := flag.String("out", "", "folder for copyright and sbom.cdx.json")
	flag.Parse()
	if err := write(*binary, *out); err != nil {
		fmt.Fprintln(os.Stderr, "deb: error:", err)
		os.Exit(1)
	}
}

func write(binary, out string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("read what the binary is made of: %w", err)
	}
	parts, err := partsOf(info)
	if err != nil {
		return err
	}
	return errors.Join(
		writeFile(filepath.Join(out, "copyright"), copyright(parts)),
		writeFile(filepath.Join(out, "sbom.cdx.json"), bill(filepath.Base(info.Path), parts)),
	)
}

func writeFile(path string, b []byte) error {
	if err := os.WriteFile(path, b, 0o644); err != nil { //nolint:gosec // everybody may read it
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
