package signal

import (
	"errors"
	"slices"

	"gated/gate"
)

// Lamp is one lamp or buzzer on a line of its own.
type Lamp interface {
	Set(on bool) error
	Close() error // off, and the line is given back
}

// lamps are the lights of a lane.
type lamps struct {
	each  []Lamp
	means []light // what each of them is
}

func checkGPIO(c Config) error {
	names, _ := c.wired()
	if len(names) == 0 {
		return gate.Say("没有写任何线；请写 green、red 或 buzzer，或用 kind = \"sim\"", "read signal: no line is named; write green, red or buzzer, or use kind = \"sim\"").Trouble(nil)
	}
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return gate.Say("%s 写了两次；每个灯须各有一条线", "read signal: %s is named twice; give each light a line of its own", n).Trouble(nil)
		}
	}
	return nil
}

// wired is the names of the lines and what each is for.
func (c Config) wired() (names []string, means []light) {
	for _, l := range []struct {
		name  string
		means light
	}{{c.Green, green}, {c.Red, red}, {c.Buzzer, buzzer}} {
		if l.name != "" {
			names, means = append(names, l.name), append(means, l.means)
		}
	}
	return names, means
}

func openGPIO(c Config) (Signal, error) {
	names, means := c.wired()
	l := &lamps{means: means}
	for _, name := range names {
		one, err := c.Lamp(c.Chip, name)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.each = append(l.each, one)
	}
	return newPlayer(l, c.Log), nil
}

// set switches every lamp, also those after one that fails.
func (s *lamps) set(l light) error {
	l = s.onlyLamp(l)
	var errs []error
	for i, one := range s.each {
		errs = append(errs, one.Set(l&s.means[i] != 0))
	}
	return errors.Join(errs...)
}

// onlyLamp is l for those who have but one lamp: it shows what either would.
func (s *lamps) onlyLamp(l light) light {
	for _, pair := range [][2]light{{green, red}, {red, green}} {
		if l&pair[0] != 0 && !slices.Contains(s.means, pair[0]) {
			l |= pair[1]
		}
	}
	return l
}

func (s *lamps) close() error {
	var errs []error
	for _, one := range s.each {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
