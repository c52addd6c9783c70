package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gated/local"
	"gated/verify"
)

// offering takes one document, wherever it is decided about.
type offering func(ctx context.Context, raw []byte) error

// importInto offers documents in as many rounds as bring something new, since
// they may lie in any order, and says of each what became of it.
func importInto(ctx context.Context, cfg *Config, client *local.Client, names []string, raws [][]byte) error {
	var up local.Status
	switch err := client.Ask(ctx, "/v1/status", nil, &up); {
	case err == nil:
		return importRounds(ctx, names, raws, func(ctx context.Context, raw []byte) error {
			var a local.Imported
			if err := client.Ask(ctx, "/v1/import", raw, &a); err != nil || !a.Known {
				return err
			}
			return verify.ErrKnown
		})
	case !errors.Is(err, local.ErrNotRunning):
		return err
	}
	b, err := openBox(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	writing, end := context.WithCancel(ctx)
	defer end()
	writer := newGroup(func() {})
	writer.start(writing, "store", b.store.Run)
	err = importRounds(ctx, names, raws, b.docs.Offer)
	end()
	return errors.Join(err, writer.wait(), b.store.Close())
}

// importRounds is the rounds.
func importRounds(ctx context.Context, names []string, raws [][]byte, offer offering) error {
	why := make([]error, len(raws))
	taken := make([]bool, len(raws))
	for again := true; again; {
		again = false
		for i, raw := range raws {
			if taken[i] {
				continue
			}
			if why[i] = offer(ctx, raw); why[i] == nil {
				taken[i], again = true, true
				fmt.Printf("%s: accepted\n", names[i])
			}
		}
	}
	var errs []error
	for i, err := range why {
		switch {
		case err == nil:
		case notNeeded(err):
			fmt.Printf("%s: held already, or older than what is held\n", names[i])
		default:
			errs = append(errs, fmt.Errorf("%s: refused, nothing changed: %w", names[i], err))
		}
	}
	return errors.Join(errs...)
}

// notNeeded says whether a document was not taken because what is held is as
// new: no fault of anybody's.
func notNeeded(err error) bool {
	return errors.Is(err, verify.ErrKnown) || errors.Is(err, verify.ErrOld)
}
