package pass_test

import (
	"errors"
	"testing"

	"gated/verify/pass"
)

// FuzzCode holds for every text: what parses is spelt again to the same
// characters, what does not says why, and nothing panics.
func FuzzCode(f *testing.F) {
	for _, s := range []string{
		bearerCode, boundCode, "", "G1:", "G1:AQ", "G1:AM", "G1:A\n", "g1:AQ",
		bearerCode + "\r\n", boundCode[:300] + "7", sign(f, pass.Header{Type: pass.Bearer, TTL: 1}),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		p, err := pass.Parse(code)
		if err != nil {
			if !errors.Is(err, pass.ErrMalformed) && !errors.Is(err, pass.ErrUnsupported) {
				t.Errorf("error %v is neither of the two", err)
			}
			return
		}
		if again := p.Respell(); again != code {
			t.Errorf("%q is spelt again as %q", code, again)
		}
		if p.Type != pass.Bearer && p.Type != pass.Bound || p.TTL == 0 || p.Direction > pass.Out || (p.Type == pass.Bound) != (len(p.Holder) == 32) {
			t.Errorf("%q parses to %+v", code, p.Header)
		}
		p.HolderSigned(1001, 3)
		_ = pass.CheckKey(p.Holder)
	})
}

// FuzzKey holds for every 32 bytes: CheckKey is the rule as it is written.
func FuzzKey(f *testing.F) {
	f.Add([]byte(seed(0)[32:]))
	f.Fuzz(func(t *testing.T, key []byte) {
		if len(key) != 32 {
			if pass.CheckKey(key) == nil {
				t.Errorf("%d bytes pass", len(key))
			}
			return
		}
		if got, want := pass.CheckKey(key) == nil, written(key); got != want {
			t.Errorf("%x: passes %v, want %v", key, got, want)
		}
	})
}
