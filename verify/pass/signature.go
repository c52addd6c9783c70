package pass

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
)

// What each signature begins with, so that none can stand for another.
const (
	domainPass = "gated:pass:v1\x00"
	domainCred = "gated:cred:v1\x00"
	domainShow = "gated:show:v1\x00"

	domainLen = len(domainPass) // of all three
)

// IssuerSigned says whether the issuer's signature is key's. It costs one
// Ed25519 verification. Key has passed CheckKey when it was loaded.
func (p Pass) IssuerSigned(key ed25519.PublicKey) bool {
	if len(key) != ed25519.PublicKeySize {
		return false
	}
	var buf [domainLen + unsignedLen]byte
	switch len(p.body) {
	case bearerLen:
		m := append(append(buf[:0], domainPass...), p.body[:headerLen]...)
		return ed25519.Verify(key, m, p.body[headerLen:])
	case boundLen:
		m := append(append(buf[:0], domainCred...), p.body[:unsignedLen]...)
		return ed25519.Verify(key, m, p.body[unsignedLen:credentialLen])
	}
	return false
}

// HolderSigned says whether the phone signed this code for the gate with that
// tag in that site; tag 0 is a phone that does not know the gate. It costs one
// Ed25519 verification. It is false for a bearer pass, which nobody holds. It
// means something only if IssuerSigned is true and Holder passes CheckKey.
func (p Pass) HolderSigned(site uint32, tag uint16) bool {
	if len(p.body) != boundLen {
		return false
	}
	var buf [domainLen + sha256.Size + 10]byte
	m := showing(buf[:0], p.body[:credentialLen], binary.BigEndian.Uint32(p.body[credentialLen:]), site, tag)
	return ed25519.Verify(p.body[headerLen:unsignedLen], m, p.body[credentialLen+4:])
}

// showing puts after b what a phone signs. Site and tag of the gate are signed
// but not sent: a code shown at another gate does not verify there.
func showing(b, credential []byte, shownAt, site uint32, tag uint16) []byte {
	sum := sha256.Sum256(credential)
	b = append(append(b, domainShow...), sum[:]...)
	b = binary.BigEndian.AppendUint32(b, shownAt)
	b = binary.BigEndian.AppendUint32(b, site)
	return binary.BigEndian.AppendUint16(b, tag)
}
