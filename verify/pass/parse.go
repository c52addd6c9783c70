package pass

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
)

// The wire form of PROTOCOL 1.1 and 1.2.
const (
	prefix  = "G1:"
	maxCode = 512 // characters; the longest pass has 301

	headerLen     = 22
	signatureLen  = 64
	bearerLen     = headerLen + signatureLen
	unsignedLen   = headerLen + 32 // of a credential: header and holder key
	credentialLen = unsignedLen + signatureLen
	boundLen      = credentialLen + 4 + signatureLen
	hardwareLen   = 187 // reserved type 0x03: a compressed P-256 holder key

	hardware Type = 3 // reserved
	short    Type = 4 // reserved, of any length
)

// The flags, offset 17. What is not named is zero.
const (
	flagDirection byte = 0b0000_0011
	flagUnlimited byte = 0b0000_0100 // bearer
	flagWindow    byte = 0b0011_0000 // bound
	windowShift        = 4
)

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// Parse reads the text of a QR code, whose terminator the scanner's framer has
// already taken off. Exactly one spelling of each pass is accepted; every other
// text is ErrMalformed, or ErrUnsupported if it has the form of a type that is
// reserved. It allocates once, less than the code is long.
func Parse(code string) (Pass, error) {
	body, err := decode(code)
	if err != nil {
		return Pass{}, err
	}
	if err := checkLength(body); err != nil {
		return Pass{}, err
	}
	h, err := parseHeader(body)
	if err != nil {
		return Pass{}, err
	}
	p := Pass{Header: h, body: body}
	if h.Type == Bound {
		p.Holder = body[headerLen:unsignedLen:unsignedLen]
		p.ShownAt = binary.BigEndian.Uint32(body[credentialLen:])
	}
	return p, nil
}

// decode undoes encode. Go's base32 skips line ends and takes stray bits at the
// end, so what it decodes is spelt again and compared.
func decode(code string) ([]byte, error) {
	if len(code) > maxCode {
		return nil, fmt.Errorf("%w: over %d characters", ErrMalformed, maxCode)
	}
	if len(code) < len(prefix) || code[:len(prefix)] != prefix {
		return nil, fmt.Errorf("%w: does not begin with %s", ErrMalformed, prefix)
	}
	text := code[len(prefix):]
	body, err := base32NoPad.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: not base32", ErrMalformed)
	}
	var again [maxCode]byte
	n := base32NoPad.EncodedLen(len(body))
	base32NoPad.Encode(again[:n], body)
	if string(again[:n]) != text {
		return nil, fmt.Errorf("%w: not the one spelling of its bytes", ErrMalformed)
	}
	return body, nil
}

// encode is the text of a body.
func encode(body []byte) string { return prefix + base32NoPad.EncodeToString(body) }

// checkLength looks at the type and at nothing else.
func checkLength(body []byte) error {
	if len(body) == 0 {
		return fmt.Errorf("%w: empty", ErrMalformed)
	}
	want := len(body)
	switch Type(body[0]) {
	case Bearer:
		want = bearerLen
	case Bound:
		want = boundLen
	case hardware:
		want = hardwareLen
	case short:
	default:
		return fmt.Errorf("%w: no such type", ErrMalformed)
	}
	if len(body) != want {
		return fmt.Errorf("%w: type %d has %d bytes, not %d", ErrMalformed, body[0], want, len(body))
	}
	if t := Type(body[0]); t == hardware || t == short {
		return fmt.Errorf("%w %d", ErrUnsupported, t)
	}
	return nil
}

// parseHeader reads the first 22 bytes of b, which has at least those, and
// begins with type 1 or 2.
func parseHeader(b []byte) (Header, error) {
	flags := b[17]
	h := Header{
		Type:      Type(b[0]),
		Kid:       binary.BigEndian.Uint16(b[1:]),
		Site:      binary.BigEndian.Uint32(b[3:]),
		Serial:    binary.BigEndian.Uint32(b[7:]),
		NotBefore: binary.BigEndian.Uint32(b[11:]),
		TTL:       binary.BigEndian.Uint16(b[15:]),
		Direction: Direction(flags & flagDirection),
		Unlimited: flags&flagUnlimited != 0,
		Window:    flags & flagWindow >> windowShift,
		Rider:     binary.BigEndian.Uint32(b[18:]),
	}
	if flags&^(flagDirection|flagUnlimited|flagWindow) != 0 {
		return Header{}, fmt.Errorf("%w: flags %08b", ErrMalformed, flags)
	}
	return h, h.check()
}

// check refuses a header that has no wire form, or one without meaning.
func (h Header) check() error {
	switch {
	case h.Type != Bearer && h.Type != Bound:
		return fmt.Errorf("%w: no such type", ErrMalformed)
	case h.TTL == 0:
		return fmt.Errorf("%w: ttl is zero", ErrMalformed)
	case h.Direction > Out:
		return fmt.Errorf("%w: no such direction", ErrMalformed)
	case h.Window > 3:
		return fmt.Errorf("%w: no such window", ErrMalformed)
	case h.Type == Bearer && h.Window != 0:
		return fmt.Errorf("%w: a bearer pass has no window", ErrMalformed)
	case h.Type == Bound && h.Unlimited:
		return fmt.Errorf("%w: a bound pass has no number of uses", ErrMalformed)
	}
	return nil
}

// append puts the 22 bytes of a checked header after b.
func (h Header) append(b []byte) []byte {
	flags := byte(h.Direction) | h.Window<<windowShift
	if h.Unlimited {
		flags |= flagUnlimited
	}
	b = append(b, byte(h.Type))
	b = binary.BigEndian.AppendUint16(b, h.Kid)
	b = binary.BigEndian.AppendUint32(b, h.Site)
	b = binary.BigEndian.AppendUint32(b, h.Serial)
	b = binary.BigEndian.AppendUint32(b, h.NotBefore)
	b = binary.BigEndian.AppendUint16(b, h.TTL)
	b = append(b, flags)
	return binary.BigEndian.AppendUint32(b, h.Rider)
}
