package door

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/gpioioctl"
)

// relay is one line of a GPIO chip, claimed as a set of one: a single call to
// the kernel that makes the line an output at 0 and ours alone. The library's
// single lines are not used, as reading one back turns it into an input that is
// pulled up, and the relay with it.
type relay struct {
	mu     sync.Mutex
	line   *gpioioctl.LineSet
	closed bool
}

func openGPIO(c Config) (Door, error) {
	chips, err := findChips()
	if err != nil {
		return nil, fmt.Errorf("open relay %s: %w", c.Relay, err)
	}
	known := make([]chip, len(chips))
	for i, ch := range chips {
		known[i] = chip{name: ch.Name(), label: ch.Label()}
		for _, l := range ch.Lines() {
			known[i].lines = append(known[i].lines, l.Name())
		}
	}
	i, name, err := locate(known, c.Chip, c.Relay)
	if err != nil {
		return nil, fmt.Errorf("open relay %s: %w", c.Relay, err)
	}
	line, err := chips[i].LineSet(gpioioctl.LineOutput, gpio.NoEdge, gpio.PullNoChange, name)
	if err != nil {
		return nil, fmt.Errorf("open relay %s: %w", c.Relay, held(err, chips[i].ByName(name).Consumer()))
	}
	return &relay{line: line}, nil
}

// Set drives the line, also if it is so already.
func (r *relay) Set(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("set relay: %w", os.ErrClosed)
	}
	var bits gpio.GPIOValue
	if on {
		bits = 1
	}
	if err := r.line.Out(bits, 1); err != nil {
		return fmt.Errorf("set relay: %w", err)
	}
	return nil
}

// Close drives the line to 0 and gives it back. What it is afterwards is the
// kernel's affair: mostly an input with its pull to ground.
func (r *relay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if err := errors.Join(r.line.Out(0, 1), r.line.Close()); err != nil {
		return fmt.Errorf("close relay: %w", err)
	}
	return nil
}

// held makes ErrHeld of the library's error for a line that is taken. The
// library passes on the error's text alone.
func held(err error, consumer string) error {
	if !strings.Contains(err.Error(), unix.EBUSY.Error()) {
		return err
	}
	if consumer == "" {
		consumer = "the kernel does not say which (see gpioinfo)"
	}
	return fmt.Errorf("%w: %s; stop it, or use another line", ErrHeld, consumer)
}

// findChips is every GPIO chip of the machine that we may open.
func findChips() ([]*gpioioctl.GPIOChip, error) {
	// The ioctl driver is the only one linked in: host.Init would bring those
	// that write to the chip's registers behind the kernel's back.
	_, err := driverreg.Init()
	if err := errors.Join(err, guardInput()); err != nil {
		return nil, err
	}
	if len(gpioioctl.Chips) > 0 {
		return gpioioctl.Chips, nil
	}
	files, _ := filepath.Glob("/dev/gpiochip*") // its only error is a bad pattern
	if len(files) == 0 {
		return nil, errors.New("this machine has no GPIO chip (there is no /dev/gpiochip0), so no relay can be moved; run gated on the gate's own box, or use kind = \"sim\" to try it out")
	}
	f, err := os.Open(files[0])
	if err != nil {
		return nil, fmt.Errorf("no GPIO chip may be used, so no relay can be moved; add the user to the group that owns the chips (gpio or dialout), or install the udev rule: %w", err)
	}
	return nil, errors.Join(errors.New("the GPIO chips do not answer as the kernel's interface version 2 does; Linux 5.10 or newer is needed"), f.Close())
}

// guardInput puts /dev/null at file descriptor 0 if that was closed.
//
// When two names lead to one chip, as on a Raspberry Pi 5, the library closes
// the second and by mistake descriptor 0 as well. The next file to be opened
// would get that number, and the library would take its own lines with that
// number for closed.
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

var _ Door = (*relay)(nil)
