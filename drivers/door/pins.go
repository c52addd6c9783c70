package door

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// fine names the pins of a Raspberry Pi's header that are inputs pulled to
// ground from power-on and that nothing else drives.
const fine = "use one of GPIO9 to GPIO13 or GPIO16 to GPIO27, with a resistor of 10 kOhm from it to ground"

func checkGPIO(c Config) error {
	switch c.Active {
	case "", "high":
	case "low":
		// The library requests the line as an output without a value, which
		// the kernel takes as 0; only then can it be set to 1.
		return fmt.Errorf("read active \"low\": %s would be driven low for a moment whenever gated starts, and is pulled low from power-on until then, "+
			"so the relay would move and the gate open at each start and after each power cut (gpio=17=op,dh in config.txt holds the pin through the boot, not through the start); "+
			"set the relay board to high-level trigger, or put a transistor before it, and write active = \"high\"", c.Relay)
	default:
		return fmt.Errorf("read active %q: it is not known; write \"high\"", c.Active)
	}
	if c.Relay == "" {
		return errors.New("read relay: it is empty; write the name of a line: " + fine)
	}
	number, err := strconv.Atoi(strings.TrimPrefix(c.Relay, "GPIO"))
	named := strings.HasPrefix(c.Relay, "GPIO")
	switch {
	case err != nil:
		return nil // a board that names its lines otherwise; what they do at power-on is not known here
	case !named && c.Chip == "":
		return fmt.Errorf("read relay %q: a number is a line of one chip; name the chip's label as well, or the line by its name (GPIO%s)", c.Relay, c.Relay)
	case !named && !strings.HasPrefix(c.Chip, "pinctrl-"):
		return nil // no Raspberry Pi
	}
	return checkPin(number)
}

// checkPin refuses the pins of a Raspberry Pi on which a relay would move
// before any program runs. The pulls at power-on are those of the manual
// "BCM2835 ARM Peripherals", table 6-31.
func checkPin(number int) error {
	var why string
	switch {
	case number >= 0 && number <= 8:
		why = "is pulled up from power-on until gated starts, so the relay would be on and the gate open after each power cut"
	case number == 14 || number == 15:
		why = "carries the console at each boot, which would rattle the relay and open the gate"
	case number < 0 || number > 27:
		why = "is not on the header, and what it does before gated starts is not known, so the relay might be on"
	default:
		return nil
	}
	return fmt.Errorf("read relay: GPIO%d %s; %s", number, why, fine)
}
