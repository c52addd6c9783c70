package main

import (
	"time"

	"gated/gate"
	"gated/local"
)

// Limits of what is called normal at a door.
const (
	relayNormal  = 500 * time.Millisecond // from the order to the relay: the record is written in between
	relockNormal = 300 * time.Millisecond // from the contact to the relay of a door that is held
	pulseNormal  = 500 * time.Millisecond // by which a pulse may be longer or shorter than configured
	rattling     = 6                      // single edges of the contact above two for each change
)

// trial is one test of a door while it goes on. It knows the wires only: what it
// makes of them is the same for every daemon that it asks.
type trial struct {
	lane   string
	door   gate.DoorConfig
	wait   time.Duration // for the door to be shut again
	before local.IO      // just before the order
	answer local.Opened  // to the order

	relayOn, relayOff, opened, shut time.Time // zero: not seen
	now                             local.IO  // what was looked at last
}

// line is the lane's wire of that name; nil if it is not wired.
func (t *trial) line(in local.IO, name string) *local.Line {
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Lane == t.lane && l.Name == name {
			return l
		}
	}
	return nil
}

// wasOpen is what the contact said before.
func (t *trial) wasOpen() bool {
	c := t.line(t.before, "contact")
	return c != nil && !c.Active
}

// first is when the line first became active, or inactive, after a time; zero:
// not yet.
func first(l *local.Line, active bool, after time.Time) time.Time {
	if l == nil {
		return time.Time{}
	}
	for _, c := range l.Recent {
		if c.Active == active && c.At.After(after) {
			return c.At
		}
	}
	return time.Time{}
}

// look takes in what the wires say now, and says whether the test is at its end.
func (t *trial) look(now local.IO) (done bool) {
	t.now = now
	note := func(at *time.Time, wire string, active bool, after time.Time) {
		if at.IsZero() && !after.IsZero() {
			*at = first(t.line(now, wire), active, after)
		}
	}
	note(&t.relayOn, "relay", true, t.before.At)
	note(&t.relayOff, "relay", false, t.relayOn)
	if t.wasOpen() {
		note(&t.shut, "contact", true, t.before.At)
	} else {
		note(&t.opened, "contact", false, t.before.At)
		note(&t.shut, "contact", true, t.opened)
	}
	since := now.At.Sub(t.before.At)
	if t.relayOn.IsZero() {
		return since > relayNormal+time.Second
	}
	if t.relayOff.IsZero() {
		return since > gate.LongestPulse+time.Second
	}
	switch contact := t.line(now, "contact"); {
	case contact == nil:
		return true
	case t.wasOpen():
		return !t.shut.IsZero() || now.At.Sub(t.relayOff) > t.reach()
	case t.opened.IsZero():
		return now.At.Sub(t.relayOff) > t.reach()
	default:
		return !t.shut.IsZero() || now.At.Sub(t.opened) > t.wait
	}
}

// reach is how long after the relay the door may still open because of it.
func (t *trial) reach() time.Duration { return t.door.Opens() + time.Second }

// request is what the person at the door is asked to do.
func (t *trial) request() string {
	switch {
	case !t.door.Contact:
		return "look"
	case t.door.Mode == gate.Hold:
		return "push"
	default:
		return "walk"
	}
}

// rattles says whether the contact's wire came and went more often than the door.
func (t *trial) rattles() (edges uint64, yes bool) {
	was, is := t.line(t.before, "contact"), t.line(t.now, "contact")
	if was == nil || is == nil {
		return 0, false
	}
	edges = is.Edges - was.Edges
	return edges, edges > 2*(is.Changes-was.Changes)+rattling
}
