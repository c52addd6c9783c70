package main

import (
	"context"
	"fmt"
	"time"

	"gated/central"
)

type eraseCmd struct {
	directory
	Days int `default:"30" help:"Of records that came more than so many days ago."`
}

// Run erases persons. It may run beside the server, every day.
func (c eraseCmd) Run(ctx context.Context, out output) error {
	if c.Days < 1 {
		return fmt.Errorf("--days is at least 1: %w", central.ErrAsked)
	}
	var n int64
	var done bool
	err := c.with(ctx, func(s *central.Central) (err error) {
		n, done, err = s.EraseOlder(ctx, time.Now().AddDate(0, 0, -c.Days))
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out.data, "%d records have lost who it was\n", n)
	if !done {
		fmt.Fprintln(out.words, "somebody was reading: what was erased may still stand in the write-ahead log; run this again")
	}
	return nil
}
