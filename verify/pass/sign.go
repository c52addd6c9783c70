package pass

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
)

// SignBearer makes the code of a type 1 pass. The type of h is Bearer or left
// zero. The error wraps ErrMalformed if h has no wire form. The code opens
// doors while it is valid: it is not to be logged.
func SignBearer(h Header, issuer ed25519.PrivateKey) (code string, err error) {
	if err := h.settle(Bearer, issuer); err != nil {
		return "", fmt.Errorf("sign bearer pass: %w", err)
	}
	body := h.append(make([]byte, 0, bearerLen))
	sig := ed25519.Sign(issuer, append([]byte(domainPass), body...))
	return encode(append(body, sig...)), nil
}

// Credential is the issuer's 118 bytes of a bound pass, kept by the phone. It is
// worth nothing without the holder's private key.
type Credential [118]byte

// SignCredential makes the credential that ties h to the holder's key. The type
// of h is Bound or left zero. The error wraps ErrMalformed if h has no wire
// form, and ErrWeakKey if no gate would take the holder's key.
func SignCredential(h Header, holder ed25519.PublicKey, issuer ed25519.PrivateKey) (Credential, error) {
	if err := h.settle(Bound, issuer); err != nil {
		return Credential{}, fmt.Errorf("sign credential: %w", err)
	}
	if err := CheckKey(holder); err != nil {
		return Credential{}, fmt.Errorf("sign credential: holder: %w", err)
	}
	body := append(h.append(make([]byte, 0, credentialLen)), holder...)
	sig := ed25519.Sign(issuer, append([]byte(domainCred), body...))
	return Credential(append(body, sig...)), nil
}

// Header is what the issuer signed. The error wraps ErrMalformed.
func (c Credential) Header() (Header, error) {
	if Type(c[0]) != Bound {
		return Header{}, fmt.Errorf("%w: no credential", ErrMalformed)
	}
	return parseHeader(c[:])
}

// Show draws the code of a credential: what the phone does every 5 s. ShownAt is
// the phone's time in unix seconds. Site is that of the gate, which with
// EverySite is the site of the order; never EverySite itself. Tag is 0 where the
// phone does not know the gate. Holder is the private key that the credential
// was made for.
func (c Credential) Show(shownAt, site uint32, tag uint16, holder ed25519.PrivateKey) (code string, err error) {
	if _, err := c.Header(); err != nil {
		return "", fmt.Errorf("show credential: %w", err)
	}
	if site == EverySite {
		return "", errors.New("show credential: a gate stands in one site")
	}
	if len(holder) != ed25519.PrivateKeySize || string(holder[32:]) != string(c[headerLen:unsignedLen]) {
		return "", errors.New("show credential: it was made for another key")
	}
	sig := ed25519.Sign(holder, showing(nil, c[:], shownAt, site, tag))
	body := append(make([]byte, 0, boundLen), c[:]...)
	body = binary.BigEndian.AppendUint32(body, shownAt)
	return encode(append(body, sig...)), nil
}

// settle gives h the type that is being signed, and refuses what cannot be.
func (h *Header) settle(t Type, issuer ed25519.PrivateKey) error {
	if h.Type == 0 {
		h.Type = t
	}
	if h.Type != t {
		return fmt.Errorf("%w: type %d, not %d", ErrMalformed, h.Type, t)
	}
	if len(issuer) != ed25519.PrivateKeySize {
		return errors.New("the issuer's key is not an Ed25519 private key")
	}
	return h.check()
}
