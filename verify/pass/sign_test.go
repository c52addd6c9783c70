package pass_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"gated/verify/pass"
)

func TestSigningRefusesWhatNoGateCouldRead(t *testing.T) {
	tests := []struct {
		name   string
		change func(h *pass.Header)
		bearer bool // refused for a bearer pass
		bound  bool // refused for a credential
	}{
		{"nothing changed", func(h *pass.Header) {}, false, false},
		{"type left out", func(h *pass.Header) { h.Type = 0 }, false, false},
		{"the other type", func(h *pass.Header) { h.Type = 3 - h.Type }, true, true},
		{"a reserved type", func(h *pass.Header) { h.Type = 3 }, true, true},
		{"no ttl", func(h *pass.Header) { h.TTL = 0 }, true, true},
		{"direction 3", func(h *pass.Header) { h.Direction = 3 }, true, true},
		{"direction 4", func(h *pass.Header) { h.Direction = 4 }, true, true},
		{"window 4", func(h *pass.Header) { h.Window = 4 }, true, true},
		{"window 3", func(h *pass.Header) { h.Window = 3 }, true, false},
		{"unlimited", func(h *pass.Header) { h.Unlimited = true }, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := bearerHeader
			tt.change(&h)
			code, err := pass.SignBearer(h, seed(0))
			checkRefusal(t, "bearer", err, tt.bearer, code == "")
			h = boundHeader
			tt.change(&h)
			c, err := pass.SignCredential(h, holderKey, seed(0))
			checkRefusal(t, "credential", err, tt.bound, c == pass.Credential{})
		})
	}
}

func checkRefusal(t *testing.T, what string, err error, want, empty bool) {
	t.Helper()
	if errors.Is(err, pass.ErrMalformed) != want || (err != nil) != want || empty != want {
		t.Errorf("%s: error %v, empty %v; want a refusal: %v", what, err, empty, want)
	}
}

func TestSigningRefusesKeysThatAreNone(t *testing.T) {
	for _, key := range []ed25519.PrivateKey{nil, make([]byte, 32), make([]byte, 65)} {
		if _, err := pass.SignBearer(bearerHeader, key); err == nil {
			t.Errorf("a bearer pass was signed with %d bytes", len(key))
		}
		if _, err := pass.SignCredential(boundHeader, holderKey, key); err == nil {
			t.Errorf("a credential was signed with %d bytes", len(key))
		}
	}
	identity := make(ed25519.PublicKey, 32)
	identity[0] = 1
	if _, err := pass.SignCredential(boundHeader, identity, seed(0)); !errors.Is(err, pass.ErrWeakKey) {
		t.Errorf("a credential for a key that everybody has: %v", err)
	}
}

func TestShowRefusesWhatNoGateWouldTake(t *testing.T) {
	c, err := pass.SignCredential(boundHeader, holderKey, seed(0))
	if err != nil {
		t.Fatal(err)
	}
	if h, err := c.Header(); h != boundHeader || err != nil {
		t.Errorf("credential's header is %+v, %v", h, err)
	}
	broken := c
	broken[17] |= 0x80
	other := c
	other[0], other[17] = byte(pass.Bearer), 0
	for name, show := range map[string]func() (string, error){
		"another phone":   func() (string, error) { return c.Show(1, 1001, 3, seed(0x21)) },
		"no key":          func() (string, error) { return c.Show(1, 1001, 3, nil) },
		"every site":      func() (string, error) { return c.Show(1, pass.EverySite, 0, seed(0x20)) },
		"no credential":   func() (string, error) { return pass.Credential{}.Show(1, 1001, 3, seed(0x20)) },
		"of another type": func() (string, error) { return other.Show(1, 1001, 3, seed(0x20)) },
		"a broken one":    func() (string, error) { return broken.Show(1, 1001, 3, seed(0x20)) },
	} {
		if code, err := show(); err == nil || code != "" {
			t.Errorf("%s: code %q, error %v", name, code, err)
		}
	}
}
