package main

import (
	"errors"

	"gated/verify/pass"
)

// ownBearer is our type 1.
func ownBearer(p *parties) (format, error) {
	text, err := pass.SignBearer(p.header, p.issuer)
	if err != nil {
		return format{}, err
	}
	return format{"gated type 1", text, len(decode(text)), p.readOwn}, nil
}

// ownBound is our type 2.
func ownBound(p *parties) (format, error) {
	c, err := pass.SignCredential(p.header, publicOf(p.holder), p.issuer)
	if err != nil {
		return format{}, err
	}
	text, err := c.Show(p.shownAt, p.site, p.tag, p.holder)
	if err != nil {
		return format{}, err
	}
	return format{"gated type 2", text, len(decode(text)), p.readOwn}, nil
}

// readOwn reads a pass of either type.
func (p *parties) readOwn(text string) (claims, error) {
	got, err := pass.Parse(text)
	if err != nil {
		return claims{}, err
	}
	key, err := p.key(got.Kid)
	if err != nil {
		return claims{}, err
	}
	if !got.IssuerSigned(key) {
		return claims{}, errSignature
	}
	if got.Type == pass.Bound {
		if err := pass.CheckKey(got.Holder); err != nil {
			return claims{}, err
		}
		if !got.HolderSigned(p.site, p.tag) {
			return claims{}, errSignature
		}
	}
	return p.inTime(claims{
		kid: got.Kid, site: got.Site, serial: got.Serial, notBefore: int64(got.NotBefore), end: got.End(),
		flags: flags(got.Header), rider: got.Rider, shownAt: got.ShownAt,
	})
}

var errSignature = errors.New("bad signature")
