package door

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/host/v3/gpioioctl"

	"gated/gate"
)

// errNoChip says that this machine has no GPIO chip at all.
var errNoChip = gate.Say("本机没有GPIO芯片（没有 /dev/gpiochip0），继电器都不能动作；请在门禁盒上运行 gated，或用 kind = \"sim\" 试用",
	"this machine has no GPIO chip (there is no /dev/gpiochip0), so no relay can be moved; run gated on the gate's own box, or use kind = \"sim\" to try it out").Trouble(nil)

// findChips is every GPIO chip of the machine that we may open.
func findChips() ([]chip, error) {
	// The ioctl driver is the only one linked in: host.Init would bring those
	// that write to the chip's registers behind the kernel's back.
	_, err := driverreg.Init()
	if err := errors.Join(err, guardInput()); err != nil {
		return nil, err
	}
	if len(gpioioctl.Chips) == 0 {
		return nil, whyNoChips()
	}
	var chips []chip
	for _, ch := range gpioioctl.Chips {
		c := chip{name: ch.Name(), label: ch.Label(), path: ch.Path()}
		for _, l := range ch.Lines() {
			c.lines = append(c.lines, l.Name())
		}
		chips = append(chips, c)
	}
	return chips, nil
}

func whyNoChips() error {
	files, _ := filepath.Glob("/dev/gpiochip*") // its only error is a bad pattern
	if len(files) == 0 {
		return errNoChip
	}
	f, err := os.Open(files[0])
	if err != nil {
		return gate.Say("无权使用任何GPIO芯片，继电器都不能动作；请把用户加入芯片所属的组（gpio 或 dialout），或装上 udev 规则：%v",
			"no GPIO chip may be used, so no relay can be moved; add the user to the group that owns the chips (gpio or dialout), or install the udev rule: %v", err).Trouble(err)
	}
	return errors.Join(gate.Say("GPIO芯片不按内核接口第 2 版应答；需要 Linux 5.10 或更新",
		"the GPIO chips do not answer as the kernel's interface version 2 does; Linux 5.10 or newer is needed").Trouble(nil), f.Close())
}

// find looks for a line on this machine, and whether it is fit: on a Raspberry Pi
// a pin may go by another name than its number (SDA1 is GPIO2).
func find(label, name string, fit func(pin int) error) (path string, number int, err error) {
	chips, err := findChips()
	if err != nil {
		return "", 0, err
	}
	i, n, err := locate(chips, label, name)
	if err != nil {
		return "", 0, err
	}
	if chips[i].pi() {
		err = fit(n)
	}
	return chips[i].path, n, err
}

// take finds a line and claims it.
func take(label, name string, fit func(pin int) error, flags uint64) (*line, error) {
	path, n, err := find(label, name, fit)
	if err != nil {
		return nil, err
	}
	l, err := claim(path, n, flags)
	if errors.Is(err, unix.EBUSY) {
		return nil, held(user(path, n))
	}
	return l, err
}

// held is ErrHeld with the name of whoever has the line.
func held(user string) error {
	if user == "" {
		user = "the kernel does not say which (see gpioinfo)"
	}
	return fmt.Errorf("%w: %s; stop it, or use another line", ErrHeld, user)
}

// guardInput puts /dev/null at file descriptor 0 if that was closed.
//
// When two names lead to one chip, as on a Raspberry Pi 5, the library closes
// the second and by mistake descriptor 0 as well. The next file to be opened
// would get that number, and whoever takes 0 for none would be wrong.
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
