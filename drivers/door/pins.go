package door

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What to use on a Raspberry Pi's header: pins whose pull at power-on keeps the
// relay off, and that nothing else drives.
const (
	fine    = "use one of GPIO9 to GPIO13 or GPIO16 to GPIO27, with a resistor of 10 kOhm from it to ground"
	fineLow = "use one of GPIO4 to GPIO8, with a resistor of 10 kOhm from it to 3.3 V, " +
		"or set the relay board to high-level trigger and write active = \"high\" with one of GPIO9 to GPIO13 or GPIO16 to GPIO27"
)

func checkGPIO(c Config) error {
	switch c.Active {
	case "", "high", "low":
	default:
		return fmt.Errorf("read active %q: it is not known; write \"high\" or \"low\", the level at which the relay is on", c.Active)
	}
	if c.Relay == "" {
		return errors.New("read relay: it is empty; write the name of a line: " + fine)
	}
	n, pi, err := number(c.Relay, c.Chip)
	if err != nil {
		return err
	}
	if pi {
		if err := checkPin(n, c.Active == "low"); err != nil {
			return err
		}
	}
	return checkChip(c.Chip)
}

// number is which pin of a Raspberry Pi's header is meant; pi is false on a board
// that names its lines otherwise, of which is not known here what they do at
// power-on.
func number(line, label string) (n int, pi bool, err error) {
	n, notNumber := strconv.Atoi(strings.TrimPrefix(line, "GPIO"))
	named := strings.HasPrefix(line, "GPIO")
	switch {
	case notNumber != nil:
		return 0, false, nil
	case !named && label == "":
		return 0, false, fmt.Errorf("read line %q: a number is a line of one chip; name the chip's label as well, or the line by its name (GPIO%s)", line, line)
	default:
		return n, named || strings.HasPrefix(label, "pinctrl-"), nil
	}
}

// checkPin refuses the pins of a Raspberry Pi on which a relay would move
// before any program runs. The pulls at power-on are those of the manual
// "BCM2835 ARM Peripherals", table 6-31; the boards have 1.8 kOhm from GPIO2 and
// GPIO3 to 3.3 V, and the firmware talks over GPIO0 and GPIO1 to what is plugged
// on.
func checkPin(n int, low bool) error {
	var why string
	switch {
	case n < 0 || n > 27:
		why = "is not on the header, and what it does before gated starts is not known, so the relay might be on"
	case n == 14 || n == 15:
		why = "carries the console at each boot, which would rattle the relay and open the gate"
	case n <= 3 && low:
		why = "carries a bus that the board talks on while it starts, which would rattle the relay and open the gate"
	case n == 2 || n == 3:
		why = "is pulled up from power-on by 1.8 kOhm on the board, against which no resistor to ground helps, so the relay would be on and the gate open after each power cut"
	case n <= 8 && !low:
		why = "is pulled up from power-on until gated starts, so the relay would be on and the gate open after each power cut"
	case n > 8 && low:
		why = "is pulled down from power-on until gated starts, so a relay that is on at a low level would be on and the gate open after each power cut"
	default:
		return nil
	}
	if low {
		return fmt.Errorf("read relay: GPIO%d %s; %s", n, why, fineLow)
	}
	return fmt.Errorf("read relay: GPIO%d %s; %s", n, why, fine)
}

// anyPin judges no pin.
func anyPin(int) error { return nil }

// headerLabels are what the kernels of Raspberry Pis 0 to 3, 4 and 5 call the
// chip with the header's pins.
var headerLabels = []string{"pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"}

// checkChip refuses what cannot be the label of a chip.
func checkChip(label string) error {
	if strings.HasPrefix(label, "gpiochip") || strings.HasPrefix(label, "/dev/") {
		return fmt.Errorf("read chip %q: that is a number, which changes from start to start, and the relay of another line would move; "+
			"write the chip's label as gpioinfo or gpiodetect shows it in brackets (on a Raspberry Pi one of %s), or leave chip out and name the line (GPIO17)", label, strings.Join(headerLabels, ", "))
	}
	return nil
}

// FindRelay looks for a relay's line on this machine and claims nothing. Its
// sentence says what gated would do. On a machine without GPIO chips it knows only
// which labels a Raspberry Pi has: looked is then false.
func FindRelay(c Config) (looked bool, err error) {
	return look(c.Chip, c.Relay, func(pin int) error { return checkPin(pin, c.Active == "low") })
}

// FindInput is FindRelay for an input.
func FindInput(c InputConfig) (looked bool, err error) { return look(c.Chip, c.Line, checkInputPin) }

func look(label, line string, fit func(pin int) error) (looked bool, err error) {
	if _, pi, _ := number(line, label); pi {
		fit = anyPin // Check has looked at it
	}
	_, _, err = find(label, line, fit)
	switch {
	case !errors.Is(err, errNoChip):
		if err != nil {
			err = fmt.Errorf("find line %s: %w; gated would not start and the gate stay shut", line, err)
		}
		return true, err
	case label == "" || slices.Contains(headerLabels, label):
		return false, nil
	default:
		return false, fmt.Errorf("find chip %q: this machine has no GPIO chip, and no Raspberry Pi has one of that label, so gated would not start and the gate stay shut; "+
			"leave chip out and name the line (GPIO17), or write one of %s", label, strings.Join(headerLabels, ", "))
	}
}
