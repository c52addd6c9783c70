package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
	"gated/verify/pass"
)

type issueCmd struct {
	directory
	Kid       uint16        `required:"" placeholder:"N" help:"The key to sign with."`
	Site      uint32        `required:"" placeholder:"N" help:"The community that it opens; 4294967295: all that the key may open."`
	Rider     uint32        `required:"" placeholder:"N" help:"The rider's number at the platform."`
	TTL       time.Duration `name:"ttl" default:"15m" help:"How long it is good for, in units of 10 s (${default})."`
	Direction string        `enum:"in,out,both" default:"both" help:"in, out or both (${default})."`
	Unlimited bool          `help:"Any number of uses, instead of one entry and one exit."`
	NotBefore int64         `placeholder:"UNIX" help:"When it begins; now if left out."`
	PNG       string        `name:"png" type:"path" placeholder:"FILE" help:"Draw it there as well."`
}

// directions of a pass by their flags.
var directions = map[string]pass.Direction{"both": pass.Both, "in": pass.In, "out": pass.Out}

// Run issues a pass.
func (c issueCmd) Run(ctx context.Context, out output) error {
	order := central.Order{
		Kid: c.Kid, Site: c.Site, Rider: c.Rider, TTL: c.TTL, Direction: directions[c.Direction], Unlimited: c.Unlimited,
	}
	if c.NotBefore != 0 {
		order.NotBefore = time.Unix(c.NotBefore, 0)
	}
	var code string
	var h pass.Header
	err := c.with(ctx, func(s *central.Central) (err error) {
		code, h, err = s.Issue(ctx, order)
		return err
	})
	if err != nil {
		return err
	}
	if c.PNG != "" {
		if err := drawPNG(c.PNG, code); err != nil {
			return err
		}
	}
	fmt.Fprintf(out.words, "pass %d of key %d, until %s\n", h.Serial, h.Kid, time.Unix(h.End(), 0).Format(time.DateTime))
	fmt.Fprintln(out.data, code)
	return nil
}
