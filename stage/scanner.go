package stage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Scanner is a QR scanner on a serial port: a pseudo-terminal behind a symbolic
// link, which can be unplugged and plugged in again as a USB scanner can. Safe
// for concurrent use.
type Scanner struct {
	Port string // the link: what the box opens

	mu     sync.Mutex
	master *os.File
	slave  *os.File // held, so that a restart of the box is no unplugging
}

// NewScanner makes a scanner whose port is the link path. It is not plugged in.
func (s *Stage) NewScanner(path string) *Scanner {
	sc := &Scanner{Port: path}
	s.keep(sc)
	return sc
}

// PlugIn makes the port appear. The link changes in one step: it never points
// at nothing.
func (s *Scanner) PlugIn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.master != nil {
		return errors.New("plug scanner in: it is already")
	}
	master, slave, err := openTerminal()
	if err != nil {
		return fmt.Errorf("plug scanner in: %w", err)
	}
	next := s.Port + ".next"
	if err := errors.Join(os.Symlink(slave.Name(), next), os.Rename(next, s.Port)); err != nil {
		return errors.Join(fmt.Errorf("plug scanner in: %w", err), master.Close(), slave.Close())
	}
	s.master, s.slave = master, slave
	go func() { _, _ = io.Copy(io.Discard, master) }() // a scanner takes any setup command
	return nil
}

// Unplug makes the port disappear under whoever has it open.
func (s *Scanner) Unplug() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.master == nil {
		return nil
	}
	err := errors.Join(os.Remove(s.Port), s.slave.Close(), s.master.Close())
	s.master, s.slave = nil, nil
	return err
}

// Close unplugs.
func (s *Scanner) Close() error { return s.Unplug() }

// Read sends a code and the carriage return of a scanner, as one would by
// holding a phone to it, and returns the time at which the last byte was about
// to be written.
func (s *Scanner) Read(code string) (time.Time, error) { return s.Send([]byte(code + "\r")) }

// Send sends raw bytes.
func (s *Scanner) Send(b []byte) (time.Time, error) {
	s.mu.Lock()
	master := s.master
	s.mu.Unlock()
	if master == nil {
		return time.Time{}, errors.New("send code: the scanner is not plugged in")
	}
	at := time.Now()
	if err := master.SetWriteDeadline(at.Add(5 * time.Second)); err != nil {
		return at, fmt.Errorf("send code: %w", err)
	}
	if _, err := master.Write(b); err != nil { // a full buffer means that nobody reads the port
		return at, fmt.Errorf("send code: %w", err)
	}
	return at, nil
}

// openTerminal makes a pseudo-terminal in raw mode. The master is non-blocking,
// so that closing it ends a read in flight.
func openTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("unlock pseudo-terminal: %w", err), master.Close())
	}
	name := "/dev/pts/" + strconv.Itoa(n)
	sfd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", name, err), master.Close())
	}
	slave = os.NewFile(uintptr(sfd), name)
	if err := makeRaw(sfd); err != nil {
		return nil, nil, errors.Join(err, slave.Close(), master.Close())
	}
	return master, slave, nil
}

// makeRaw takes echo and line editing off, as a serial port has none.
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = unix.IGNPAR, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(fd, unix.TCSETS, t)
	}
	if err != nil {
		return fmt.Errorf("make terminal raw: %w", err)
	}
	return nil
}
