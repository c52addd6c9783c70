package gate

import "time"

// DoorMachine is what the relay must be, as a function of what happened and of
// time. It moves nothing and reads no clock: [Controller] asks it. Not safe for
// concurrent use: one goroutine owns a door.
//
// The relay is on for a pulse, for a hold-open, and for fire; each is kept for
// itself, so that what ends leaves what goes on alone. All times that it is
// given and gives are Go's monotonic ones.
type DoorMachine struct {
	cfg DoorConfig

	// The pulse.
	on      bool
	began   time.Time
	until   time.Time // on: its end; off: the end of the rest after it
	waiting int       // admissions whose pulse has not begun; hold: at most one
	riders  int       // hold: admitted to this pulse, and not yet seen to open the door

	// What lasts longer.
	held   time.Time // end of the hold-open; zero: none
	locked time.Time // end of the lockdown; zero: none
	fire   bool
	driven bool // by fire: a step input that would shut the gate is not driven

	watch  watch
	events []Event
}

// NewDoorMachine makes the machine of a door at rest, whose contact has not been
// heard yet.
func NewDoorMachine(cfg DoorConfig) *DoorMachine {
	return &DoorMachine{cfg: cfg.WithDefaults()}
}

// On is what the relay must be.
func (d *DoorMachine) On() bool { return d.on || !d.held.IsZero() || d.driven }

// Refuse is the door's reason not to open for a code or an open command; empty:
// none. What burns is open whatever was ordered before.
func (d *DoorMachine) Refuse() Reason {
	switch {
	case d.fire:
		return ""
	case !d.locked.IsZero():
		return Lockdown
	case d.waiting >= waitingImpulses:
		return DoorFault // no further admission can be served in time
	default:
		return ""
	}
}

// RefuseHold is the door's reason not to be held open; empty: none. After a fire
// a lockdown goes on, so it stands against a hold-open even then.
func (d *DoorMachine) RefuseHold() Reason {
	switch {
	case d.cfg.Mode != Hold:
		return Unsupported // an impulse cannot hold
	case !d.locked.IsZero():
		return Lockdown
	default:
		return ""
	}
}

// Admit opens for one rider, an open command or the exit button. An impulse that
// could not be given in time is not given at all.
func (d *DoorMachine) Admit(now time.Time) {
	d.Advance(now)
	switch {
	case d.cfg.Mode == Hold && d.on:
		d.riders++
		d.until = earlier(now.Add(d.cfg.Pulse), d.began.Add(d.cfg.Longest))
	case d.cfg.Mode == Hold:
		d.riders++
		d.waiting = 1
	case d.fire: // the line is not free for an impulse
	case d.cfg.Step && d.watch.open:
		d.tell(AlreadyOpen)
	case d.waiting < waitingImpulses:
		d.waiting++
	}
	d.watch.restart(now)
	d.Advance(now)
}

// HoldOpen holds the door open until then, at most for LongestStay. Only a door
// of mode hold can be held.
func (d *DoorMachine) HoldOpen(now, until time.Time) {
	d.Advance(now)
	d.held = earlier(until, now.Add(LongestStay))
	d.watch.excuse()
	d.Advance(now)
}

// Lockdown shuts the door for everybody but the exit button and fire until then,
// at most for LongestStay. What was opening ends at once.
func (d *DoorMachine) Lockdown(now, until time.Time) {
	d.Advance(now)
	d.locked = earlier(until, now.Add(LongestStay))
	d.waiting = 0
	if d.on {
		d.endPulse(now)
	}
	d.endHold(now)
	d.Advance(now)
}

// Release ends a hold-open and a lockdown.
func (d *DoorMachine) Release(now time.Time) {
	d.Advance(now)
	d.endHold(now)
	d.endLockdown()
	d.Advance(now)
}

// Fire holds the door open from when the input becomes active until it is
// inactive again, whatever else was ordered.
func (d *DoorMachine) Fire(now time.Time, active bool) {
	d.Advance(now)
	if active == d.fire {
		return
	}
	d.fire = active
	d.driven = active && (!d.cfg.Step || !d.watch.open)
	if d.cfg.Mode == Impulse { // an impulse beside it would not be seen, and one after it is late
		d.on, d.waiting, d.until = false, 0, now.Add(d.cfg.Gap)
	}
	if active {
		d.tell(Fire)
		d.watch.excuse()
	} else {
		d.tell(FireEnded)
		d.released(now)
	}
	d.Advance(now)
}

// Contact says what the contact reports. The first report is what was found, and
// no event.
func (d *DoorMachine) Contact(now time.Time, open bool) {
	d.Advance(now)
	was := d.watch
	d.watch.report(now, open)
	switch {
	case was.heard && was.open == open, !was.heard:
	case !open:
		d.tell(DoorShut)
		d.driven = d.driven || d.fire // a step input that has shut by itself
		if d.cfg.Mode == Impulse {
			d.watch.expected = now
		}
	case d.On() || d.fire || now.Before(was.expected):
		d.tell(DoorOpened)
		d.relock(now)
	default:
		d.watch.forced = true
		d.tell(DoorForced)
	}
	d.Advance(now)
}

// Expect says that somebody may be opening the door by other means than the
// relay, as an exit button that is wired to the lock does.
func (d *DoorMachine) Expect(now time.Time) {
	d.watch.expected = later(d.watch.expected, now.Add(d.cfg.Opens()))
}

// relock ends the pulse once everybody whom it was for has opened the door.
func (d *DoorMachine) relock(now time.Time) {
	if d.cfg.Mode != Hold || !d.on {
		return
	}
	d.riders--
	if d.riders <= 0 {
		d.endPulse(now)
	}
}

// Advance carries the machine to now. Call it when [DoorMachine.Next] is due;
// a late call shortens nothing and prolongs nothing that was not late already.
func (d *DoorMachine) Advance(now time.Time) {
	if d.on && !now.Before(d.until) {
		d.endPulse(now)
	}
	if !d.held.IsZero() && !now.Before(d.held) {
		d.endHold(now)
	}
	if !d.locked.IsZero() && !now.Before(d.locked) {
		d.endLockdown()
	}
	if !d.on && d.waiting > 0 && !now.Before(d.until) {
		d.begin(now)
	}
	if d.held.IsZero() && !d.fire {
		d.events = append(d.events, d.watch.due(now, d.cfg)...)
	}
}

// begin gives the next pulse.
func (d *DoorMachine) begin(now time.Time) {
	if d.cfg.Step && d.watch.open { // it opened for the one before, and the next impulse would shut it
		d.waiting = 0
		d.tell(AlreadyOpen)
		return
	}
	d.waiting--
	d.on, d.began, d.until = true, now, now.Add(d.cfg.Pulse)
}

func (d *DoorMachine) endPulse(now time.Time) {
	d.on, d.riders = false, 0
	d.until = now.Add(d.cfg.Gap)
	d.released(now)
}

func (d *DoorMachine) endHold(now time.Time) {
	if !d.held.IsZero() {
		d.held = time.Time{}
		d.tell(HoldEnded)
		d.released(now)
		d.watch.restart(now)
	}
}

func (d *DoorMachine) endLockdown() {
	if !d.locked.IsZero() {
		d.locked = time.Time{}
		d.tell(LockdownEnded)
	}
}

// released says that the relay may have gone off: who pushes the door now is
// still its work.
func (d *DoorMachine) released(now time.Time) {
	d.watch.expected = later(d.watch.expected, now.Add(d.cfg.Opens()))
	d.watch.restart(now)
}

// LimitLockdown moves the end of a lockdown, for when the box's clock was found
// to be wrong. Without a lockdown it does nothing.
func (d *DoorMachine) LimitLockdown(now, until time.Time) {
	if !d.locked.IsZero() {
		d.locked = earlier(until, now.Add(LongestStay))
		d.Advance(now)
	}
}

// Shut says whether the door is shut and stays so: an interlocked one may open.
func (d *DoorMachine) Shut(now time.Time) bool {
	return !d.On() && d.waiting == 0 && !d.watch.open && (d.cfg.Mode == Hold || !now.Before(d.watch.expected))
}

// Next is when the machine changes by itself; ok is false at rest.
func (d *DoorMachine) Next() (at time.Time, ok bool) {
	take := func(t time.Time, is bool) {
		if is && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	take(d.until, d.on || d.waiting > 0)
	take(d.held, !d.held.IsZero())
	take(d.locked, !d.locked.IsZero())
	if d.held.IsZero() && !d.fire {
		take(d.watch.next(d.cfg))
	}
	return at, ok
}

// Off is when the relay will be off by what is known now, should nothing else
// happen; zero: it is off, or fire holds it on.
func (d *DoorMachine) Off() time.Time {
	switch {
	case !d.On() || d.driven:
		return time.Time{}
	case d.on:
		return later(d.held, d.until)
	default:
		return d.held
	}
}

// Fault is what is wrong with the door: DoorForced, HeldOpen, PreAlarm, or empty.
func (d *DoorMachine) Fault() Event { return d.watch.fault() }

// picture fills in what the machine knows.
func (d *DoorMachine) picture(s *LaneState) {
	s.Relay, s.Fault = d.On(), d.Fault()
	s.Held, s.Locked, s.Fire = !d.held.IsZero(), !d.locked.IsZero(), d.fire
	if d.watch.heard {
		s.Door = openOrShut(d.watch.open)
	}
}

// Take returns what happened since it was last called, oldest first.
func (d *DoorMachine) Take() []Event {
	e := d.events
	d.events = nil
	return e
}

func (d *DoorMachine) tell(e Event) { d.events = append(d.events, e) }

func earlier(a, b time.Time) time.Time { return pick(a.Before(b), a, b) }

func later(a, b time.Time) time.Time { return pick(a.After(b), a, b) }
