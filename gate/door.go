package gate

import (
	"fmt"
	"time"
)

// Mode is what the relay's pulse means to the hardware behind it.
type Mode string

// The two modes of DESIGN section 6.
const (
	Hold    Mode = "hold"    // a strike or magnet: released for as long as the relay is on
	Impulse Mode = "impulse" // a turnstile or step input: each admission is exactly one pulse
)

// Bounds and defaults of a pulse (DESIGN section 6).
const (
	LongestPulse   = 60 * time.Second
	DefaultHold    = 3 * time.Second
	DefaultImpulse = 500 * time.Millisecond
	DefaultGap     = 500 * time.Millisecond // impulse
	holdRest       = 100 * time.Millisecond // hold: so that a longest pulse really ends
)

// waitingImpulses is how many admissions may wait for their impulse. More would
// open the gate for somebody who has long walked on.
const waitingImpulses = 3

// DoorConfig is one door's timing. Zero values are replaced by the defaults.
type DoorConfig struct {
	Mode    Mode
	Pulse   time.Duration // hold: from the newest admission; impulse: the pulse's length
	Longest time.Duration // hold: from the first admission, whatever follows; at most LongestPulse
	Gap     time.Duration // least rest between two pulses
}

// withDefaults fills in what was left out.
func (c DoorConfig) withDefaults() DoorConfig {
	if c.Mode == "" {
		c.Mode = Hold
	}
	if c.Pulse == 0 {
		c.Pulse = DefaultHold
		if c.Mode == Impulse {
			c.Pulse = DefaultImpulse
		}
	}
	if c.Longest == 0 {
		c.Longest = LongestPulse
	}
	if c.Gap == 0 {
		c.Gap = holdRest
		if c.Mode == Impulse {
			c.Gap = DefaultGap
		}
	}
	return c
}

// Check says in one sentence what is wrong with the timing.
func (c DoorConfig) Check() error {
	c = c.withDefaults()
	switch {
	case c.Mode != Hold && c.Mode != Impulse:
		return fmt.Errorf("mode %q is neither %q (strike, magnet) nor %q (turnstile, step input)", c.Mode, Hold, Impulse)
	case c.Pulse < 0 || c.Pulse > LongestPulse:
		return fmt.Errorf("pulse %s is not between 0 and %s: the gate would stay open", c.Pulse, LongestPulse)
	case c.Longest < c.Pulse || c.Longest > LongestPulse:
		return fmt.Errorf("longest pulse %s is not between the pulse %s and %s", c.Longest, c.Pulse, LongestPulse)
	case c.Gap < 0:
		return fmt.Errorf("gap %s is negative", c.Gap)
	}
	return nil
}

// DoorMachine is what the relay must be, as a function of admissions and time.
// It moves nothing and reads no clock: [Controller] asks it. Not safe for
// concurrent use: one goroutine owns a door.
type DoorMachine struct {
	cfg     DoorConfig
	on      bool
	began   time.Time // of the pulse that is on
	until   time.Time // on: its end; off: the end of the rest after it
	waiting int       // admissions whose pulse has not begun; hold: at most one
}

// NewDoorMachine makes the machine of a door at rest.
func NewDoorMachine(cfg DoorConfig) *DoorMachine {
	return &DoorMachine{cfg: cfg.withDefaults()}
}

// Busy says that no further admission can be served in time.
func (d *DoorMachine) Busy() bool { return d.waiting >= waitingImpulses }

// Admit opens for one rider. An impulse that could not be given in time is not
// given at all.
func (d *DoorMachine) Admit(now time.Time) {
	d.Advance(now)
	switch {
	case d.cfg.Mode == Hold && d.on:
		d.until = earlier(now.Add(d.cfg.Pulse), d.began.Add(d.cfg.Longest))
	case d.cfg.Mode == Hold:
		d.waiting = 1
	case !d.Busy():
		d.waiting++
	}
	d.Advance(now)
}

// Advance carries the machine to now. Call it when [DoorMachine.Next] is due;
// a late call shortens nothing and prolongs nothing that was not late already.
func (d *DoorMachine) Advance(now time.Time) {
	if d.on && !now.Before(d.until) {
		d.on = false
		d.until = now.Add(d.cfg.Gap)
	}
	if !d.on && d.waiting > 0 && !now.Before(d.until) {
		d.waiting--
		d.on, d.began, d.until = true, now, now.Add(d.cfg.Pulse)
	}
}

// On is what the relay must be.
func (d *DoorMachine) On() bool { return d.on }

// Next is when the machine changes by itself; ok is false at rest.
func (d *DoorMachine) Next() (at time.Time, ok bool) {
	return d.until, d.on || d.waiting > 0
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
