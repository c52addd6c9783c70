package pass

import "encoding/binary"

// Encode is encode, for tests that make bodies of their own.
func Encode(body []byte) string { return encode(body) }

// Respell makes the code again from the fields, and takes only the signatures
// from the bytes that were parsed: it shows that the fields hold everything.
func (p Pass) Respell() string {
	b := p.append(nil)
	if p.Type == Bound {
		b = append(b, p.Holder...)
		b = append(b, p.body[len(b):credentialLen]...)
		b = binary.BigEndian.AppendUint32(b, p.ShownAt)
	}
	return encode(append(b, p.body[len(b):]...))
}
