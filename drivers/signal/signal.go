package signal

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"gated/gate"
)

// Signal is what one lane tells riders with.
type Signal interface {
	// Show tells what a scan came to. It never blocks, and is safe for
	// concurrent use. Before Run and after it nothing is to be seen.
	Show(d gate.Decision)

	// Run plays what is shown until ctx ends, switches everything off and
	// returns nil. It is called once.
	Run(ctx context.Context) error

	// Close switches everything off and gives back what was claimed, once Run
	// has ended. Closing twice is fine.
	Close() error
}

// Config is one signal, as the configuration names it.
type Config struct {
	Kind   string       // "gpio", "sim" or "none"
	Green  string       // gpio: lines by name (GPIO23), on when high; those that are empty are not wired
	Red    string       //
	Buzzer string       //
	Chip   string       // gpio: the label of the chip that has them; without it, the first that has them all
	Trace  string       // sim: a file to which a line is appended for each verdict; without it nothing is kept
	Log    *slog.Logger // nil: silent
}

// kind is what each kind of signal brings along.
type kind struct {
	check func(Config) error
	open  func(Config) (Signal, error)
}

var kinds = map[string]kind{
	"gpio": {checkGPIO, openGPIO},
	"none": {checkNone, openNone},
	"sim":  {checkSim, openSim},
}

// Check says what is wrong with the configuration and what to write instead, or
// nil. It does not look at the machine.
func Check(c Config) error {
	k, ok := kinds[c.Kind]
	if !ok {
		return fmt.Errorf("read kind %q: it is not known; write one of %s", c.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	return k.check(c)
}

// Open claims what the signal needs and switches it off. The caller owns the
// signal, must run it and must close it.
func Open(c Config) (Signal, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return kinds[c.Kind].open(c)
}
