package scanner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tarm/serial"
	"golang.org/x/sys/unix"
)

// tick is the longest that a read waits. tarm counts in tenths of a second, and
// this is the shortest it knows. It must not be 0: a read without end would
// hold Close for ever.
const tick = 100 * time.Millisecond

// port is a serial port that is ours alone.
type port struct {
	*serial.Port
	lock int // a second descriptor of the same device, which holds the flock
}

// OpenPort opens a serial port for us alone: who asks for the lock is refused,
// and so is any further opening by a user other than root, but for that of a
// pseudo-terminal. A device that is a
// symbolic link is resolved once, so that what is locked is what is opened. A
// read waits a tenth of a second at most, and says io.EOF after a silence as
// well as after a loss. Close is for the goroutine that reads.
func OpenPort(device string, baud int) (io.ReadWriteCloser, error) {
	path, err := filepath.EvalSymlinks(device)
	if err != nil {
		return nil, err
	}
	// The lock comes first: tarm sets the speed as it opens, which would spoil
	// the reading of whoever has the port.
	lock, err := lockPort(path)
	if err != nil {
		return nil, err
	}
	p, err := serial.OpenPort(&serial.Config{Name: path, Baud: baud, ReadTimeout: tick})
	if err != nil {
		return nil, errors.Join(err, unix.Close(lock))
	}
	if !outlives(lock) {
		// Programs that know no lock are kept out by the kernel. A device that
		// cannot do that has the lock all the same.
		_ = unix.IoctlSetInt(lock, unix.TIOCEXCL, 0)
	}
	return &port{Port: p, lock: lock}, nil
}

// outlives says that a terminal lives on when we are killed, and would keep us
// out with a mark of our own: a pseudo-terminal, whose other end is open. Linux
// has their majors from 136 to 143 (Documentation/admin-guide/devices.txt).
func outlives(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return true
	}
	major := unix.Major(st.Rdev)
	return major >= 136 && major <= 143
}

// Close closes the port and lets go of the lock. Only the goroutine that reads
// may call it: tarm's Close waits for a read in flight.
func (p *port) Close() error {
	_ = unix.IoctlSetInt(p.lock, unix.TIOCNXCL, 0) // somebody else may hold the device open, and then it would stay
	return errors.Join(p.Port.Close(), unix.Close(p.lock))
}

// errHeld says that another program has the port.
var errHeld = errors.New("another program has the port")

// lockPort takes the advisory lock on a device. tarm itself would share a port
// with anybody, and change their settings.
func lockPort(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EBUSY) {
		return -1, fmt.Errorf("%w%s", errHeld, holder(path))
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return fd, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%w%s", errHeld, holder(path))
	}
	return -1, errors.Join(err, unix.Close(fd))
}

// holder names the process that has the lock on a device, as far as the kernel
// lets us see it: " (process 123, minicom)", or nothing.
func holder(path string) string {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	// proc_locks(5): 1: FLOCK ADVISORY WRITE 2464 fd:00:4719 0 EOF
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" || f[5] != file {
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", f[4], "comm"))
		if err != nil {
			return fmt.Sprintf(" (process %s)", f[4])
		}
		return fmt.Sprintf(" (process %s, %s)", f[4], strings.TrimSpace(string(name)))
	}
	return ""
}
