package scanner

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Config is one scanner, as the configuration names it.
type Config struct {
	Kind    string       // "serial", which is also meant by nothing
	Device  string       // path of the port, best one of /dev/serial/by-path: it is opened anew by this name
	Baud    string       // "auto", which is also meant by nothing, or a speed in bits a second
	Profile string       // the module's make: "plain", which is also meant by nothing, sends codes and is asked nothing
	Log     *slog.Logger // nil: silent
}

var (
	kinds    = []string{"serial"}
	profiles = []string{"plain"}
)

// Check says what is wrong with the configuration and what is allowed instead,
// or nil. It opens nothing.
func Check(c Config) error {
	if err := known("kind", c.Kind, kinds); err != nil {
		return err
	}
	if err := known("profile", c.Profile, profiles); err != nil {
		return err
	}
	if c.Device == "" {
		return errors.New("read device: it is empty; name the scanner's port, best one of /dev/serial/by-path")
	}
	_, err := parseBaud(c.Baud)
	return err
}

// New returns the scanner of that configuration, or the error of [Check]. It
// opens nothing: a port that is missing is found by [Serial.Run], which waits
// for it.
func New(c Config) (*Serial, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	bauds, err := parseBaud(c.Baud)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Serial{device: c.Device, bauds: bauds, log: c.Log, open: openPort}
	s.fault = c.Device + " is not open yet."
	return s, nil
}

// known refuses a word that is not in the list. No word is fine.
func known(key, word string, list []string) error {
	if word == "" || slices.Contains(list, word) {
		return nil
	}
	return fmt.Errorf("read %s %q: it is not known; write one of %s", key, word, strings.Join(list, ", "))
}
