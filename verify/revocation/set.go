package revocation

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// ErrUnfit is wrapped when a delta does not fit the state that it names: it adds
// what is there, removes what is not, or does not hash right.
var ErrUnfit = errors.New("delta does not fit the state")

// Set is the whole state's content; immutable once made. Only Empty, Decode,
// With, Diff and a Builder make one.
type Set struct {
	sections map[place]*roaring.Bitmap // none empty, never changed once it is here
}

// Empty is the state in which nobody is revoked. It is not the same as no state
// at all, which is a nil *State.
func Empty() *Set { return &Set{} }

// Has says whether value is in the section.
func (s *Set) Has(sec Section, value uint32) bool {
	b := s.sections[sec.place()]
	return b != nil && b.Contains(value)
}

// Cutoff is the time in unix seconds below which passes of kid are void; 0: none.
func (s *Set) Cutoff(kid uint16) uint32 {
	b := s.sections[Section{Cutoff, uint32(kid), RevokedClass}.place()]
	if b == nil {
		return 0
	}
	return b.Minimum()
}

// Count is the number of values in all sections.
func (s *Set) Count() int {
	n := 0
	for p := range s.sections {
		n += s.Len(p.section())
	}
	return n
}

// Sections are those of the set in the order of its encoding. The caller owns
// the slice.
func (s *Set) Sections() []Section {
	var all []Section
	for _, p := range s.places() {
		all = append(all, p.section())
	}
	return all
}

// places are those of the sections, in order.
func (s *Set) places() []place { return slices.Sorted(maps.Keys(s.sections)) }

// Len is the number of values in the section.
func (s *Set) Len(sec Section) int {
	b := s.sections[sec.place()]
	if b == nil {
		return 0
	}
	return int(b.GetCardinality()) //nolint:gosec // a state of 16 MiB has no more values than that
}

// Values are those of the section, ascending.
func (s *Set) Values(sec Section) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if b := s.sections[sec.place()]; b != nil {
			b.Iterate(yield)
		}
	}
}

// With is s with add put in and remove taken out. It refuses to add what is
// there, to remove what is not, and a second cutoff of one kid: the error wraps
// ErrUnfit. s is unchanged, and shares with the result the sections that neither
// names.
func (s *Set) With(add, remove *Set) (*Set, error) {
	next := &Set{sections: maps.Clone(s.sections)}
	if next.sections == nil {
		next.sections = map[place]*roaring.Bitmap{}
	}
	for p, b := range add.sections {
		if old := s.sections[p]; old != nil && old.Intersects(b) {
			return nil, fmt.Errorf("%w: it adds to section %v what is there", ErrUnfit, p.section())
		}
	}
	for p, b := range remove.sections {
		old := s.sections[p]
		if old == nil || old.AndCardinality(b) != b.GetCardinality() {
			return nil, fmt.Errorf("%w: it removes from section %v what is not there", ErrUnfit, p.section())
		}
		next.sections[p] = roaring.AndNot(old, b)
	}
	for p, b := range add.sections {
		if old := next.sections[p]; old != nil {
			b = roaring.Or(old, b)
		}
		if p.section().Kind == Cutoff && b.GetCardinality() > 1 {
			return nil, fmt.Errorf("%w: a second cutoff of kid %d", ErrUnfit, p.section().ID)
		}
		next.sections[p] = b
	}
	for p := range remove.sections {
		if next.sections[p].IsEmpty() {
			delete(next.sections, p)
		}
	}
	return next, nil
}

// Diff is what leads from s to the other: s.With(s.Diff(to)) is to.
func (s *Set) Diff(to *Set) (add, remove *Set) { return minus(to, s), minus(s, to) }

// minus is what stands in a and not in b.
func minus(a, b *Set) *Set {
	rest := &Set{sections: map[place]*roaring.Bitmap{}}
	for p, in := range a.sections {
		if out := b.sections[p]; out != nil {
			in = roaring.AndNot(in, out)
		}
		if !in.IsEmpty() {
			rest.sections[p] = in
		}
	}
	return rest
}
