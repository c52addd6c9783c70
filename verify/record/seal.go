package record

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/base64"
	"fmt"
	"strings"
)

// sealInfo binds the sealed persons to this use of the key (PROTOCOL 4).
const sealInfo = "gated:persons:v1"

// encSize is the length of the encapsulated X25519 key in bytes (RFC 9180, 7.1).
const encSize = 32

// strict accepts one spelling: no line ends within, no stray trailing bits.
var strict = base64.StdEncoding.Strict()

// sealPersons makes enc ‖ ciphertext over one line an entry, `salt person` or
// empty.
func sealPersons(seal *ecdh.PublicKey, aad []byte, entries []Entry) ([]byte, error) {
	if seal == nil {
		return nil, ErrNoSeal
	}
	if seal.Curve() != ecdh.X25519() {
		return nil, fmt.Errorf("seal persons: key is not of X25519")
	}
	pub, err := hpke.NewDHKEMPublicKey(seal)
	if err != nil {
		return nil, fmt.Errorf("seal persons: %w", err)
	}
	enc, s, err := hpke.NewSender(pub, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo))
	if err != nil {
		return nil, fmt.Errorf("seal persons: %w", err)
	}
	var text bytes.Buffer
	for _, e := range entries {
		if e.Person != "" {
			text.WriteString(base64.StdEncoding.EncodeToString(e.Salt) + " " + e.Person)
		}
		text.WriteByte('\n')
	}
	sealed, err := s.Seal(aad, text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("seal persons: %w", err)
	}
	return append(enc, sealed...), nil
}

// openPersons fills the persons and salts of entries.
func openPersons(key *ecdh.PrivateKey, aad, sealed []byte, entries []Entry) error {
	if len(sealed) < encSize || key.Curve() != ecdh.X25519() {
		return fmt.Errorf("open persons: too short, or key is not of X25519: %w", ErrMalformed)
	}
	priv, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return fmt.Errorf("open persons: %w", err)
	}
	r, err := hpke.NewRecipient(sealed[:encSize], priv, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(sealInfo))
	if err != nil {
		return fmt.Errorf("open persons: %w: %w", ErrMalformed, err)
	}
	text, err := r.Open(aad, sealed[encSize:])
	if err != nil {
		return fmt.Errorf("open persons: %w: %w", ErrMalformed, err)
	}
	if len(text) == 0 || text[len(text)-1] != '\n' || bytes.Count(text, []byte("\n")) != len(entries) {
		return fmt.Errorf("open persons: not one line a record: %w", ErrMalformed)
	}
	for i, line := range strings.Split(string(text[:len(text)-1]), "\n") {
		if line == "" {
			continue
		}
		salt, person, ok := strings.Cut(line, " ")
		raw, err := strict.DecodeString(salt)
		if !ok || err != nil || person == "" {
			return fmt.Errorf("open persons: line %d is not `salt person`: %w", i+1, ErrMalformed)
		}
		entries[i].Person, entries[i].Salt = person, raw
	}
	return nil
}
