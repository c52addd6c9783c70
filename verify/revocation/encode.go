package revocation

import (
	"crypto/sha256"
	"encoding/binary"
)

// headLen is the fixed part of a section: kind, id, class.
const headLen = 1 + 4 + 1

// batch is how many values are taken out of a bitmap, or put into one, at once.
const batch = 4096

// Encode is the one encoding (PROTOCOL 2.3). The caller owns the bytes.
func (s *Set) Encode() []byte {
	b := make([]byte, 0, s.Count()+s.Count()/8+len(s.sections)*(headLen+binary.MaxVarintLen64))
	s.encode(func(piece []byte) { b = append(b, piece...) })
	return b
}

// EncodeInParts is Encode in slices of MaxPart bytes, the last one shorter; none
// for the empty state. The caller owns them.
func (s *Set) EncodeInParts() (parts [][]byte) {
	var part []byte
	s.encode(func(piece []byte) {
		for len(piece) > 0 {
			if len(part) == cap(part) {
				part = make([]byte, 0, MaxPart)
				parts = append(parts, nil)
			}
			n := min(len(piece), MaxPart-len(part))
			part, piece = append(part, piece[:n]...), piece[n:]
			parts[len(parts)-1] = part
		}
	})
	return parts
}

// Hash is SHA-256 of Encode, without making it.
func (s *Set) Hash() [32]byte {
	hash, _ := s.sum()
	return hash
}

// sum is the hash and length of the encoding, in one pass.
func (s *Set) sum() (hash [32]byte, length int) {
	h := sha256.New()
	s.encode(func(piece []byte) {
		h.Write(piece)
		length += len(piece)
	})
	h.Sum(hash[:0])
	return hash, length
}

// encode hands the encoding to emit in pieces of some kilobytes, which are
// overwritten afterwards.
func (s *Set) encode(emit func([]byte)) {
	piece := make([]byte, 0, batch*binary.MaxVarintLen32)
	values := make([]uint32, batch)
	for _, p := range s.places() {
		sec, bitmap := p.section(), s.sections[p]
		piece = append(piece[:0], byte(sec.Kind))
		piece = binary.BigEndian.AppendUint32(piece, sec.ID)
		piece = append(piece, byte(sec.Class))
		piece = binary.AppendUvarint(piece, bitmap.GetCardinality())
		emit(piece)
		last := uint32(0) // the first value as it is: the difference to 0
		for it := bitmap.ManyIterator(); ; {
			n := it.NextMany(values)
			if n == 0 {
				break
			}
			piece = piece[:0]
			for _, v := range values[:n] {
				piece = appendUvarint(piece, v-last)
				last = v
			}
			emit(piece)
		}
	}
}

// appendUvarint is binary.AppendUvarint for what is mostly below 128.
func appendUvarint(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}
