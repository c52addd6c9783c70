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
	device  string
	bauds   []int           // listened at in turn, while no module answers
	profile profile         // nil: nobody is asked
	want    int             // the speed that a module which answers is brought to
	every   time.Duration   // between two times that a module is asked
	again   []time.Duration // until one that does not answer is looked for again
	log     *slog.Logger
	open    func(device string, baud int) (io.ReadWriteCloser, error)

	// Owned by Run.
	framer Framer
	turn   int       // which of bauds is in use
	tamed  bool      // the module has had the profile's settings since the start
	known  int       // the speed at which the module last answered; 0: never
	misses int       // how often in a row nobody answered
	next   time.Time // when the module is asked again

	mu       sync.Mutex // guards what Health tells
	up       bool
	baud     int
	fault    gate.Text
	cause    Cause
	module   Module
	setups   uint64
	drifts   uint64
	openings uint64
	late     uint64
	counts   Counts // the framer's, as of the last read
	seen     uint64 // codes so far
	glimpses [glimpsesKept]Glimpse
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
		if errors.Is(err, errSilent) {
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
	s.up, s.fault, s.cause = false, gate.Say("%s 已关闭：服务正在停止，本通道读不到码。", "%s is closed: the daemon is stopping, and no code can be read at this lane.", s.device), Gone
	return nil
}

// Health is the scanner's state now. It is safe for concurrent use.
func (s *Serial) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c[Openings], c[Late], c[SetupCodes], c[Drifts] = s.openings, s.late, s.setups, s.drifts
	h := Health{Up: s.up, Device: s.device, Baud: s.baud, Error: s.fault, Cause: s.cause, Counters: c.table()}
	if s.profile != nil {
		m := s.module
		h.Module = &m
	}
	return h
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

// found tells that the port is open and what it held is gone.
func (s *Serial) found() {
	s.mu.Lock()
	s.up, s.fault, s.cause = true, gate.Text{}, ""
	s.openings++
	baud := s.baud
	s.mu.Unlock()
	s.log.Info("scanner found", "device", s.device, "baud", baud)
}

// lost tells that the port is not open, once for each reason.
func (s *Serial) lost(err error) {
	fault := sentence(s.device, err)
	s.mu.Lock()
	news := fault != s.fault
	s.up, s.fault, s.cause = false, fault, causeOf(err)
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
