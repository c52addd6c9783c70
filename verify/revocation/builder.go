package revocation

import (
	"fmt"
	"maps"

	"github.com/RoaringBitmap/roaring/v2"
)

// Builder collects entries; publishers and tests make sets with it. It belongs
// to one goroutine.
type Builder struct {
	sections map[place]*roaring.Bitmap
	own      map[place]bool // copied already: may be changed
}

// NewBuilder starts from s, which may be nil and is not changed.
func NewBuilder(s *Set) *Builder {
	b := &Builder{sections: map[place]*roaring.Bitmap{}, own: map[place]bool{}}
	if s != nil {
		maps.Copy(b.sections, s.sections)
	}
	return b
}

// Add puts value into the section; that of a Cutoff replaces the one before. A
// section that PROTOCOL does not know is a mistake of the program, and panics.
func (b *Builder) Add(sec Section, value uint32) {
	if !sec.known() {
		panic(fmt.Sprintf("revocation: no section %v", sec))
	}
	if p := sec.place(); sec.Kind == Cutoff {
		b.sections[p], b.own[p] = roaring.BitmapOf(value), true
		return
	}
	b.writable(sec).Add(value)
}

// Remove takes value out of the section, if it is there.
func (b *Builder) Remove(sec Section, value uint32) {
	if b.sections[sec.place()] != nil {
		b.writable(sec).Remove(value)
	}
}

func (b *Builder) writable(sec Section) *roaring.Bitmap {
	p := sec.place()
	if !b.own[p] {
		b.own[p] = true
		if old := b.sections[p]; old != nil {
			b.sections[p] = old.Clone()
		} else {
			b.sections[p] = roaring.New()
		}
	}
	return b.sections[p]
}

// Set is what was collected so far. The builder may go on; the set stays.
func (b *Builder) Set() *Set {
	s := &Set{sections: make(map[place]*roaring.Bitmap, len(b.sections))}
	for p, bitmap := range b.sections {
		if bitmap.IsEmpty() {
			continue
		}
		if b.own[p] {
			bitmap.RunOptimize()
			b.own[p] = false
		}
		s.sections[p] = bitmap
	}
	return s
}
