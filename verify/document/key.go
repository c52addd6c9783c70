package document

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/pass"
)

// Key is a verifier key in the note package's text form, NAME+HASH+BASE64. The
// zero Key has signed nothing.
type Key struct {
	Name   string
	Text   string // the verifier key as it was written
	Public ed25519.PublicKey
}

// ParseKey reads a verifier key in its one spelling and refuses what PROTOCOL
// 1.3 refuses: another algorithm than Ed25519, a key that does not re-encode to
// itself, small order (the error then wraps pass.ErrWeakKey).
func ParseKey(text string) (Key, error) {
	if _, err := note.NewVerifier(text); err != nil {
		return Key{}, fmt.Errorf("parse verifier key: %w", err)
	}
	name, _, _ := strings.Cut(text, "+")
	// The note package has read it, so this is base64 of the algorithm and the
	// key; the last "+" that is not part of the base64 is the second one.
	encoded := text[len(name)+1+8+1:]
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return Key{}, fmt.Errorf("parse verifier key: %w", err)
	}
	k := Key{Name: name, Text: text, Public: ed25519.PublicKey(b[1:])}
	if canonical, err := note.NewEd25519VerifierKey(k.Name, k.Public); err != nil || canonical != text {
		return Key{}, fmt.Errorf("parse verifier key %s: not in its one spelling", k.Name)
	}
	if err := pass.CheckKey(k.Public); err != nil {
		return Key{}, fmt.Errorf("parse verifier key %s: %w", k.Name, err)
	}
	return k, nil
}

// Verifier is the key for the note package. That of a Key which ParseKey did
// not make accepts nothing.
func (k Key) Verifier() note.Verifier {
	v, err := note.NewVerifier(k.Text)
	if err != nil {
		return nobody{}
	}
	return v
}

// Same says whether both are the same key, whatever their names.
func (k Key) Same(o Key) bool { return k.Public.Equal(o.Public) }

// nobody is the verifier of no key.
type nobody struct{}

func (nobody) Name() string                { return "nobody" }
func (nobody) KeyHash() uint32             { return 0 }
func (nobody) Verify(msg, sig []byte) bool { return false }
