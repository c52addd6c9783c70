package signal

import (
	"context"
	"errors"
	"sync"

	"gated/gate"
)

// several is more than one signal at a lane: lights, and a voice beside them.
type several []Signal

// Show tells each of them.
func (s several) Show(d gate.Decision) {
	for _, one := range s {
		one.Show(d)
	}
}

// Idle tells each of them.
func (s several) Idle(h Health) {
	for _, one := range s {
		one.Idle(h)
	}
}

// Run runs them until ctx ends.
func (s several) Run(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make([]error, len(s))
	for i, one := range s {
		all.Go(func() { errs[i] = one.Run(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Close closes each of them.
func (s several) Close() error {
	var errs []error
	for _, one := range s {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

var _ Signal = several(nil)
