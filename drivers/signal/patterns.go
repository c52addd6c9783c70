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
