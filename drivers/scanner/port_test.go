package scanner_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
)

// A mark that outlives the process that made it would keep the next one out:
// a killed daemon on a pseudo-terminal would never read a code again.
func TestAPseudoTerminalKeepsNoMark(t *testing.T) {
	c := drivertest.NewCable(t)
	p, err := scanner.OpenPort(c.Path(), 115200)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	fd, err := unix.Open(c.Path(), unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0) // root may open it all the same
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if marked, err := unix.IoctlGetInt(fd, unix.TIOCGEXCL); err != nil || marked != 0 {
		t.Errorf("the pseudo-terminal is marked exclusive (%d, %v)", marked, err)
	}
}
