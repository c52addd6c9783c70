package door

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// relay is one line of a GPIO chip, ours alone, and inactive since it was
// claimed.
type relay struct {
	mu     sync.Mutex
	line   *line
	closed bool
}

func openGPIO(c Config) (Door, error) {
	flags := uint64(flagOutput)
	if c.Active == "low" {
		flags |= flagActiveLow
	}
	l, err := take(c.Chip, c.Relay, func(pin int) error { return checkPin(pin, c.Active == "low") }, flags)
	if err != nil {
		return nil, fmt.Errorf("open relay %s: %w", c.Relay, err)
	}
	return &relay{line: l}, nil
}

// Set drives the line, also if it is so already.
func (r *relay) Set(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("set relay: %w", os.ErrClosed)
	}
	if err := r.line.set(on); err != nil {
		return fmt.Errorf("set relay: %w", err)
	}
	return nil
}

// On reads the level at the line.
func (r *relay) On() (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, fmt.Errorf("read relay: %w", os.ErrClosed)
	}
	on, err := r.line.get()
	if err != nil {
		return false, fmt.Errorf("read relay: %w", err)
	}
	return on, nil
}

// Close switches the relay off and gives the line back. What it is afterwards is
// the kernel's affair: mostly an input with the pull that it had.
func (r *relay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if err := errors.Join(r.line.set(false), r.line.close()); err != nil {
		return fmt.Errorf("close relay: %w", err)
	}
	return nil
}

var _ Door = (*relay)(nil)
