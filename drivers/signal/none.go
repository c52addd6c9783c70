package signal

import (
	"context"

	"gated/gate"
)

// none is a lane that tells riders nothing but by its door.
type none struct{}

var _ Signal = none{}

func checkNone(Config) error { return nil }

func openNone(Config) (Signal, error) { return none{}, nil }

// Show does nothing.
func (none) Show(gate.Decision) {}

// Idle does nothing.
func (none) Idle(Health) {}

// Run waits for ctx to end.
func (none) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Close does nothing.
func (none) Close() error { return nil }
