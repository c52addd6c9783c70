package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
)

// atSite names a rider at a site.
type atSite struct {
	directory
	Site   uint32 `required:"" placeholder:"N" help:"The community's number."`
	Issuer uint32 `required:"" placeholder:"N" help:"The platform's number."`
	Rider  uint32 `required:"" placeholder:"N" help:"The rider's number there."`
}

type siteHoldCmd struct {
	atSite
	Until time.Time     `xor:"end" required:"" placeholder:"TIME" help:"When the hold ends, like 2030-01-31T18:00:00+08:00."`
	For   time.Duration `xor:"end" required:"" placeholder:"DURATION" help:"After how long it ends, like 24h."`
}

// Run holds a rider at one site.
func (c siteHoldCmd) Run(ctx context.Context, out output) error {
	until := c.Until
	if until.IsZero() {
		until = time.Now().Add(c.For)
	}
	err := c.with(ctx, func(s *central.Central) error { return s.HoldAtSite(ctx, c.Site, c.Issuer, c.Rider, until) })
	if err != nil {
		return err
	}
	fmt.Fprintf(out.data, "rider %d of issuer %d is on hold at site %d until %s\n", c.Rider, c.Issuer, c.Site, until.Format(time.RFC3339))
	return nil
}

type siteReleaseCmd struct {
	atSite
}

// Run ends a hold at one site.
func (c siteReleaseCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		changed, err := s.ReleaseAtSite(ctx, c.Site, c.Issuer, c.Rider)
		if err != nil {
			return err
		}
		if !changed {
			fmt.Fprintf(out.data, "nothing changed: rider %d of issuer %d was not on hold at site %d\n", c.Rider, c.Issuer, c.Site)
			return nil
		}
		fmt.Fprintf(out.data, "rider %d of issuer %d is released at site %d\n", c.Rider, c.Issuer, c.Site)
		return nil
	})
}

type siteKeyCmd struct {
	Add siteKeyAddCmd `cmd:"" help:"Make a key whose passes open this community alone; gate-central key void ends it."`
}

type siteKeyAddCmd struct {
	directory
	Site uint32 `required:"" placeholder:"N" help:"The community's number."`
	Kid  uint16 `required:"" placeholder:"N" help:"The key's number, 32768 to 65535, unique in the network; one kid, one key, for ever."`
	keyFlags
}

// Run makes a property's key.
func (c siteKeyAddCmd) Run(ctx context.Context, out output) error {
	if err := c.add(ctx, c.directory, central.Key{Kid: c.Kid, Site: c.Site}); err != nil {
		return err
	}
	fmt.Fprintf(out.data, "key %d added for site %d\n", c.Kid, c.Site)
	return nil
}
