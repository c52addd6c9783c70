package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
	"gated/gate"
)

// actFlags are what every command to a gate may have.
type actFlags struct {
	Lane   string `placeholder:"NAME" help:"The lane there; every lane if left out."`
	Reason string `placeholder:"TEXT" help:"Why; told to the gate and kept here. No person's name."`
	By     string `placeholder:"NAME" help:"Who orders it, likewise."`
}

func (f actFlags) order(verb gate.Verb, until time.Time) gate.Command {
	return gate.Command{Verb: verb, Lane: f.Lane, Until: until, Reason: f.Reason, By: f.By}
}

type openCmd struct {
	directory
	Gate string `required:"" placeholder:"ID" help:"The gate."`
	actFlags
}

// Run opens a gate once.
func (c openCmd) Run(ctx context.Context, out output) error {
	return command(ctx, out, c.directory, c.Gate, c.order(gate.VerbOpen, time.Time{}))
}

// stayFlags are those of a command that lasts.
type stayFlags struct {
	directory
	Gate string        `required:"" placeholder:"ID" help:"The gate."`
	For  time.Duration `required:"" placeholder:"DURATION" help:"After how long it ends, like 30m; 12h at most."`
	actFlags
}

func (f stayFlags) do(ctx context.Context, out output, verb gate.Verb) error {
	if f.For < time.Second || f.For > gate.LongestStay {
		return fmt.Errorf("--for is 1s to %s, not %s: %w", gate.LongestStay, f.For, central.ErrAsked)
	}
	return command(ctx, out, f.directory, f.Gate, f.order(verb, time.Now().Add(f.For)))
}

type holdOpenCmd struct{ stayFlags }

// Run keeps a gate open.
func (c holdOpenCmd) Run(ctx context.Context, out output) error {
	return c.do(ctx, out, gate.VerbHoldOpen)
}

type lockdownCmd struct{ stayFlags }

// Run locks a gate down.
func (c lockdownCmd) Run(ctx context.Context, out output) error {
	return c.do(ctx, out, gate.VerbLockdown)
}

// command orders one act, and prints the id that the gate's record will name.
func command(ctx context.Context, out output, d directory, gateID string, o gate.Command) error {
	return d.with(ctx, func(s *central.Central) error {
		up, err := served(d.Dir)
		if err != nil {
			return err
		}
		if !up {
			return hinted(fmt.Errorf("no gate-central run serves %s, so no gate would hear of it in time", d.Dir), "start gate-central run -d %s first", d.Dir)
		}
		id, err := s.Command(ctx, gateID, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.words, "%s goes to gate %s; it is good for 10 s, and the gate's record with this ref says what became of it\n", o.Verb, gateID)
		fmt.Fprintln(out.data, id)
		return nil
	})
}
