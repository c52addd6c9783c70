package signal

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"
)

// lines are the lights' lines, claimed as one set in one call to the kernel,
// which makes them outputs at 0.
type lines struct {
	claim *gpioioctl.LineSet
	means []light // what each line of the set is
}

func checkGPIO(c Config) error {
	names, _ := c.wired()
	if len(names) == 0 {
		return errors.New("read signal: no line is named; write green, red or buzzer, or use kind = \"sim\"")
	}
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return fmt.Errorf("read signal: %s is named twice; give each light a line of its own", n)
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
	chip, err := findChip(c.Chip, names)
	if err != nil {
		return nil, fmt.Errorf("open signal: %w", err)
	}
	set, err := chip.LineSet(gpioioctl.LineOutput, gpio.NoEdge, gpio.PullNoChange, names...)
	if err != nil {
		// The library passes on the text of the kernel's error alone.
		if strings.Contains(err.Error(), unix.EBUSY.Error()) {
			err = fmt.Errorf("another program has one of %s (gpioinfo says which); stop it, or use other lines: %w", strings.Join(names, ", "), err)
		}
		return nil, fmt.Errorf("open signal: %w", err)
	}
	return newPlayer(&lines{claim: set, means: means}, c.Log), nil
}

func (s *lines) set(l light) error {
	l = s.onlyLamp(l)
	var bits gpio.GPIOValue
	for i, m := range s.means {
		if l&m != 0 {
			bits |= 1 << i
		}
	}
	if err := s.claim.Out(bits, 0); err != nil {
		return fmt.Errorf("set lights: %w", err)
	}
	return nil
}

// onlyLamp is l for those who have but one lamp: it shows what either would.
func (s *lines) onlyLamp(l light) light {
	for _, pair := range [][2]light{{green, red}, {red, green}} {
		if l&pair[0] != 0 && !slices.Contains(s.means, pair[0]) {
			l |= pair[1]
		}
	}
	return l
}

func (s *lines) close() error { return s.claim.Close() }

// findChip is the chip that has all the lines.
func findChip(label string, names []string) (*gpioioctl.GPIOChip, error) {
	// The ioctl driver is the only one linked in. On a Raspberry Pi 5 it
	// closes file descriptor 0 by mistake when it finds a chip twice.
	_, err := driverreg.Init()
	if err := errors.Join(err, guardInput()); err != nil {
		return nil, err
	}
	if len(gpioioctl.Chips) == 0 {
		return nil, errors.New("this machine has no GPIO chip that may be used; add the user to the group that owns /dev/gpiochip0, or use kind = \"sim\"")
	}
	var labels []string
	for _, c := range gpioioctl.Chips {
		missing := func(n string) bool { return c.ByName(n) == nil }
		if (label == "" || c.Label() == label) && !slices.ContainsFunc(names, missing) {
			return c, nil
		}
		labels = append(labels, c.Label())
	}
	return nil, fmt.Errorf("no GPIO chip has lines of the names %s, chip %q; there are the chips %s (gpioinfo lists their lines)",
		strings.Join(names, ", "), label, strings.Join(labels, ", "))
}

// guardInput puts /dev/null at file descriptor 0 if that was closed, lest the
// next file to be opened gets a number that the library takes for none.
func guardInput() error {
	if _, err := unix.FcntlInt(0, unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
		return nil
	}
	fd, err := unix.Open(os.DevNull, unix.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("guard standard input: %w", err)
	}
	if fd != 0 { // somebody else was given 0 meanwhile, which is as good
		return unix.Close(fd)
	}
	return nil
}
