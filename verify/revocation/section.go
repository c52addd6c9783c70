package revocation

import "cmp"

// Kind of a section.
type Kind byte

// The kinds of PROTOCOL 2.3.
const (
	Riders Kind = 1 // id = issuer
	Passes Kind = 2 // id = kid, values are serials
	Cutoff Kind = 3 // id = kid, one value: passes with not_before below it are void
)

// Class of a section.
type Class byte

// The classes of PROTOCOL 2.3.
const (
	RevokedClass Class = 0
	HoldClass    Class = 1
)

// Section names one set of the state.
type Section struct {
	Kind  Kind
	ID    uint32
	Class Class
}

// known says whether PROTOCOL knows such sections.
func (s Section) known() bool {
	switch s.Kind {
	case Riders, Passes:
		return s.Class == RevokedClass || s.Class == HoldClass
	case Cutoff:
		return s.Class == RevokedClass
	}
	return false
}

// compare is the order of sections in an encoding.
func (s Section) compare(o Section) int {
	return cmp.Or(cmp.Compare(s.Kind, o.Kind), cmp.Compare(s.ID, o.ID), cmp.Compare(s.Class, o.Class))
}
