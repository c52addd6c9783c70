package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aidanwoods.dev/go-paseto"
)

// paserk is how PASERK writes a public key; the holder's is a claim.
const paserk = "k4.public."

// pasetoFooter names the issuer's key, as the specification recommends.
type pasetoFooter struct {
	Kid string `json:"kid"`
}

func pasetoBearer(p *parties) (format, error) {
	text, err := p.signPASETO("")
	return format{"PASETO v4.public", text, rawPASETO(text), p.readPASETO}, err
}

// pasetoBound is a credential and a second token by the holder. What is signed
// and not sent (hash of the credential, gate) is its implicit assertion.
func pasetoBound(p *parties) (format, error) {
	credential, err := p.signPASETO(paserk + base64.RawURLEncoding.EncodeToString(publicOf(p.holder)))
	if err != nil {
		return format{}, err
	}
	holder, err := paseto.NewV4AsymmetricSecretKeyFromEd25519(p.holder)
	if err != nil {
		return format{}, err
	}
	shown := paseto.NewToken()
	shown.SetIssuedAt(time.Unix(int64(p.shownAt), 0).UTC())
	text := credential + "~" + shown.V4Sign(holder, p.implicit([]byte(credential)))
	return format{"PASETO v4.public + key proof", text, rawPASETO(text), p.readPASETO}, nil
}

func (p *parties) signPASETO(holder string) (string, error) {
	issuer, err := paseto.NewV4AsymmetricSecretKeyFromEd25519(p.issuer)
	if err != nil {
		return "", err
	}
	footer, err := json.Marshal(pasetoFooter{fmt.Sprint(p.header.Kid)})
	if err != nil {
		return "", err
	}
	t := paseto.NewToken()
	t.SetFooter(footer)
	t.SetJti(fmt.Sprint(p.header.Serial))
	t.SetSubject(fmt.Sprint(p.header.Rider))
	t.SetAudience(fmt.Sprint(p.header.Site))
	t.SetNotBefore(time.Unix(int64(p.header.NotBefore), 0).UTC())
	t.SetExpiration(time.Unix(p.header.End(), 0).UTC())
	if err := t.Set("flags", flags(p.header)); err != nil {
		return "", err
	}
	if holder != "" {
		t.SetString("holder", holder)
	}
	return t.V4Sign(issuer, nil), nil
}

// readPASETO reads a token with or without the holder's part.
func (p *parties) readPASETO(text string) (claims, error) {
	credential, proof, bound := strings.Cut(text, "~")
	parser := paseto.NewParserWithoutExpiryCheck() // its rules know no clock but the machine's
	said, err := parser.UnsafeParseFooter(paseto.V4Public, credential)
	if err != nil {
		return claims{}, err
	}
	var footer pasetoFooter
	if err := json.Unmarshal(said, &footer); err != nil {
		return claims{}, err
	}
	kid, err := number[uint16](footer.Kid)
	if err != nil {
		return claims{}, err
	}
	key, err := p.key(kid)
	if err != nil {
		return claims{}, err
	}
	t, err := verifyPASETO(parser, key, credential, nil)
	if err != nil {
		return claims{}, err
	}
	got, err := pasetoClaims(kid, t)
	if err != nil {
		return claims{}, err
	}
	if bound {
		if got.shownAt, err = p.readProof(parser, t, credential, proof); err != nil {
			return claims{}, err
		}
	}
	return p.inTime(got)
}

func pasetoClaims(kid uint16, t *paseto.Token) (claims, error) {
	site, err1 := t.GetAudience()
	serial, err2 := t.GetJti()
	rider, err3 := t.GetSubject()
	notBefore, err4 := t.GetNotBefore()
	end, err5 := t.GetExpiration()
	c, err6 := numbered(kid, site, serial, rider)
	c.notBefore, c.end = notBefore.Unix(), end.Unix()
	return c, errors.Join(err1, err2, err3, err4, err5, err6, t.Get("flags", &c.flags))
}

func (p *parties) readProof(parser paseto.Parser, t *paseto.Token, credential, proof string) (uint32, error) {
	said, err := t.GetString("holder")
	if err != nil {
		return 0, err
	}
	holder, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(said, paserk))
	if err != nil {
		return 0, err
	}
	shown, err := verifyPASETO(parser, holder, proof, p.implicit([]byte(credential)))
	if err != nil {
		return 0, err
	}
	at, err := shown.GetIssuedAt()
	return uint32(at.Unix()), err
}

func verifyPASETO(parser paseto.Parser, key ed25519.PublicKey, text string, implicit []byte) (*paseto.Token, error) {
	public, err := paseto.NewV4AsymmetricPublicKeyFromEd25519(key)
	if err != nil {
		return nil, err
	}
	return parser.ParseV4Public(public, text, implicit)
}

// implicit is what a holder signs without sending it: the credential and the gate.
func (p *parties) implicit(credential []byte) []byte {
	sum := sha256.Sum256(credential)
	return append(sum[:], p.gate()...)
}

// rawPASETO is what the base64url parts hold.
func rawPASETO(text string) int {
	return rawJWT(strings.ReplaceAll(text, "v4.public.", ""))
}
