package door

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"gated/gate"
)

// settled is how long a level must have been seen before it counts (DESIGN 6).
const settled = 50 * time.Millisecond

// InputConfig is one input, as the configuration names it.
type InputConfig struct {
	Kind   string // gpio or sim, as the door's
	Line   string // gpio: the line's name, or its number on Chip; sim: a file that holds 0 or 1, the level of the wire
	Chip   string // gpio: the chip's label; without it, the first chip with a line of that name
	Active string // the level that means yes: low, which is also meant by nothing, or high
	Pull   string // gpio: the resistor in the chip: up, which is also meant by nothing, down or none
}

// Input is one wire that says yes or no. It is safe for concurrent use. A nil
// Input is a wire that is not there, and never active.
type Input struct {
	mu     sync.Mutex
	read   func() (active bool, err error)
	close  func() error
	steady debounce
	raw    trail // what the readings were
	taken  trail // what they were taken for
}

// CheckInput says what is wrong with the configuration of an input, and what to
// write instead; or nil. It does not look at the machine.
func CheckInput(c InputConfig) error {
	if _, ok := kinds[c.Kind]; !ok {
		return gate.Say("输入的 kind %q：不认识；请写 gpio 或 sim", "read kind %q of an input: it is not known; write gpio or sim", c.Kind).Trouble(nil)
	}
	switch c.Active {
	case "", "low", "high":
	default:
		return gate.Say("active %q：不认识；请写 \"low\" 或 \"high\"，即表示“是”的电平", "read active %q: it is not known; write \"low\" or \"high\", the level of the wire that means yes", c.Active).Trouble(nil)
	}
	switch c.Pull {
	case "", "up", "down", "none":
	default:
		return gate.Say("pull %q：不认识；请写 \"up\"（触点接地）、\"down\"（触点接 3.3 V）或 \"none\"（外接电阻）", "read pull %q: it is not known; write \"up\" (a contact to ground), \"down\" (a contact to 3.3 V) or \"none\" (a resistor of your own)", c.Pull).Trouble(nil)
	}
	if c.Line == "" {
		return gate.Say("line 未填；请写线的名称，例如 GPIO27", "read line: it is empty; write the name of a line, such as GPIO27").Trouble(nil)
	}
	if c.Kind == "sim" {
		return nil
	}
	n, pi, err := number(c.Line, c.Chip)
	if err != nil {
		return err
	}
	if pi {
		if err := checkInputPin(n); err != nil {
			return err
		}
	}
	return checkChip(c.Chip)
}

// checkInputPin refuses the pins of a Raspberry Pi that others drive.
func checkInputPin(n int) error {
	const (
		instead = "use one of GPIO4 to GPIO13 or GPIO16 to GPIO27"
		another = "请用 GPIO4 至 GPIO13 或 GPIO16 至 GPIO27 之一"
	)
	switch {
	case n < 2 || n > 27:
		return gate.Say("line：GPIO%[1]d 不在排针上，或供主板启动使用；%[2]s",
			"read line: GPIO%[1]d is not on the header or serves the start of the board; %[3]s", n, another, instead).Trouble(nil)
	case n == 14 || n == 15:
		return gate.Say("line：GPIO%[1]d 是控制台，其字符会被当作按钮；%[2]s",
			"read line: GPIO%[1]d carries the console, whose letters would be taken for a button; %[3]s", n, another, instead).Trouble(nil)
	default:
		return nil
	}
}

// OpenInput claims an input. The caller closes it.
func OpenInput(c InputConfig) (*Input, error) {
	if err := CheckInput(c); err != nil {
		return nil, err
	}
	low := c.Active != "high"
	if c.Kind == "sim" {
		return &Input{read: func() (bool, error) { return simLevel(c.Line) != low, nil }, close: func() error { return nil }}, nil
	}
	flags := uint64(flagInput)
	if low {
		flags |= flagActiveLow
	}
	flags |= map[string]uint64{"": flagPullUp, "up": flagPullUp, "down": flagPullDown, "none": flagNoPull}[c.Pull]
	l, err := take(c.Chip, c.Line, checkInputPin, flags)
	if err != nil {
		return nil, fmt.Errorf("open input %s: %w", c.Line, err)
	}
	return &Input{read: l.get, close: l.close}, nil
}

// Active says whether the input says yes: what its first reading found, and from
// then on each level that has been seen for 50 ms. It is meant to be asked every
// 10 ms or so. Reading alone, without the kernel's edges, is the same on every
// board, loses nothing when a loop was late, and a wire that rattles costs
// nothing.
func (in *Input) Active() (bool, error) {
	if in == nil {
		return false, nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	active, err := in.read()
	if err != nil {
		return false, fmt.Errorf("read input: %w", err)
	}
	now := time.Now()
	taken := in.steady.see(active, now)
	in.raw.see(active, now)
	in.taken.see(taken, now)
	return taken, nil
}

// Stories are what the readings of the input were, and what they were taken for.
// It reads nothing itself: what nobody asks with Active does nothing. What comes
// and goes between two readings is not seen.
func (in *Input) Stories() (raw, taken Story) {
	now := time.Now()
	return in.raw.story(now), in.taken.story(now)
}

// Close gives the line back. Reading afterwards is an error, closing twice is
// fine.
func (in *Input) Close() error {
	if in == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	done := in.close
	in.read = func() (bool, error) { return false, os.ErrClosed }
	in.close = func() error { return nil }
	return done()
}

// simLevel is the level of a simulated wire. One that is cut, a file that is not
// there or holds anything but 0, is pulled up.
func simLevel(file string) (high bool) {
	b, err := os.ReadFile(file) //nolint:gosec // the configuration names it
	return err != nil || strings.TrimSpace(string(b)) != "0"
}

// debounce is the level that a wire is taken to have.
type debounce struct {
	begun bool
	is    bool
	other time.Time // since when the wire has been seen at the other level; zero: it is not
}

// see takes one reading.
func (d *debounce) see(level bool, now time.Time) bool {
	switch {
	case !d.begun:
		d.begun, d.is = true, level
	case level == d.is:
		d.other = time.Time{}
	case d.other.IsZero():
		d.other = now
	case now.Sub(d.other) >= settled:
		d.is, d.other = level, time.Time{}
	}
	return d.is
}
