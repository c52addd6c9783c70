package pass_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// TestVectors runs every vector as far as form and signatures go.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("../testdata/vectors/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v, err := verifytest.ReadVector(string(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range v.Scans {
				got, want := judge(v, s.Code), formOf(s.Want)
				switch {
				case s.Want == gate.Repeat: // it was not judged
				case s.Want == gate.ExitLate && got == gate.BadHolderSignature: // of the issuer's signature alone
				case got != want:
					t.Errorf("%s: %s, want %s", s.Name, got, want)
				}
			}
		})
	}
}

// formOf is what form and signature say of a code that is expected to come to r.
func formOf(r gate.Reason) gate.Reason {
	switch r {
	case gate.Malformed, gate.Unsupported, gate.UnknownKey, gate.BadSignature, gate.WeakKey, gate.BadHolderSignature:
		return r
	default:
		return gate.OK
	}
}

// judge makes the checks of PROTOCOL 1.4 that need nothing but keys.
func judge(v verifytest.Vector, code string) gate.Reason {
	p, err := pass.Parse(code)
	switch {
	case errors.Is(err, pass.ErrUnsupported):
		return gate.Unsupported
	case err != nil:
		return gate.Malformed
	case v.Keys[p.Kid] == nil:
		return gate.UnknownKey
	case !p.IssuerSigned(v.Keys[p.Kid]):
		return gate.BadSignature
	case p.Type == pass.Bearer && v.Source == gate.FromPresent:
		return gate.Unsupported
	case p.Type == pass.Bearer:
		return gate.OK
	case pass.CheckKey(p.Holder) != nil:
		return gate.WeakKey
	case !p.HolderSigned(v.Site, v.Tag) && (v.Source == gate.FromPresent || !p.HolderSigned(v.Site, 0)):
		return gate.BadHolderSignature
	}
	return gate.OK
}
