package central

import (
	"context"
	"fmt"
)

// BeginEpoch begins a new epoch and returns its number: the cure for a site or
// revocation key whose thief ran ahead, and for a central clock that was wrong.
// Only the roots can do it. In one change it signs a trust list, every site's
// document, a snapshot of the state in force, and a heartbeat; the gates go on
// enforcing what they hold until they have snapshot and heartbeat, and then take
// everything at once. Why is kept here and goes nowhere.
//
// Take a thief's key out of service first, with RotateAuthority, or they follow
// into the new epoch. A trust list that was signed while our clock was ahead
// cannot be undercut: the new one bears its time, which Ahead says, and the gates
// hold that for the least it can be.
func (c *Central) BeginEpoch(ctx context.Context, why string) (begun Epoch, err error) {
	err = c.write(ctx, "begin epoch", func(ctx context.Context, t *tx) error {
		if begun, err = t.nextEpoch(ctx, why); err != nil {
			return err
		}
		if err := t.snapshot(ctx); err != nil {
			return err
		}
		if err := t.issueTrust(ctx); err != nil {
			return err
		}
		return t.issueSites(ctx)
	})
	return begun, err
}

// Epoch is one that was begun.
type Epoch struct {
	Number int64
	Ahead  int64 // seconds by which its trust list had to be issued ahead of our clock; 0 if all is well
}

// nextEpoch turns the counters. The state goes on from its number, so that no
// topic of the old epoch is one of the new; what is on the broker of the old one
// is cleared in its time. Heartbeats begin anew, at our clock.
func (t *tx) nextEpoch(ctx context.Context, why string) (e Epoch, err error) {
	var issued int64
	err = t.QueryRowContext(ctx, "UPDATE network SET epoch = epoch + 1, beat_issued_at = 0 RETURNING epoch, trust_issued_at").Scan(&e.Number, &issued)
	if err != nil {
		return e, err
	}
	e.Ahead = max(0, issued-t.at)
	if err := t.exec(ctx, "UPDATE revocation SET seq = seq + 1"); err != nil {
		return e, err
	}
	err = t.exec(ctx, "INSERT INTO acts (at, verb, target, seq, why) SELECT ?, 'begin', ?, seq, ? FROM revocation", t.at, fmt.Sprintf("epoch %d", e.Number), why)
	if err != nil {
		return e, fmt.Errorf("keep why: %w", err)
	}
	return e, nil
}
