package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

// cwt are the registered labels where there are some, and one for private use.
type cwt struct {
	Subject   string      `cbor:"2,keyasint"`
	Audience  string      `cbor:"3,keyasint"`
	Expires   int64       `cbor:"4,keyasint"`
	NotBefore int64       `cbor:"5,keyasint"`
	ID        []byte      `cbor:"7,keyasint"`
	Confirm   *cwtConfirm `cbor:"8,keyasint,omitempty"` // RFC 8747: the holder's key
	Flags     byte        `cbor:"-65537,keyasint"`
}

type cwtConfirm struct {
	Key coseKey `cbor:"1,keyasint"`
}

// coseKey is RFC 9052 section 7, of type OKP (1) and curve Ed25519 (6).
type coseKey struct {
	Type  int    `cbor:"1,keyasint"`
	Curve int    `cbor:"-1,keyasint"`
	X     []byte `cbor:"-2,keyasint"`
}

// coseShown is a credential and a second COSE_Sign1 by the holder. What is signed
// and not sent (hash of the credential, gate) is its external data.
type coseShown struct {
	_          struct{} `cbor:",toarray"`
	Credential []byte
	Proof      cbor.RawMessage
}

// cborModes are CBOR as it must be where it is signed and comes from anybody.
type cborModes struct {
	cbor.EncMode
	cbor.DecMode
}

func newModes() (c cborModes, err error) {
	if c.EncMode, err = cbor.CoreDetEncOptions().EncMode(); err != nil {
		return c, err
	}
	c.DecMode, err = cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	return c, err
}

func coseBearer(p *parties) (format, error) {
	raw, err := p.signCWT(nil)
	return format{"COSE/CWT, base45", encode45(raw), len(raw), p.readCOSE}, err
}

func coseBound(p *parties) (format, error) {
	credential, err := p.signCWT(&cwtConfirm{coseKey{1, 6, publicOf(p.holder)}})
	if err != nil {
		return format{}, err
	}
	at, err := p.cbor.Marshal(p.shownAt)
	if err != nil {
		return format{}, err
	}
	proof, err := sign1(p.holder, cose.ProtectedHeader{}, at, p.implicit(credential))
	if err != nil {
		return format{}, err
	}
	raw, err := p.cbor.Marshal(coseShown{Credential: credential, Proof: proof})
	return format{"COSE/CWT + key proof, base45", encode45(raw), len(raw), p.readBoundCOSE}, err
}

func (p *parties) signCWT(confirm *cwtConfirm) ([]byte, error) {
	payload, err := p.cbor.Marshal(cwt{
		Subject: fmt.Sprint(p.header.Rider), Audience: fmt.Sprint(p.header.Site), Expires: p.header.End(),
		NotBefore: int64(p.header.NotBefore), ID: binary.BigEndian.AppendUint32(nil, p.header.Serial),
		Confirm: confirm, Flags: flags(p.header),
	})
	if err != nil {
		return nil, err
	}
	kid := binary.BigEndian.AppendUint16(nil, p.header.Kid)
	return sign1(p.issuer, cose.ProtectedHeader{cose.HeaderLabelKeyID: kid}, payload, nil)
}

// sign1 is an untagged COSE_Sign1, one byte shorter than a tagged one.
func sign1(key ed25519.PrivateKey, h cose.ProtectedHeader, payload, external []byte) ([]byte, error) {
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, err
	}
	h.SetAlgorithm(cose.AlgorithmEdDSA)
	return cose.Sign1Untagged(nil, signer, cose.Headers{Protected: h}, payload, external)
}

// readCOSE reads a token without a holder's part.
func (p *parties) readCOSE(text string) (claims, error) {
	raw, err := decode45(text)
	if err != nil {
		return claims{}, err
	}
	got, confirm, err := p.readCWT(raw)
	if err != nil {
		return claims{}, err
	}
	if confirm != nil {
		return claims{}, errSignature
	}
	return p.inTime(got)
}

// readBoundCOSE reads a token with the holder's part.
func (p *parties) readBoundCOSE(text string) (claims, error) {
	raw, err := decode45(text)
	if err != nil {
		return claims{}, err
	}
	var s coseShown
	if err := p.cbor.Unmarshal(raw, &s); err != nil {
		return claims{}, err
	}
	got, confirm, err := p.readCWT(s.Credential)
	if err != nil {
		return claims{}, err
	}
	if confirm == nil || len(confirm.Key.X) != ed25519.PublicKeySize {
		return claims{}, errSignature
	}
	at, err := verify1(confirm.Key.X, s.Proof, p.implicit(s.Credential))
	if err != nil {
		return claims{}, err
	}
	if err := p.cbor.Unmarshal(at, &got.shownAt); err != nil {
		return claims{}, err
	}
	return p.inTime(got)
}

func (p *parties) readCWT(raw []byte) (claims, *cwtConfirm, error) {
	var m cose.UntaggedSign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		return claims{}, nil, err
	}
	kid, _ := m.Headers.Protected[cose.HeaderLabelKeyID].([]byte)
	if len(kid) != 2 {
		return claims{}, nil, errors.New("not a kid")
	}
	key, err := p.key(binary.BigEndian.Uint16(kid))
	if err != nil {
		return claims{}, nil, err
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
	if err != nil {
		return claims{}, nil, err
	}
	if err := m.Verify(nil, verifier); err != nil {
		return claims{}, nil, err
	}
	var c cwt
	if err := p.cbor.Unmarshal(m.Payload, &c); err != nil {
		return claims{}, nil, err
	}
	if len(c.ID) != 4 {
		return claims{}, nil, errors.New("not the claims of a pass")
	}
	got, err := numbered(binary.BigEndian.Uint16(kid), c.Audience, fmt.Sprint(binary.BigEndian.Uint32(c.ID)), c.Subject)
	got.notBefore, got.end, got.flags = c.NotBefore, c.Expires, c.Flags
	return got, c.Confirm, err
}

// verify1 is the payload of a COSE_Sign1.
func verify1(key ed25519.PublicKey, raw, external []byte) ([]byte, error) {
	var m cose.UntaggedSign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		return nil, err
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, err
	}
	return m.Payload, m.Verify(external, verifier)
}
