package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"gated/verify/verifytest"
)

// kind is one type of pass.
type kind struct {
	name string
	draw func(*verifytest.World) code
}

var kinds = []kind{
	{"bearer pass (type 1)", bearer},
	{"bound pass (type 2)", bound},
}

// code is one code, with the verifications that nobody can do without.
type code struct {
	text   string
	checks []check
}

// check is one bare Ed25519 verification.
type check struct {
	key            ed25519.PublicKey
	message, proof []byte
}

func bearer(w *verifytest.World) code {
	text := w.Bearer(w.Header())
	body := decode(text)
	return code{text, []check{{
		publicOf(w.Key), append([]byte("gated:pass:v1\x00"), body[:22]...), body[22:],
	}}}
}

func bound(w *verifytest.World) code {
	phone := w.Phone(w.Header())
	text := phone.Show(verifytest.NewClock().Now().Time, verifytest.Tag)
	body := decode(text)
	credential := sha256.Sum256(body[:118])
	shown := append([]byte("gated:show:v1\x00"), credential[:]...)
	shown = append(shown, body[118:122]...)
	shown = append(shown, 0, 0, verifytest.SiteNumber>>8, verifytest.SiteNumber&0xff, 0, verifytest.Tag)
	return code{text, []check{
		{publicOf(w.Key), append([]byte("gated:cred:v1\x00"), body[:54]...), body[54:118]},
		{publicOf(phone.Holder), shown, body[122:]},
	}}
}

// verify makes the bare verifications.
func (c code) verify() error {
	for _, k := range c.checks {
		if !ed25519.Verify(k.key, k.message, k.proof) {
			return fmt.Errorf("the floor's own verification fails: bench does not sign what the protocol says")
		}
	}
	return nil
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return key.Public().(ed25519.PublicKey)
}

// decode is the body of a code that we have just made.
func decode(text string) []byte {
	body, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimPrefix(text, "G1:"))
	if err != nil {
		panic(err)
	}
	return body
}
