package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// TestGateKeyIsMadeOnceAndFitsItsVerifier makes many keys: in every second one
// the base64 holds a plus sign.
func TestGateKeyIsMadeOnceAndFitsItsVerifier(t *testing.T) {
	for range 30 {
		dir := filepath.Join(t.TempDir(), "state")
		first, err := loadGateKey(dir, "east")
		if err != nil {
			t.Fatal(err)
		}
		again, err := loadGateKey(dir, "east")
		if err != nil || again.verifier != first.verifier {
			t.Fatalf("second time: %q, %v; want %q", again.verifier, err, first.verifier)
		}
		v, err := note.NewVerifier(first.verifier)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := note.Sign(&note.Note{Text: "hello\n"}, again.signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open(msg, note.VerifierList(v)); err != nil {
			t.Fatalf("the printed verifier does not fit the key: %v", err)
		}
		info, err := os.Stat(filepath.Join(dir, "gate.key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("key's mode %v, %v; want 0600", info.Mode(), err)
		}
	}
}

func TestGateKeyThatCannotBeUsedSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	if _, err := loadGateKey(dir, "east"); err != nil {
		t.Fatal(err)
	}
	if _, err := loadGateKey(dir, "west"); err == nil || !strings.Contains(err.Error(), "another box's") {
		t.Errorf("key of another gate: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.key"), []byte("PRIVATE+KEY+east+00000000+AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadGateKey(dir, "east"); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("damaged key: %v", err)
	}
}
