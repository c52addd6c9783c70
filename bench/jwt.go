package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// jwtClaims are the registered names where there are some. Audience is the site,
// spelt as one string: the shorter of the two forms that are allowed.
type jwtClaims struct {
	jwt.RegisteredClaims
	Audience string      `json:"aud"`
	Flags    byte        `json:"flags"`
	Confirm  *jwtConfirm `json:"cnf,omitempty"` // RFC 7800: the holder's key
}

type jwtConfirm struct {
	Key jwtKey `json:"jwk"`
}

// jwtKey is RFC 8037.
type jwtKey struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
}

// jwtShown is the holder's part, as RFC 9901 (SD-JWT+KB) puts it, without the
// nonce, which a box that only listens cannot give. What is signed is sent.
type jwtShown struct {
	jwt.RegisteredClaims
	Audience string `json:"aud"`
	Hash     string `json:"sd_hash"`
}

func jwtBearer(p *parties) (format, error) {
	text, err := p.signJWT(nil)
	return format{"JWT EdDSA", text, rawJWT(text), p.readJWT}, err
}

func jwtBound(p *parties) (format, error) {
	x := base64.RawURLEncoding.EncodeToString(publicOf(p.holder))
	credential, err := p.signJWT(&jwtConfirm{jwtKey{"OKP", "Ed25519", x}})
	if err != nil {
		return format{}, err
	}
	shown := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwtShown{
		RegisteredClaims: jwt.RegisteredClaims{IssuedAt: date(int64(p.shownAt))},
		Audience:         p.gate(), Hash: hashJWT(credential),
	})
	shown.Header["typ"] = "kb+jwt"
	proof, err := shown.SignedString(p.holder)
	text := credential + "~" + proof
	return format{"JWT EdDSA + key proof", text, rawJWT(text), p.readJWT}, err
}

func (p *parties) signJWT(confirm *jwtConfirm) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwtClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: fmt.Sprint(p.header.Serial), Subject: fmt.Sprint(p.header.Rider),
			NotBefore: date(int64(p.header.NotBefore)), ExpiresAt: date(p.header.End()),
		},
		Audience: fmt.Sprint(p.header.Site), Flags: flags(p.header), Confirm: confirm,
	})
	t.Header = map[string]any{"alg": "EdDSA", "kid": fmt.Sprint(p.header.Kid)}
	return t.SignedString(p.issuer)
}

// readJWT reads a token with or without the holder's part.
func (p *parties) readJWT(text string) (claims, error) {
	credential, proof, bound := strings.Cut(text, "~")
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return time.Unix(p.now, 0) }))
	var c jwtClaims
	var kid uint16
	_, err := parser.ParseWithClaims(credential, &c, func(t *jwt.Token) (key any, err error) {
		said, _ := t.Header["kid"].(string)
		if kid, err = number[uint16](said); err != nil {
			return nil, err
		}
		return p.key(kid)
	})
	if err != nil {
		return claims{}, err
	}
	if c.NotBefore == nil || c.ExpiresAt == nil || bound != (c.Confirm != nil) {
		return claims{}, errors.New("not the claims of a pass")
	}
	got, err := numbered(kid, c.Audience, c.ID, c.Subject)
	if err != nil {
		return claims{}, err
	}
	got.notBefore, got.end, got.flags = c.NotBefore.Unix(), c.ExpiresAt.Unix(), c.Flags
	if bound {
		if got.shownAt, err = p.readShown(parser, credential, proof, c.Confirm.Key); err != nil {
			return claims{}, err
		}
	}
	return p.inTime(got)
}

func (p *parties) readShown(parser *jwt.Parser, credential, proof string, key jwtKey) (uint32, error) {
	holder, err := base64.RawURLEncoding.DecodeString(key.X)
	if err != nil || len(holder) != ed25519.PublicKeySize {
		return 0, errors.New("not a holder's key")
	}
	var s jwtShown
	if _, err := parser.ParseWithClaims(proof, &s, func(*jwt.Token) (any, error) { return ed25519.PublicKey(holder), nil }); err != nil {
		return 0, err
	}
	if s.IssuedAt == nil || s.Audience != p.gate() || s.Hash != hashJWT(credential) {
		return 0, errSignature
	}
	return uint32(s.IssuedAt.Unix()), nil
}

func hashJWT(credential string) string {
	sum := sha256.Sum256([]byte(credential))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func date(t int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(t, 0)) }

// rawJWT is what the base64url parts hold.
func rawJWT(text string) (n int) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == '~' }) {
		n += base64.RawURLEncoding.DecodedLen(len(part))
	}
	return n
}
