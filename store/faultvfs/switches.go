package faultvfs

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Switch is one thing that can be set in, or read from, another process.
type Switch int

// The switches. Those that fail hold an errno; 0 lets the operation be done.
const (
	FailOpens  Switch = iota // of files that would be written
	FailReads                // and every opening
	FailWrites               // and truncations and removals
	FailSyncs
	Delay    // nanoseconds that each sync takes longer
	Syncs    // how many were asked for
	Writes   // how many there were
	Bytes    // how many bytes they had
	switches // how many switches there are
)

// Switches are shared by all processes that have mapped the same file. Safe for
// concurrent use.
type Switches struct{ mem *[switches]atomic.Uint64 }

// Map opens the file of switches, and makes it, all at 0, if there is none. It
// stays mapped until the process ends.
func Map(path string) (s *Switches, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a test's own file
	if err != nil {
		return nil, fmt.Errorf("map switches: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const size = int(switches) * 8
	if err := f.Truncate(int64(size)); err != nil {
		return nil, fmt.Errorf("map switches: %w", err)
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map switches: %w", err)
	}
	return &Switches{(*[switches]atomic.Uint64)(unsafe.Pointer(&b[0]))}, nil //nolint:gosec // a page that is mapped as long as the process lives
}

// Set throws a switch.
func (s *Switches) Set(w Switch, to uint64) { s.mem[w].Store(to) }

// Fail lets all operations of a kind fail from now on.
func (s *Switches) Fail(w Switch, with syscall.Errno) { s.Set(w, uint64(with)) }

// Get reads a switch or a counter.
func (s *Switches) Get(w Switch) uint64 { return s.mem[w].Load() }

// Obey makes the databases of this process that lie under dir do as the switches
// say.
func (s *Switches) Obey(dir string) {
	Listen(func(op Op) error {
		if !strings.HasPrefix(op.File, dir) {
			return nil
		}
		return s.heard(op)
	}, true)
}

func (s *Switches) heard(op Op) error {
	const openReadOnly = 0x1
	switch op.Kind {
	case Open:
		if err := s.failing(FailReads); err != nil || op.Offset&openReadOnly != 0 {
			return err
		}
		return s.failing(FailOpens)
	case Read:
		return s.failing(FailReads)
	case Write:
		s.mem[Writes].Add(1)
		s.mem[Bytes].Add(uint64(len(op.Data)))
	case Sync:
		s.mem[Syncs].Add(1)
		time.Sleep(time.Duration(s.Get(Delay))) //nolint:gosec,forbidigo // a test's own figure; this is the slow disk
		return s.failing(FailSyncs)
	default:
	}
	return s.failing(FailWrites)
}

func (s *Switches) failing(w Switch) error {
	if e := s.Get(w); e != 0 {
		return syscall.Errno(e)
	}
	return nil
}
