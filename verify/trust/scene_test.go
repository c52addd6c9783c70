package trust_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/trust"
)

// begin is when all was issued, in unix seconds.
const begin = 1800000000

// private is the key pair of a name, always the same.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// public is its public half, as a document carries it.
func public(name string) string {
	return base64.StdEncoding.EncodeToString(private(name).Public().(ed25519.PublicKey))
}

// verifier is the verifier key of a name; seed may give two names one key.
func verifier(tb testing.TB, name, seed string) string {
	tb.Helper()
	text, err := note.NewEd25519VerifierKey(name, private(seed).Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// signer is the other half of verifier.
func signer(tb testing.TB, name, seed string) note.Signer {
	tb.Helper()
	hash := verifier(tb, name, seed)[len(name)+1 : len(name)+9]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private(seed).Seed()...))
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + secret)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// by makes the signers of names.
func by(tb testing.TB, names ...string) []note.Signer {
	tb.Helper()
	var all []note.Signer
	for _, n := range names {
		all = append(all, signer(tb, n, n))
	}
	return all
}

// roots are those of a configuration.
func roots(tb testing.TB, threshold int, names ...string) trust.Roots {
	tb.Helper()
	r, err := trust.ParseRoots(verifiers(tb, names...), threshold)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func verifiers(tb testing.TB, names ...string) []string {
	tb.Helper()
	var all []string
	for _, n := range names {
		all = append(all, verifier(tb, n, n))
	}
	return all
}

// sign makes the parsed document.
func sign(tb testing.TB, t document.Type, v any, signers ...note.Signer) document.Document {
	tb.Helper()
	raw, err := document.Sign(t, v, signers...)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// key is an entry that is fine.
func key(kid uint16, name string) trust.KeyJSON {
	return trust.KeyJSON{
		Kid: kid, Issuer: 1, Algorithm: "ed25519", Key: public(name), Sites: []string{"*"},
		NotBefore: begin, NotAfter: begin + 86400, MaxBearerTTL: 900, MaxBoundTTL: 604800, State: "active",
	}
}

// list is a trust list that is fine: roots a, b, c with threshold 2, one issuer
// with the key 257, an authority for each role.
func list(tb testing.TB, change ...func(*trust.ListJSON)) trust.ListJSON {
	tb.Helper()
	j := trust.ListJSON{
		Version: 1, Epoch: 1, IssuedAt: begin, Roots: verifiers(tb, "a", "b", "c"), Threshold: 2,
		Issuers: []trust.Issuer{{ID: 1, Name: "the platform"}},
		Keys:    []trust.KeyJSON{key(257, "issuer")},
		Authorities: []trust.AuthorityJSON{
			{Name: "r", Key: verifier(tb, "r", "r"), Roles: []trust.Role{"revocation", "cosign"}, Sites: []string{"*"}},
			{Name: "s", Key: verifier(tb, "s", "s"), Roles: []trust.Role{"site", "command"}, Sites: []string{"1001", "2000-2999"}},
			{Name: "p", Key: verifier(tb, "p", "p"), Roles: []trust.Role{"records"}, Sites: []string{"*"}, Seal: base64.StdEncoding.EncodeToString(seal())},
		},
	}
	for _, c := range change {
		c(&j)
	}
	return j
}

// seal is an X25519 public key: the base point.
func seal() []byte {
	b := make([]byte, 32)
	b[0] = 9
	return b
}

// accepted is the list that follows, which must be accepted.
func accepted(tb testing.TB, j trust.ListJSON, inForce *trust.List, signers ...string) *trust.List {
	tb.Helper()
	l, err := trust.Accept(sign(tb, document.Trust, j, by(tb, signers...)...), inForce, roots(tb, 2, "a", "b", "c"))
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// refused fails the test unless err wraps want.
func refused(tb testing.TB, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Fatalf("got %v; want %v", err, want)
	}
}
