package drivertest

import (
	"context"
	"slices"
	"sync"

	"gated/gate"
)

// Signal is a light that remembers what it was told to show. The zero value is
// ready. It is safe for concurrent use.
type Signal struct {
	mu    sync.Mutex
	shown []gate.Decision
}

// Show remembers d. It never blocks.
func (s *Signal) Show(d gate.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = append(s.shown, d)
}

// Run waits for ctx to end.
func (s *Signal) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Close does nothing.
func (s *Signal) Close() error { return nil }

// Shown is everything shown so far, oldest first. The caller owns the slice.
func (s *Signal) Shown() []gate.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shown)
}
