package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"gated/gate"
)

const (
	// settle is how long after its opening a port gives what it held before.
	settle = 50 * time.Millisecond

	// longest is how long a code may wait for its lane. Whoever showed it has
	// by then shown it again, or left.
	longest = 2 * time.Second

	// A lost port is tried again after soonest, then after twice as long each
	// time, up to latest.
	soonest = 200 * time.Millisecond
	latest  = 5 * time.Second

	// brief is how long reading may be left alone before bytes found in the
	// port count as having lain there.
	brief = 5 * time.Millisecond
)

// Serial is a scanner on a serial port: a UART, a USB converter, a module that
// is a USB serial device itself, or a pseudo-terminal.
type Serial struct {
	device string
	bauds  []int // tried in turn
	log    *slog.Logger
	open   func(device string, baud int) (io.ReadWriteCloser, error)

	// Owned by Run.
	framer Framer
	turn   int // which of bauds is in use

	mu       sync.Mutex // guards what Health tells
	up       bool
	baud     int
	fault    string
	openings uint64
	late     uint64
	counts   Counts // the framer's, as of the last read
}

// Run reads codes and sends them to out until ctx ends, and then returns nil
// within two tenths of a second. A port that is missing, taken or lost is an
// entry in [Health], not an error: it is tried again for ever.
//
// A code that out does not take within two seconds of its arrival is dropped
// and counted, and so is one in hand when ctx ends. Run must be called once at
// a time. It does not close out.
func (s *Serial) Run(ctx context.Context, out chan<- gate.Scan) error {
	wait := soonest
	for ctx.Err() == nil {
		wasUp, err := s.session(ctx, out)
		if ctx.Err() != nil {
			break
		}
		s.lost(err)
		if errors.Is(err, errSpeed) {
			s.turn = (s.turn + 1) % len(s.bauds)
			continue
		}
		if wasUp {
			wait = soonest
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, latest)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up, s.fault = false, s.device+" is closed."
	return nil
}

// Health is the scanner's state now. It is safe for concurrent use.
func (s *Serial) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c[Openings], c[Late] = s.openings, s.late
	return Health{Up: s.up, Device: s.device, Baud: s.baud, Error: s.fault, Counters: c.table()}
}

// session opens the port and reads it until it is lost or ctx ends. It says
// whether the port ever was up.
func (s *Serial) session(ctx context.Context, out chan<- gate.Scan) (wasUp bool, err error) {
	baud := s.bauds[s.turn]
	s.mu.Lock()
	s.baud = baud
	s.mu.Unlock()
	p, err := s.open(s.device, baud)
	if err != nil {
		return false, err
	}
	// The descriptor goes at once: while we hold that of a lost device, the
	// kernel gives the device that comes back another name.
	defer func() { _ = p.Close() }()
	defer s.drop()

	speed := autobaud{single: len(s.bauds) == 1}
	seen := time.Now()
	settled := seen.Add(settle)
	buf := make([]byte, 4096) // all that the kernel keeps for one line
	for ctx.Err() == nil {
		start := time.Now()
		n, err := p.Read(buf)
		now := time.Now()
		at := arrived(seen, start, now)
		seen = now
		if err := alive(p, n, err); err != nil {
			return wasUp, err
		}
		if now.Before(settled) {
			s.framer.Skip(now, buf[:n])
			continue
		}
		frames := s.take(at, now, buf[:n], &speed)
		if !wasUp {
			wasUp = true
			s.found(baud)
		}
		for _, f := range frames {
			s.deliver(ctx, out, f)
		}
		if n == 0 && speed.wrong() {
			return wasUp, errSpeed
		}
	}
	return wasUp, nil
}

// take gives the framer the bytes b, or the news that there were none, and
// publishes what it counted.
func (s *Serial) take(at, now time.Time, b []byte, speed *autobaud) []Frame {
	before := s.framer.Counts()[Noise]
	var frames []Frame
	if len(b) > 0 {
		frames = s.framer.Feed(at, b)
	} else {
		frames = s.framer.Tick(now)
	}
	counts := s.framer.Counts()
	speed.saw(frames, counts[Noise]-before)
	s.mu.Lock()
	s.counts = counts
	s.mu.Unlock()
	return frames
}

// alive tells silence from loss. tarm says EOF for both, and after a loss says
// so without waiting; writing nothing fails only when the device is gone.
func alive(p io.Writer, n int, err error) error {
	if n > 0 {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		_, err = p.Write(nil)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

// arrived is when bytes came that were read by a call which began at start and
// returned at now; seen is when the call before it returned.
//
// Nobody knows when bytes came that lay in the port while the lane was busy or
// the machine stood still, so they count as old as they can be: an old code
// must not look fresh.
func arrived(seen, start, now time.Time) time.Time {
	if start.Sub(seen) > brief && now.Sub(start) < brief {
		return seen
	}
	if most := start.Add(tick); now.After(most) {
		return most // the kernel lets no read wait longer
	}
	return now
}

// deliver sends one code, unless it grows too old meanwhile.
func (s *Serial) deliver(ctx context.Context, out chan<- gate.Scan, f Frame) {
	left := time.NewTimer(longest - time.Since(f.At))
	defer left.Stop()
	if time.Since(f.At) < longest {
		select {
		case out <- gate.Scan{Code: f.Code, At: f.At, Source: gate.FromScanner}:
			return
		case <-left.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	s.late++
	s.mu.Unlock()
}

// found tells that the port is open and what it held is gone.
func (s *Serial) found(baud int) {
	s.mu.Lock()
	s.up, s.fault = true, ""
	s.openings++
	s.mu.Unlock()
	s.log.Info("scanner found", "device", s.device, "baud", baud)
}

// lost tells that the port is not open, once for each reason.
func (s *Serial) lost(err error) {
	fault := sentence(s.device, err)
	s.mu.Lock()
	news := fault != s.fault
	s.up, s.fault = false, fault
	s.mu.Unlock()
	if news {
		s.log.Warn("scanner lost", "device", s.device, "err", err)
	}
}

// drop gives up the frame begun.
func (s *Serial) drop() {
	s.framer.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts = s.framer.Counts()
}
