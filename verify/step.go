package verify

import (
	"gated/gate"
	"gated/verify/trust"
)

// Step is how far the age of the list narrows what the gate admits (DESIGN 5).
type Step string

// The steps, from the first to the last.
const (
	Normal     Step = "normal"     // all passes
	Marked     Step = "marked"     // all passes, and the record says that the list was old
	Restricted Step = "restricted" // bearer passes of 15 minutes, and credentials begun after the heartbeat
	TooOld     Step = "too-old"    // nobody in
	Unknown    Step = "unknown"    // no heartbeat whose state is held
)

// Step says where the list stands at that moment, for whoever looks at the box.
// A pass that is younger than the list counts the age up to itself, so its own
// step may be a later one.
func (d *Documents) Step(at gate.Moment) Step {
	age, ok := d.Fresh(at)
	if !ok {
		return Unknown
	}
	rules := trust.DefaultRules()
	if d.Site != nil {
		rules = d.Site.Rules
	}
	switch s := rules.Stale; {
	case age <= s.Mark:
		return Normal
	case age <= s.Restrict:
		return Marked
	case age <= s.Refuse:
		return Restricted
	default:
		return TooOld
	}
}
