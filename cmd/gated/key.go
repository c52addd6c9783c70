package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// gateKey is the box's own key: it signs checkpoints and opens nothing.
type gateKey struct {
	signer   note.Signer
	verifier string // the text that the site document lists
}

// loadGateKey reads the key from the state directory, and makes it there the
// first time. The file is 0600 and on stable storage before the key is used. A
// command run by root goes on as the directory's owner.
func loadGateKey(dir, id string) (gateKey, error) {
	if err := asOwner(dir); err != nil {
		return gateKey{}, err
	}
	path := filepath.Join(dir, "gate.key")
	text, err := os.ReadFile(path) //nolint:gosec // our own state directory
	if errors.Is(err, os.ErrNotExist) {
		text, err = makeGateKey(dir, path, id)
	}
	if err != nil {
		return gateKey{}, fmt.Errorf("gate's key: %w", err)
	}
	return parseGateKey(path, strings.TrimSpace(string(text)), id)
}

func parseGateKey(path, text, id string) (gateKey, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return gateKey{}, fmt.Errorf("gate's key: %s is damaged (%w); restore it, or move it away and list the new key at the central server", path, err)
	}
	if signer.Name() != id {
		return gateKey{}, fmt.Errorf("gate's key: %s belongs to gate %q, not %q: this state directory is another box's", path, signer.Name(), id)
	}
	// PRIVATE+KEY+name+hash+base64(algorithm ‖ seed), as note.GenerateKey writes
	// it; base64 may hold a + of its own, a name may not.
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(text, "+", 5)[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return gateKey{}, fmt.Errorf("gate's key: %s is damaged; restore it, or move it away and list the new key at the central server", path)
	}
	pub, _ := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(id, pub)
	if err != nil {
		return gateKey{}, fmt.Errorf("gate's key: %w", err)
	}
	return gateKey{signer, verifier}, nil
}

// makeGateKey makes a new key and its directory.
func makeGateKey(dir, path, id string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	private, _, err := note.GenerateKey(rand.Reader, id)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if err := writeWhole(path, []byte(private+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return []byte(private), nil
}
