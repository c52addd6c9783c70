package revocation

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

// place is where the section stands in an encoding: kind, id and class in one
// number, of which the smaller comes first. It is also what sections are looked
// up by, since a map from numbers is found twice as fast as one from structs.
type place uint64

func (s Section) place() place { return place(s.Kind)<<40 | place(s.ID)<<8 | place(s.Class) }

func (p place) section() Section { return Section{Kind(p >> 40), uint32(p >> 8), Class(p)} } //nolint:gosec // cut on purpose
