package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"

	"gated/verify/pass"
	"gated/verify/verifytest"
)

// claims are what every format says of a pass, and what a gate must learn from
// it.
type claims struct {
	kid            uint16
	site, serial   uint32
	notBefore, end int64
	flags          byte // direction and uses, as PROTOCOL 1.1 spells them
	rider          uint32
	shownAt        uint32 // with a holder's key alone
}

// parties are an issuer, a phone and the gate at which it is shown.
type parties struct {
	header         pass.Header // what the issuer says
	issuer, holder ed25519.PrivateKey
	shownAt, site  uint32
	tag            uint16

	now  int64 // the gate's clock
	keys map[uint16]ed25519.PublicKey
	cbor cborModes
}

// newParties draws the header of a bearer or a bound pass.
func newParties(w *verifytest.World, t pass.Type) (*parties, error) {
	h := w.Header()
	h.Type, h.Direction = t, pass.In
	c, err := newModes()
	return &parties{
		header: h, issuer: w.Key, holder: verifytest.PrivateKey("phone"),
		shownAt: verifytest.Begin, site: verifytest.SiteNumber, tag: verifytest.Tag,
		now: verifytest.Begin, keys: map[uint16]ed25519.PublicKey{h.Kid: publicOf(w.Key)}, cbor: c,
	}, err
}

// key is the issuer's key with that number. The algorithm belongs to it.
func (p *parties) key(kid uint16) (ed25519.PublicKey, error) {
	key, ok := p.keys[kid]
	if !ok {
		return nil, errors.New("unknown key")
	}
	return key, nil
}

// gate is the gate's name where it must be a text.
func (p *parties) gate() string { return fmt.Sprintf("%d/%d", p.site, p.tag) }

// inTime refuses claims that are not for this site and second.
func (p *parties) inTime(c claims) (claims, error) {
	if c.site != p.site || p.now < c.notBefore || p.now >= c.end {
		return claims{}, errors.New("not for this site, now")
	}
	return c, nil
}

// flags is the byte of PROTOCOL 1.1 without the window.
func flags(h pass.Header) byte {
	b := byte(h.Direction)
	if h.Unlimited {
		b |= 4
	}
	return b
}

// numbered makes claims of the numbers that other formats hold as text.
func numbered(kid uint16, site, serial, rider string) (c claims, err error) {
	c.kid = kid
	var errs [3]error
	c.site, errs[0] = number[uint32](site)
	c.serial, errs[1] = number[uint32](serial)
	c.rider, errs[2] = number[uint32](rider)
	return c, errors.Join(errs[:]...)
}

func number[T uint16 | uint32](text string) (T, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || uint64(T(n)) != n {
		return 0, errors.New("not a number")
	}
	return T(n), nil
}
