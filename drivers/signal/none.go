package signal

import (
	"context"
	"errors"

	"gated/gate"
)

// none is a lane that tells riders nothing but by its door.
type none struct{}

var _ Signal = none{}

func checkNone(c Config) error {
	if c.Green+c.Red+c.Buzzer+c.Trace != "" {
		return errors.New(`kind "none" has no lines and no trace; write kind = "gpio" or "sim", or take them out`)
	}
	return nil
}

func openNone(Config) (Signal, error) { return none{}, nil }

// Show does nothing.
func (none) Show(gate.Decision) {}

// Run waits for ctx to end.
func (none) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Close does nothing.
func (none) Close() error { return nil }
