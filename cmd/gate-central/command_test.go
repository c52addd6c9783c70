package main

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// newGateKey is the verifier key of a gate.
func newGateKey(t *testing.T) string {
	t.Helper()
	_, public, err := note.GenerateKey(rand.Reader, "east-1")
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestCommandsReachTheGatesTopic(t *testing.T) {
	dir := network(t)
	verb(t, "gate", "add", "-d", dir, "east-1", "--site", "1001", "--key", newGateKey(t))

	var data, said bytes.Buffer
	if code := run(t.Context(), []string{"open", "-d", dir, "--gate", "east-1"}, output{&data, &said}); code != 1 || !strings.Contains(said.String(), "hint: start gate-central run") {
		t.Errorf("without a server: exit status %d, %q", code, &said)
	}

	s := serve(t, "-d", dir, "--listen", "127.0.0.1:0")
	address, _ := strings.CutPrefix(s.line(t), "broker listening on ")
	if l := s.line(t); l != "ready" {
		t.Fatalf("%q", l)
	}
	heard := subscribe(t, address, "east-1", "gated/v1/gates/east-1/command")
	for _, args := range [][]string{
		{"open", "--lane", "in", "--reason", "parcel", "--by", "desk"},
		{"hold-open", "--for", "12h"},
		{"lockdown", "--for", "30m"},
		{"release"},
	} {
		id := strings.TrimSpace(verb(t, append(args, "-d", dir, "--gate", "east-1")...))
		m := next(t, heard)
		if m.Retained || !strings.HasPrefix(string(m.Payload), "gated/v1/command\n") {
			t.Errorf("%s: %q", args[0], m.Payload)
		}
		if !strings.Contains(string(m.Payload), `"id":"`+id+`"`) || !strings.Contains(string(m.Payload), `"verb":"`+args[0]+`"`) {
			t.Errorf("%s with id %s: %q", args[0], id, m.Payload)
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

func TestCommandsAskedWrongly(t *testing.T) {
	dir := network(t)
	for _, args := range [][]string{
		{"open"},
		{"hold-open", "--gate", "east-1"},
		{"hold-open", "--gate", "east-1", "--for", "12h1s"},
		{"lockdown", "--gate", "east-1", "--for", "-1s"},
		{"release", "--gate", "east-1", "--issuer", "1", "--rider", "42"},
		{"release", "--gate", "east-1", "--why", "x"},
		{"release", "--issuer", "1", "--rider", "42", "--lane", "in"},
	} {
		var data, said bytes.Buffer
		if code := run(t.Context(), append(args, "-d", dir), output{&data, &said}); code != 2 || !strings.Contains(said.String(), "hint: ") {
			t.Errorf("%s: exit status %d, %q", args, code, &said)
		}
	}
	if up, err := served(filepath.Join(dir, "nowhere")); up || err != nil {
		t.Errorf("a directory that is not there: %t, %v", up, err)
	}
}

func TestEpochAndPropertyKeysFromTheCommandLine(t *testing.T) {
	dir := network(t)
	if got := verb(t, "epoch", "begin", "-d", dir, "--why", "drill"); got != "epoch 2 has begun\n" {
		t.Errorf("%q", got)
	}
	verb(t, "site", "key", "add", "-d", dir, "--site", "1001", "--kid", "40000", "--max-bearer-ttl", "1h")
	if code := verb(t, "issue", "-d", dir, "--kid", "40000", "--site", "1001", "--rider", "7", "--ttl", "1h"); !strings.HasPrefix(code, "G1:") {
		t.Errorf("%q", code)
	}
	if got := verb(t, "key", "void", "-d", dir, "--kid", "40000"); got != "key 40000 is void for ever\n" {
		t.Errorf("%q", got)
	}
}
