package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
	"gated/verify/trust"
)

type keyVoidCmd struct {
	directory
	Kid uint16 `required:"" placeholder:"N" help:"The key's number."`
	Why string `placeholder:"TEXT" help:"Kept at the central server and shown to no gate."`
}

// Run voids a key.
func (c keyVoidCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		changed, err := s.VoidKey(ctx, c.Kid, c.Why)
		if err != nil {
			return err
		}
		if !changed {
			fmt.Fprintf(out.data, "nothing changed: key %d is void already\n", c.Kid)
			return nil
		}
		fmt.Fprintf(out.data, "key %d is void for ever\n", c.Kid)
		return nil
	})
}

type epochCmd struct {
	Begin epochBeginCmd `cmd:"" help:"Sign everything anew in a new epoch; gates then forget how far the old one had got."`
}

type epochBeginCmd struct {
	directory
	Why string `placeholder:"TEXT" help:"Kept at the central server and shown to no gate."`
}

// Run begins an epoch.
func (c epochBeginCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		e, err := s.BeginEpoch(ctx, c.Why)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.data, "epoch %d has begun\n", e.Number)
		fmt.Fprintln(out.words, "if a key was stolen, gate-central authority rotate must have come first; each gate goes on with what it holds until the new lists reach it")
		if e.Ahead > 0 {
			fmt.Fprintf(out.words, "gate-central: warning: an earlier trust list was signed %s ahead of this clock, and a new one cannot be older: until then, gates without a clock of their own take that time for the least it can be\n",
				time.Duration(e.Ahead)*time.Second)
		}
		return nil
	})
}

type rootCmd struct {
	Rotate rootRotateCmd `cmd:"" help:"Put a new root key in the old one's place."`
}

type rootRotateCmd struct {
	directory
}

// Run rotates the root.
func (c rootRotateCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		name, err := s.RotateRoot(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.data, "the root is %s now\n", name)
		fmt.Fprintln(out.words, "gates learn it by themselves; new ones need what gate-central roots prints now")
		return nil
	})
}

type authorityCmd struct {
	Rotate authorityRotateCmd `cmd:"" help:"Give a role to a new key, and sign its documents anew."`
}

type authorityRotateCmd struct {
	directory
	Role string `required:"" enum:"revocation,site,command,cosign,records" help:"One of ${enum}."`
}

// Run rotates an authority.
func (c authorityRotateCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		name, err := s.RotateAuthority(ctx, trust.Role(c.Role))
		if err != nil {
			return err
		}
		fmt.Fprintf(out.data, "the role %s is %s's now\n", c.Role, name)
		return nil
	})
}
