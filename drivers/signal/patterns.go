package signal

import (
	"time"

	"gated/gate"
)

// light is what is on at one time.
type light uint8

const (
	green light = 1 << iota
	red
	buzzer
)

// step is a light for a time.
type step struct {
	light light
	lasts time.Duration
}

// patterns is what each verdict looks and sounds like. They differ in rhythm,
// not only in colour or sound: one long light and one short beep to go in, three
// blinks and three short beeps to stop. A verdict without a row shows nothing.
var patterns = map[gate.Verdict][]step{
	gate.Open: {
		{green | buzzer, 120 * time.Millisecond},
		{green, 2 * time.Second},
	},
	gate.Refused: {
		{red | buzzer, 150 * time.Millisecond},
		{0, 150 * time.Millisecond},
		{red | buzzer, 150 * time.Millisecond},
		{0, 150 * time.Millisecond},
		{red | buzzer, 150 * time.Millisecond},
	},
}

// Health is what a lane shows while nobody is being answered.
type Health string

// The states of a lane, the first that is true. Each has a rhythm of its own in
// idle, and a row in docs/wiring.md.
const (
	NoScanner    Health = "no-scanner"    // no code can be read
	ClockUnknown Health = "clock-unknown" // the box does not know the time
	ListOld      Health = "list-old"      // the list is missing, or so old that some passes are refused
	NoNetwork    Health = "no-network"    // the broker does not answer
	Healthy      Health = "healthy"
)

// The door's own states, which come before all others and are in the records by
// the same words: whoever holds it open is there, and can shut it.
const (
	DoorForced Health = Health(gate.DoorForced) // it was opened, and nobody had been let in or out
	HeldOpen   Health = Health(gate.HeldOpen)   // open for too long
	PreAlarm   Health = Health(gate.PreAlarm)   // open for so long that it soon will be
)

// loud is how long a state may be heard. Longer, nobody is there who heeds it,
// or the contact is broken, and people sleep nearby; it is still seen.
const loud = 5 * time.Minute

// idle is the rhythm of each state, played over and over. Whoever stands before
// it counts blinks, and need not see colours. The door alone is heard: what goes
// on all night must not be. A box that shows nothing at all is dead.
var idle = map[Health][]step{
	Healthy:      blinks(green, 1, 50*time.Millisecond, 5*time.Second),
	NoNetwork:    blinks(red, 2, 150*time.Millisecond, 3*time.Second),
	ListOld:      blinks(red, 3, 150*time.Millisecond, 3*time.Second),
	ClockUnknown: blinks(red, 4, 150*time.Millisecond, 3*time.Second),
	NoScanner:    blinks(red, 1, time.Second, time.Second),
	PreAlarm:     blinks(red|buzzer, 1, 100*time.Millisecond, 900*time.Millisecond),
	HeldOpen:     blinks(red|buzzer, 2, 500*time.Millisecond, time.Second),
	DoorForced:   blinks(red|buzzer, 1, 100*time.Millisecond, 100*time.Millisecond),
}

// blinks is n lights of that length with rests of a quarter of a second between,
// and a long rest.
func blinks(l light, n int, lasts, rest time.Duration) []step {
	var p []step
	for range n {
		p = append(p, step{l, lasts}, step{0, 250 * time.Millisecond})
	}
	p[len(p)-1].lasts = rest
	return p
}
