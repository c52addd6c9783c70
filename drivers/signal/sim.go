package signal

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"gated/gate"
)

// stamp is RFC 3339 with all nine digits, and written in UTC, so that lines
// sort as text.
const stamp = "2006-01-02T15:04:05.000000000Z07:00"

// backlog is how many lines may wait for a slow disk. Further ones are lost,
// and that is logged.
const backlog = 256

// sim is a signal whose trace is a text file with a line
// "<time> <verdict> <reason>" for each verdict that a rider would notice, and
// "<time> idle <health>" for each change of what is shown without one.
type sim struct {
	log   *slog.Logger
	lines chan string

	mu     sync.Mutex // guards what follows
	health Health
	trace  *os.File // nil: none
}

func checkSim(Config) error { return nil }

func openSim(c Config) (Signal, error) {
	s := &sim{log: c.Log, lines: make(chan string, backlog)}
	if c.Trace == "" {
		return s, nil
	}
	f, err := os.OpenFile(c.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // a trace is for reading
	if err != nil {
		return nil, fmt.Errorf("open trace: %w", err)
	}
	s.trace = f
	return s, nil
}

// Show keeps the line for Run to write.
func (s *sim) Show(d gate.Decision) {
	if len(patterns[d.Verdict]) > 0 {
		s.keep(string(d.Verdict), string(d.Reason))
	}
}

// Idle keeps a line if it is news.
func (s *sim) Idle(h Health) {
	s.mu.Lock()
	news := h != s.health
	s.health = h
	s.mu.Unlock()
	if news {
		s.keep("idle", string(h))
	}
}

func (s *sim) keep(what, which string) {
	select {
	case s.lines <- fmt.Sprintf("%s %s %s\n", time.Now().UTC().Format(stamp), what, which):
	default:
		s.log.Warn("signal trace is behind, a line is lost")
	}
}

// Run writes until ctx ends, and then what is left.
func (s *sim) Run(ctx context.Context) error {
	for {
		select {
		case line := <-s.lines:
			s.write(line)
		case <-ctx.Done():
			s.drain()
			return nil
		}
	}
}

// Close writes what is left and closes the trace.
func (s *sim) Close() error {
	s.drain()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trace == nil {
		return nil
	}
	f := s.trace
	s.trace = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("close trace: %w", err)
	}
	return nil
}

func (s *sim) drain() {
	for {
		select {
		case line := <-s.lines:
			s.write(line)
		default:
			return
		}
	}
}

// write appends one line with one write.
func (s *sim) write(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trace == nil {
		return
	}
	if _, err := s.trace.WriteString(line); err != nil {
		s.log.Warn("signal trace is not written", "err", err)
	}
}

var _ Signal = (*sim)(nil)
