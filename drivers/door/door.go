package door

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"gated/gate"
)

// ErrHeld says that another program has the relay's line. [Open] and [Safe]
// return it. To Safe it need not be a fault: whoever has the line drives it.
var ErrHeld = errors.New("another program has the line")

// Door is one relay. It is safe for concurrent use, so that a second guard may
// switch it off beside its owner.
type Door interface {
	// Set switches the relay, and returns when the line has changed. After an
	// error the state of the line is not known.
	Set(on bool) error

	// On reads back what the relay's line is, without changing it.
	On() (bool, error)

	// Close switches the relay off and gives the line back. Closing twice is
	// fine; Set after Close is an error and changes nothing.
	Close() error
}

// Config is one relay, as the configuration names it.
type Config struct {
	Kind   string // "gpio" or "sim"
	Relay  string // gpio: the line's name (GPIO17), or its number on Chip
	Chip   string // gpio: the chip's label (pinctrl-bcm2835); without it, the first chip with a line of that name
	Active string // gpio: the level at which the relay is on: high, which is also meant by nothing, or low
	Trace  string // sim: a file to which each edge is appended; without it the relay is in memory alone
}

// kind is what each kind of door brings along.
type kind struct {
	check func(Config) error
	open  func(Config) (Door, error)
}

var kinds = map[string]kind{
	"gpio": {checkGPIO, openGPIO},
	"sim":  {checkSim, openSim},
}

// Check says what is wrong with the configuration, what would happen, and what
// to write instead; or nil. It does not look at the machine.
func Check(c Config) error {
	k, ok := kinds[c.Kind]
	if !ok {
		return gate.Say("kind %q：不认识；请写 %s 之一", "read kind %q: it is not known; write one of %s", c.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")).Trouble(nil)
	}
	return k.check(c)
}

// Open claims the relay's line and switches it off, in one step where the
// hardware allows. The caller owns the door and must close it.
func Open(c Config) (Door, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	return kinds[c.Kind].open(c)
}

// Safe switches the relay off from outside, for when the program that owned it
// is dead. An error that wraps [ErrHeld] names whoever may have it still.
func Safe(c Config) error {
	d, err := Open(c)
	if err != nil {
		return err
	}
	return d.Close()
}
