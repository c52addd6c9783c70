package revocation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// ErrEncoding is wrapped when bytes are not the one encoding of a state.
var ErrEncoding = errors.New("not the encoding of a state")

// MaxState is the largest encoded state in bytes; MaxPart the largest slice of
// one that a document carries.
const (
	MaxState = 16 << 20
	MaxPart  = 64 << 10
)

// Decode reads the one encoding of a state and refuses every other, and more
// than MaxState bytes. It allocates no more than the bytes that are there can
// fill. The encoding may come in any number of slices, which are not joined: a
// large one would have to lie in memory twice. Errors wrap ErrEncoding.
func Decode(slices ...[]byte) (*Set, error) {
	size := 0
	for _, b := range slices {
		size += len(b)
	}
	if size > MaxState {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrEncoding, size, MaxState)
	}
	r := reader{next: slices}
	s := &Set{sections: map[place]*roaring.Bitmap{}}
	var last place // 0 comes before every known section
	for r.more(); len(r.rest) > 0; r.more() {
		sec, err := r.section()
		if err != nil {
			return nil, err
		}
		if sec.place() <= last {
			return nil, fmt.Errorf("%w: section %v is out of order, or twice", ErrEncoding, sec)
		}
		last = sec.place()
		if s.sections[last], err = r.values(sec); err != nil {
			return nil, fmt.Errorf("section %v: %w", sec, err)
		}
	}
	return s, nil
}

// reader takes an encoding apart from the front.
type reader struct {
	rest []byte   // of the slice at hand
	next [][]byte // those after it
	own  []byte   // what rest lies in where one slice ends and another begins
}

// more sees to it that what comes next lies in rest in one piece, as far as it is
// there: the head of a section, or one number.
func (r *reader) more() {
	for len(r.rest) < binary.MaxVarintLen64 && len(r.next) > 0 {
		if len(r.rest) == 0 {
			r.rest = r.next[0]
		} else {
			// What is left of rest may lie in own: it moves to the front of it.
			r.own = append(append(r.own[:0], r.rest...), r.next[0]...)
			r.rest = r.own
		}
		r.next = r.next[1:]
	}
}

func (r *reader) section() (Section, error) {
	if len(r.rest) < headLen {
		return Section{}, fmt.Errorf("%w: it breaks off", ErrEncoding)
	}
	sec := Section{Kind(r.rest[0]), binary.BigEndian.Uint32(r.rest[1:]), Class(r.rest[5])}
	if !sec.known() {
		return Section{}, fmt.Errorf("%w: no section has kind %d and class %d", ErrEncoding, sec.Kind, sec.Class)
	}
	r.rest = r.rest[headLen:]
	return sec, nil
}

// values reads the count and the values of a section.
func (r *reader) values(sec Section) (*roaring.Bitmap, error) {
	n, err := r.uvarint()
	if err != nil {
		return nil, err
	}
	if n == 0 || sec.Kind == Cutoff && n != 1 {
		return nil, fmt.Errorf("%w: %d values cannot be", ErrEncoding, n)
	}
	bitmap := roaring.New()
	// A bit for each number up to the last, if that is at most a byte a value.
	if last, ok := r.lastOf(n); ok && n > batch && uint64(last) < 8*n {
		words := make([]uint64, (int(last)>>16+1)<<10) // whole containers of 2^16 bits
		err = r.rise(n, func(v uint32) { words[v>>6] |= 1 << (v & 63) })
		bitmap.FromDense(words, false)
	} else {
		buffer := make([]uint32, 0, batch)
		err = r.rise(n, func(v uint32) {
			if buffer = append(buffer, v); len(buffer) == batch {
				bitmap.AddMany(buffer)
				buffer = buffer[:0]
			}
		})
		bitmap.AddMany(buffer)
	}
	bitmap.RunOptimize()
	return bitmap, err
}

// rise reads n values and hands them over, ascending.
func (r *reader) rise(n uint64, take func(uint32)) error {
	last := uint32(0)
	for i := range n {
		step, err := r.uvarint()
		if err != nil {
			return err
		}
		if step == 0 && i > 0 || step > uint64(math.MaxUint32-last) {
			return fmt.Errorf("%w: the values do not rise, or leave 32 bits", ErrEncoding)
		}
		last += uint32(step) //nolint:gosec // checked in the line above
		take(last)
	}
	return nil
}

// lastOf looks ahead for the last of n values, if they are as they must be.
func (r *reader) lastOf(n uint64) (last uint32, ok bool) {
	ahead := *r
	ahead.own = nil // in which the rest of ours may lie
	err := ahead.rise(n, func(v uint32) { last = v })
	return last, err == nil
}

// uvarint reads LEB128 in its shortest form, up to 64 bits.
func (r *reader) uvarint() (uint64, error) {
	if len(r.rest) < binary.MaxVarintLen64 {
		r.more()
	}
	if len(r.rest) > 0 && r.rest[0] < 0x80 { // nearly all of a dense set
		v := uint64(r.rest[0])
		r.rest = r.rest[1:]
		return v, nil
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || r.rest[n-1] == 0 {
		return 0, fmt.Errorf("%w: a uvarint breaks off, is too long, or not in its shortest form", ErrEncoding)
	}
	r.rest = r.rest[n:]
	return v, nil
}
