package signal

import (
	"context"
	"errors"
	"io"
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

	// Idle tells what to show while there is nothing else. It never blocks, and
	// is safe for concurrent use; saying the same again changes nothing.
	Idle(h Health)

	// Run plays what is shown until ctx ends, switches everything off and
	// returns nil. It is called once.
	Run(ctx context.Context) error

	// Close switches everything off and gives back what was claimed, once Run
	// has ended. Closing twice is fine.
	Close() error
}

// Config is one signal, as the configuration names it.
type Config struct {
	Kind     string        // "gpio", "voice", "sim" or "none", or several joined by +
	Green    string        // gpio: lines by name (GPIO23), on when high; those that are empty are not wired
	Red      string        //
	Buzzer   string        //
	Chip     string        // gpio: the label of the chip that has them; without it, the first that has them
	Device   string        // voice: path of the port, best one of /dev/serial/by-path
	Module   string        // voice: "syn6288" or "xfs5152"
	Baud     string        // voice: speed in bits a second; empty: the module's at the factory
	Language gate.Language // voice: of what is said
	Trace    string        // sim: a file to which a line is appended for each verdict; without it nothing is kept
	Log      *slog.Logger  // nil: silent

	// The caller of Open lends what is not this package's: Lamp claims the line
	// of a lamp or buzzer, off, and Port opens the serial port of a voice for it
	// alone.
	Lamp func(chip, line string) (Lamp, error)
	Port func(device string, baud int) (io.ReadWriteCloser, error)
}

// kind is what each kind of signal brings along.
type kind struct {
	check func(Config) error
	open  func(Config) (Signal, error)
}

var kinds = map[string]kind{
	"gpio":  {checkGPIO, openGPIO},
	"none":  {checkNone, openNone},
	"sim":   {checkSim, openSim},
	"voice": {checkVoice, openVoice},
}

// Check says what is wrong with the configuration and what to write instead, or
// nil. It does not look at the machine.
func Check(c Config) error {
	names := strings.Split(c.Kind, "+")
	for i, name := range names {
		k, ok := kinds[name]
		switch {
		case !ok:
			return gate.Say("kind %q：不认识；请写 %s 之一，或合用，如 \"gpio+voice\"", "read kind %q: it is not known; write one of %s, or several as \"gpio+voice\"", c.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")).Trouble(nil)
		case slices.Contains(names[:i], name) || name == "none" && len(names) > 1:
			return gate.Say("kind %q：%s 不能与其他种类并列；请单独写，或删去", "read kind %q: %s cannot stand beside the others; write it alone or take it out", c.Kind, name).Trouble(nil)
		}
		if err := k.check(c); err != nil {
			return err
		}
	}
	return unused(c, names)
}

// unused refuses keys that none of the kinds looks at: who wrote them believes
// that something is wired.
func unused(c Config, names []string) error {
	for _, k := range []struct{ kind, key, value string }{
		{"gpio", "green", c.Green},
		{"gpio", "red", c.Red},
		{"gpio", "buzzer", c.Buzzer},
		{"gpio", "chip", c.Chip},
		{"voice", "device", c.Device},
		{"voice", "module", c.Module},
		{"voice", "baud", c.Baud},
		{"sim", "trace", c.Trace},
	} {
		if k.value != "" && !slices.Contains(names, k.kind) {
			return gate.Say("%s %q：kind %q 用不到这一项；请写 kind = %q，或删去", "read %s %q: kind %q has no such thing; write kind = %q, or take it out", k.key, k.value, c.Kind, k.kind).Trouble(nil)
		}
	}
	return nil
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
	var all several
	for name := range strings.SplitSeq(c.Kind, "+") {
		s, err := kinds[name].open(c)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, s)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}
