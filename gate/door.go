package gate

import "time"

// Mode is what the relay's pulse means to the hardware behind it.
type Mode string

// The two modes of DESIGN section 6.
const (
	Hold    Mode = "hold"    // a strike or magnet: released for as long as the relay is on
	Impulse Mode = "impulse" // a turnstile or step input: each admission is exactly one pulse
)

// Bounds and defaults of a door's times (DESIGN section 6).
const (
	LongestPulse    = 60 * time.Second
	DefaultHold     = 3 * time.Second
	DefaultImpulse  = 500 * time.Millisecond
	DefaultGap      = 500 * time.Millisecond // impulse
	DefaultStepGap  = 2 * time.Second        // step: until the gate has left its contact
	DefaultHeldOpen = 20 * time.Second
	holdRest        = 100 * time.Millisecond // hold: so that a longest pulse really ends
	longestHeldOpen = time.Hour
)

// How long after the relay an opening is still its work: a strike has only to
// be pushed, a motor must first run or a rider walk into the turnstile.
const (
	holdOpens    = time.Second
	impulseOpens = 10 * time.Second
)

// waitingImpulses is how many admissions may wait for their impulse. More would
// open the gate for somebody who has long walked on.
const waitingImpulses = 3

// DoorConfig is one door as its owner describes it. Zero values are replaced by
// the defaults.
type DoorConfig struct {
	Mode    Mode
	Pulse   time.Duration // hold: from the newest admission; impulse: the pulse's length
	Longest time.Duration // hold: from the first admission, whatever follows; at most LongestPulse
	Gap     time.Duration // least rest between two pulses

	Contact  bool          // a contact says whether the door is open
	Step     bool          // impulse: none while the contact says open, as it would shut the gate
	HeldOpen time.Duration // from when an open door is an alarm
	PreAlarm time.Duration // from when it is about to become one; default half of HeldOpen
}

// WithDefaults is the door with what was left out filled in.
func (c DoorConfig) WithDefaults() DoorConfig {
	impulse := c.Mode == Impulse
	orElse(&c.Mode, Hold)
	orElse(&c.Pulse, pick(impulse, DefaultImpulse, DefaultHold))
	orElse(&c.Longest, LongestPulse)
	orElse(&c.Gap, pick(impulse, pick(c.Step, DefaultStepGap, DefaultGap), holdRest))
	orElse(&c.HeldOpen, DefaultHeldOpen)
	orElse(&c.PreAlarm, c.HeldOpen/2)
	return c
}

// Opens is how long after the relay an opening is its work.
func (c DoorConfig) Opens() time.Duration { return pick(c.Mode == Impulse, impulseOpens, holdOpens) }

// Check says in one sentence what is wrong with the door.
func (c DoorConfig) Check() error {
	contact := c.Contact || c.HeldOpen == 0 && c.PreAlarm == 0
	c = c.WithDefaults()
	switch {
	case c.Mode != Hold && c.Mode != Impulse:
		return Say("mode %q 既不是 %q（电锁、磁力锁）也不是 %q（闸机、步进输入）", "mode %q is neither %q (strike, magnet) nor %q (turnstile, step input)", c.Mode, Hold, Impulse).Trouble(nil)
	case c.Pulse < 0 || c.Pulse > LongestPulse:
		return Say("pulse %s 不在 0 到 %s 之间：门会一直开着", "pulse %s is not between 0 and %s: the gate would stay open", c.Pulse, LongestPulse).Trouble(nil)
	case c.Longest < c.Pulse || c.Longest > LongestPulse:
		return Say("longest %s 不在 pulse %s 到 %s 之间", "longest pulse %s is not between the pulse %s and %s", c.Longest, c.Pulse, LongestPulse).Trouble(nil)
	case c.Gap < 0:
		return Say("gap %s 是负数", "gap %s is negative", c.Gap).Trouble(nil)
	case c.Step && c.Mode != Impulse:
		return Say("step 只用于 mode \"impulse\"：保持吸合的继电器没有步进；请删去 step，或写 mode = \"impulse\"", "step is for mode \"impulse\": a relay that is held has no steps; take step out, or write mode = \"impulse\"").Trouble(nil)
	case c.Step && !c.Contact:
		return Say("step 须有门磁：没有门磁就无从知道下一个脉冲会不会把门关上；请接上并写 contact = { line = … }", "step needs a contact: without one nobody knows whether the next impulse would shut the gate; wire one and write contact = { line = … }").Trouble(nil)
	case !contact:
		return Say("held_open 和 pre_alarm 须有门磁：没有门磁就无从知道门开着；请接上并写 contact = { line = … }", "held_open and pre_alarm need a contact: without one nobody knows that the door is open; wire one and write contact = { line = … }").Trouble(nil)
	case c.HeldOpen < time.Second || c.HeldOpen > longestHeldOpen:
		return Say("held_open %s 不在 1s 到 %s 之间", "held_open %s is not between 1s and %s", c.HeldOpen, longestHeldOpen).Trouble(nil)
	case c.PreAlarm < 0 || c.PreAlarm > c.HeldOpen:
		return Say("pre_alarm %s 不在 0 到 held_open %s 之间：它须早于告警", "pre_alarm %s is not between 0 and held_open %s: it warns before the alarm", c.PreAlarm, c.HeldOpen).Trouble(nil)
	}
	return nil
}

func orElse[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}
