package drivertest

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Cable is a scanner's cable: a pseudo-terminal behind a symbolic link that
// stays when the cable is pulled and put back, as one of /dev/serial/by-path
// does. It is for the goroutine of the test.
type Cable struct {
	t      testing.TB
	path   string
	master *os.File // nil while pulled
	slave  *os.File // keeps the line alive while nobody has the port open
	module module   // at its far end; nil: the test alone
}

// module is what hangs at the far end of a cable.
type module interface {
	power(master *os.File) // the cable is plugged in
	gone()                 // the cable is pulled: returns when nobody reads any more
}

// NewCable is a cable that is plugged in. The test's end pulls it. Where no
// pseudo-terminal is to be had the test is skipped, or fails if GATED_MUST_RUN
// names pty.
func NewCable(t testing.TB) *Cable {
	t.Helper()
	c := &Cable{t: t, path: filepath.Join(t.TempDir(), "scanner")}
	t.Cleanup(c.Pull)
	c.Plug()
	return c
}

// Path is the device to configure. It names nothing while the cable is pulled.
func (c *Cable) Path() string { return c.path }

// Plug puts a new pseudo-terminal behind the path.
func (c *Cable) Plug() {
	c.t.Helper()
	if c.master != nil {
		c.t.Fatal("plug cable: it is plugged in")
	}
	master, slave, err := pty.Open()
	if err != nil {
		Missing(c.t, "pty", err)
	}
	c.master, c.slave = pollable(c.t, master), slave
	raw(c.t, c.slave)
	next := c.path + "." + rand.Text()
	if err := os.Symlink(c.slave.Name(), next); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(next, c.path); err != nil {
		c.t.Fatal(err)
	}
	if c.module != nil {
		c.module.power(c.master)
	}
}

// Pull pulls the cable: whoever has the port open gets a hang-up. Pulling it
// twice is fine.
func (c *Cable) Pull() {
	if c.master == nil {
		return
	}
	// The link goes first: another test may be given the number of our
	// pseudo-terminal as soon as it is free.
	if err := os.Remove(c.path); err != nil {
		c.t.Error(err)
	}
	for _, f := range []*os.File{c.master, c.slave} {
		if err := f.Close(); err != nil {
			c.t.Error(err)
		}
	}
	c.master = nil
	if c.module != nil {
		c.module.gone()
	}
}

// Send puts bytes on the line. Unlike the rest it may be called by a goroutine
// of its own, while nobody plugs or pulls; it waits while the line is full.
func (c *Cable) Send(b []byte) {
	c.t.Helper()
	if _, err := c.master.Write(b); err != nil {
		c.t.Errorf("send over cable: %v", err)
	}
}

// Missing ends a test for want of a part of the machine: it skips it, or fails
// it if GATED_MUST_RUN, a list with commas, names the part.
func Missing(t testing.TB, part string, err error) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("GATED_MUST_RUN"), ","), part) {
		t.Fatalf("no %s here, and GATED_MUST_RUN wants it: %v", part, err)
	}
	t.Skipf("no %s here: %v", part, err)
}

// pollable is f anew in a form in which closing it ends a read in flight; the
// library opens it in the other.
func pollable(t testing.TB, f *os.File) *os.File {
	t.Helper()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0) // a program that a test starts must not hold the cable
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.SetNonblock(fd, true), f.Close()); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// raw switches echo and line editing off, so that what is sent while nobody
// has the port open waits there as it is.
func raw(t testing.TB, f *os.File) {
	t.Helper()
	fd := int(f.Fd())
	tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatalf("read terminal settings: %v", err)
	}
	tio.Iflag, tio.Oflag, tio.Lflag = unix.IGNPAR, 0, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, tio); err != nil {
		t.Fatalf("write terminal settings: %v", err)
	}
}

// Eventually asks ok every few milliseconds until it says yes, and fails the
// test after half a minute. It is for real processes and devices; what runs under
// synctest needs no such thing.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited 30 s in vain: %s", what)
		case <-tick.C:
		}
	}
}
