package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// part is one thing that is linked into a program.
type part struct {
	name, version string
	hash          string // as in go.sum; empty for Go itself
	texts         []string
}

// partsOf finds the modules of a program in the module cache, with their
// licences. A module without a licence may not be shipped: it is an error.
func partsOf(info *debug.BuildInfo) ([]part, error) {
	root, err := output("go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	goText, err := licences(strings.TrimSpace(root))
	if err != nil {
		return nil, err
	}
	parts := []part{{name: "std", version: strings.TrimPrefix(info.GoVersion, "go"), texts: goText}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			return nil, fmt.Errorf("module %s is replaced by %s: no forks", m.Path, m.Replace.Path)
		}
		dir, err := moduleDir(m.Path + "@" + m.Version)
		if err != nil {
			return nil, err
		}
		texts, err := licences(dir)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{name: m.Path, version: m.Version, hash: m.Sum, texts: texts})
	}
	return parts, nil
}

func moduleDir(module string) (string, error) {
	out, err := output("go", "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var m struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		return "", fmt.Errorf("find module %s: %w", module, err)
	}
	return m.Dir, nil
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output() //nolint:gosec,noctx // a build step; its arguments are ours
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}

// licences are the texts that a module's top folder has of its licence.
func licences(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for a licence: %w", err)
	}
	var texts []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		known := slices.ContainsFunc([]string{"licen", "copying", "notice"}, func(p string) bool { return strings.HasPrefix(name, p) })
		if !known || e.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name())) //nolint:gosec // in the module cache
		if err != nil {
			return nil, fmt.Errorf("read licence: %w", err)
		}
		texts = append(texts, shortened(strings.TrimSpace(string(b))))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s has no licence: it may not be shipped", dir)
	}
	return texts, nil
}

// shortened is a licence's text, or where Debian keeps it.
func shortened(text string) string {
	if strings.HasPrefix(text, "Apache License") && strings.Contains(text, "END OF TERMS AND CONDITIONS") {
		return "Apache License, Version 2.0. On Debian systems the text is in /usr/share/common-licenses/Apache-2.0."
	}
	return text
}
