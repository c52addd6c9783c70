package door

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// stamp is RFC 3339 with all nine digits, and written in UTC, so that lines
// sort as text.
const stamp = "2006-01-02T15:04:05.000000000Z07:00"

// sim is a relay in memory. Its trace is a text file with a line
// "<time> on|off" for each edge, the off of its opening included.
type sim struct {
	mu     sync.Mutex
	trace  *os.File // nil: none
	on     bool
	closed bool
}

func checkSim(Config) error { return nil }

func openSim(c Config) (Door, error) {
	s := &sim{}
	if c.Trace == "" {
		return s, nil
	}
	f, err := os.OpenFile(c.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // a trace is for reading
	if err != nil {
		return nil, fmt.Errorf("open trace: %w", err)
	}
	s.trace = f
	if err := s.write(false); err != nil {
		_ = f.Close()
		return nil, err
	}
	return s, nil
}

// Set switches the relay. An edge that cannot be traced is not made.
func (s *sim) Set(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("set relay: %w", os.ErrClosed)
	}
	return s.set(on)
}

// On is what the relay was last set to.
func (s *sim) On() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, fmt.Errorf("read relay: %w", os.ErrClosed)
	}
	return s.on, nil
}

// Close switches the relay off and closes the trace.
func (s *sim) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.set(false)
	s.on = false
	if s.trace == nil {
		return err
	}
	if e := s.trace.Close(); err == nil && e != nil {
		err = fmt.Errorf("close trace: %w", e)
	}
	return err
}

func (s *sim) set(on bool) error {
	if s.on == on {
		return nil
	}
	if err := s.write(on); err != nil {
		return err
	}
	s.on = on
	return nil
}

// write appends one line with one write, so that a reader never sees half of
// one, and nothing is lost with a process that is killed.
func (s *sim) write(on bool) error {
	if s.trace == nil {
		return nil
	}
	word := "off"
	if on {
		word = "on"
	}
	if _, err := s.trace.WriteString(time.Now().UTC().Format(stamp) + " " + word + "\n"); err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	return nil
}

var _ Door = (*sim)(nil)
