package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// weCarry are the licences that ask for nothing but their text.
var weCarry = []string{"Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "ISC", "MIT"}

// excused are modules with another text, and why they may be shipped all the same.
var excused = map[string]string{
	"github.com/eclipse/paho.mqtt.golang": "EPL-2.0 or EDL-1.0, which is BSD-3-Clause, as we choose",
}

func TestLicencesOfEveryDependency(t *testing.T) {
	shipped := modules(t, "-deps", "./cmd/gated", "./cmd/gate-central")
	all := modules(t, "-deps", "-test", "./...")
	if len(shipped) < 15 || len(all) < len(shipped) {
		t.Fatalf("%d modules shipped of %d: the test reads nothing", len(shipped), len(all))
	}
	for _, m := range all {
		dir, err := moduleDir(m)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := licences(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		var found []string
		for _, text := range texts {
			if k := kindOf(text); k != "" && !slices.Contains(found, k) {
				found = append(found, k)
			}
		}
		path, _, _ := strings.Cut(m, "@")
		ok := slices.ContainsFunc(found, func(k string) bool {
			return slices.Contains(weCarry, k) || k == "MPL-2.0" && !slices.Contains(shipped, m) // asks something of who ships it
		})
		if !ok && excused[path] == "" {
			t.Errorf("%s is under %q: read its licence, and excuse it here with the reason, or drop it", m, found)
		}
		t.Logf("%-55s %s %s", m, strings.Join(found, " "), excused[path])
	}
}

// modules are those of the packages that go list lists, as PATH@VERSION.
func modules(t *testing.T, args ...string) []string {
	t.Helper()
	args = append([]string{"list", "-f", "{{with .Module}}{{if .Version}}{{.Path}}@{{.Version}}{{end}}{{end}}"}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Fields(string(out))
	slices.Sort(lines)
	return slices.Compact(lines)
}

// kinds are the licences that are known here, by words that only they have, more
// before fewer.
var kinds = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"EPL-2.0", "Eclipse Public License - v 2.0"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

// kindOf is the licence that a text is; empty: none that is known here.
func kindOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, k := range kinds {
		if strings.Contains(text, k.words) || k.name == "Apache-2.0" && strings.HasPrefix(text, "Apache License, Version 2.0.") {
			return k.name
		}
	}
	return ""
}

func TestKindsOfLicences(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n   Version 2.0, January 2004":                                     "Apache-2.0",
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy of": "MIT",
		"GNU GENERAL PUBLIC LICENSE Version 3":                                             "",
		"all rights reserved":                                                              "",
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
