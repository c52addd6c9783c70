package pass

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Type is the first byte of a pass.
type Type byte

// The types of PROTOCOL section 1.
const (
	Bearer Type = 1
	Bound  Type = 2
)

// EverySite in a pass means each site that the issuer's key may open.
const EverySite uint32 = 0xFFFFFFFF

// Direction is what a pass allows, bits 0-1 of the flags.
type Direction byte

// The directions of a pass.
const (
	Both Direction = 0
	In   Direction = 1
	Out  Direction = 2
)

// Header is the issuer's part of a pass, offsets 0 to 21.
type Header struct {
	Type      Type
	Kid       uint16 // number of the issuer's key in the trust list
	Site      uint32 // number of the community, or EverySite
	Serial    uint32 // dense per kid
	NotBefore uint32 // unix seconds
	TTL       uint16 // in units of 10 s, 1…65535
	Direction Direction
	Unlimited bool   // bearer only: any number of uses while valid
	Window    uint8  // bound only: 0 15 s, 1 30 s, 2 60 s, 3 120 s
	Rider     uint32 // the issuer's pseudonym for the rider
}

// End is the first second at which the pass is no longer valid. It does not
// overflow.
func (h Header) End() int64 { return int64(h.NotBefore) + int64(h.TTL)*10 }

// WindowSeconds is how long one drawn code of a bound pass counts, before the
// allowance for skewed clocks. It means nothing for a bearer pass.
func (h Header) WindowSeconds() int64 {
	return [...]int64{15, 30, 60, 120}[h.Window&3]
}

// Pass is one parsed code. Its fields are not to be believed before
// IssuerSigned, and ShownAt not before HolderSigned, says so. The signatures are
// over the bytes that were parsed, not over the fields: a Pass is only read.
// Copies share those bytes, and any number of goroutines may read them.
type Pass struct {
	Header
	Holder  ed25519.PublicKey // bound only, 32 bytes, not yet checked: see CheckKey
	ShownAt uint32            // bound only: the phone's unix seconds when it drew the code

	body []byte // all of it, 86 or 186 bytes; nil in the zero Pass, which nobody signed
}

// String names the pass without what would open a door or name the rider, so
// that a stray %v in a log gives nothing away.
func (p Pass) String() string { return fmt.Sprintf("pass %d/%d", p.Kid, p.Serial) }

var (
	// ErrMalformed is wrapped by every error of Parse but ErrUnsupported, and by
	// the signing functions when a header has no wire form.
	ErrMalformed = errors.New("malformed pass")
	// ErrUnsupported is returned by Parse for the reserved types 0x03 and 0x04.
	ErrUnsupported = errors.New("unsupported pass type")
	// ErrWeakKey is wrapped by every error of CheckKey.
	ErrWeakKey = errors.New("weak key")
)
