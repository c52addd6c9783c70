package pass_test

import (
	"crypto/ed25519"
	"testing"

	"gated/verify/pass"
)

// BenchmarkCode prints what a code costs beside the bare verifications that are
// its floor (DESIGN section 9: at least 0.9 of their rate).
func BenchmarkCode(b *testing.B) {
	message := make([]byte, 36)
	sig := ed25519.Sign(seed(0), message)
	bearer, bound := must(b, bearerCode), must(b, boundCode)
	for _, row := range []struct {
		name string
		do   func() bool
	}{
		{"bare verify", func() bool { return ed25519.Verify(issuerKey, message, sig) }},
		{"bare verify, twice", func() bool {
			first := ed25519.Verify(issuerKey, message, sig)
			return ed25519.Verify(issuerKey, message, sig) && first
		}},
		{"parse bearer", func() bool { _, err := pass.Parse(bearerCode); return err == nil }},
		{"parse bound", func() bool { _, err := pass.Parse(boundCode); return err == nil }},
		{"issuer signed, bearer", func() bool { return bearer.IssuerSigned(issuerKey) }},
		{"issuer signed, bound", func() bool { return bound.IssuerSigned(issuerKey) }},
		{"holder signed", func() bool { return bound.HolderSigned(1001, 3) }},
		{"check key", func() bool { return pass.CheckKey(bound.Holder) == nil }},
		{"all of a bearer pass", func() bool { return admitted(bearerCode) }},
		{"all of a bound pass", func() bool { return admitted(boundCode) }},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !row.do() {
					b.Fatal("refused")
				}
			}
		})
	}
}

func must(b *testing.B, code string) pass.Pass {
	b.Helper()
	p, err := pass.Parse(code)
	if err != nil {
		b.Fatal(err)
	}
	return p
}
