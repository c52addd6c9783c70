package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
	"gated/gate"
)

// targetFlags name a rider or a pass.
type targetFlags struct {
	Issuer uint32  `and:"rider" placeholder:"N" help:"The platform's number, of a rider."`
	Rider  *uint32 `and:"rider" placeholder:"N" help:"The rider's number there: all passes, those to come included."`
	Kid    uint16  `placeholder:"N" help:"The key's number, of a pass."`
	Serial *uint32 `placeholder:"N" help:"The pass's number there."`
	Why    string  `placeholder:"TEXT" help:"Kept at the central server and shown to no gate."`
}

func (f targetFlags) target() (central.Target, error) {
	switch {
	case f.Rider != nil && f.Kid == 0 && f.Serial == nil:
		return central.Rider(f.Issuer, *f.Rider), nil
	case f.Rider == nil && f.Kid != 0 && f.Serial != nil:
		return central.Pass(f.Kid, *f.Serial), nil
	}
	return central.Target{}, fmt.Errorf("say either --issuer and --rider, or --kid and --serial: %w", central.ErrAsked)
}

type revokeCmd struct {
	directory
	targetFlags
	Before int64 `placeholder:"UNIX" help:"With --kid alone: the key's passes that begin before that time."`
}

// Run revokes.
func (c revokeCmd) Run(ctx context.Context, out output) error {
	if c.Before == 0 {
		return act(ctx, out, c.directory, c.targetFlags, (*central.Central).Revoke, "is revoked", "is revoked already")
	}
	if c.Kid == 0 || c.Serial != nil || c.Rider != nil {
		return fmt.Errorf("--before goes with --kid alone: %w", central.ErrAsked)
	}
	return c.with(ctx, func(s *central.Central) error {
		done, err := s.CutOff(ctx, c.Why, c.Kid, time.Unix(c.Before, 0))
		if err != nil {
			return err
		}
		say(out, fmt.Sprintf("passes of key %d that begin before %d", c.Kid, c.Before), done, "are void", "are void already")
		return nil
	})
}

type holdCmd struct {
	directory
	targetFlags
}

// Run puts on hold.
func (c holdCmd) Run(ctx context.Context, out output) error {
	return act(ctx, out, c.directory, c.targetFlags, (*central.Central).Hold, "is on hold", "is on hold or revoked already")
}

type releaseCmd struct {
	directory
	targetFlags
	Gate string `placeholder:"ID" help:"End a hold-open and a lockdown there instead."`
	actFlags
}

// Run ends a hold, or what a command began.
func (c releaseCmd) Run(ctx context.Context, out output) error {
	if c.Gate != "" {
		if c.targetFlags != (targetFlags{}) {
			return fmt.Errorf("--gate goes without a rider or a pass, and with --reason instead of --why: %w", central.ErrAsked)
		}
		return command(ctx, out, c.directory, c.Gate, c.order(gate.VerbRelease, time.Time{}))
	}
	if c.actFlags != (actFlags{}) {
		return fmt.Errorf("--lane, --reason and --by go with --gate: %w", central.ErrAsked)
	}
	return act(ctx, out, c.directory, c.targetFlags, (*central.Central).Release, "is released", "was not on hold")
}

// act does one of the three verbs.
func act(ctx context.Context, out output, d directory, f targetFlags,
	verb func(*central.Central, context.Context, string, ...central.Target) (central.Change, error), now, already string,
) error {
	target, err := f.target()
	if err != nil {
		return err
	}
	return d.with(ctx, func(s *central.Central) error {
		done, err := verb(s, ctx, f.Why, target)
		if err != nil {
			return err
		}
		say(out, target.String(), done, now, already)
		return nil
	})
}

// say prints what has become of the target.
func say(out output, target string, done central.Change, now, already string) {
	if !done.Changed {
		fmt.Fprintf(out.data, "nothing changed: %s %s (revocation %d)\n", target, already, done.Seq)
		return
	}
	fmt.Fprintf(out.data, "%s %s (revocation %d)\n", target, now, done.Seq)
}
