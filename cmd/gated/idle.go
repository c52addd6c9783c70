package main

import (
	"context"
	"time"

	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
	"gated/sync"
	"gated/verify"
)

// showHealth lets each lane's signal show how the box is while nobody is there
// (DESIGN section 6).
func (b *box) showHealth(ctx context.Context, lanes []*lane, link *sync.Sync) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		now, docs := b.clock.Now(), b.docs.now()
		for _, l := range lanes {
			l.signal.Idle(health(l.controller.State().Fault, l.scanner.Health(), now, docs, link != nil && !link.Online()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// health is the first thing that is wrong: the door, which whoever is there can
// shut, then the one that keeps most riders out.
func health(door gate.Event, s scanner.Health, now gate.Moment, docs *verify.Documents, offline bool) signal.Health {
	switch {
	case door != "":
		return signal.Health(door)
	case !s.Up:
		return signal.NoScanner
	case now.State == gate.ClockLost:
		return signal.ClockUnknown
	case !docs.Ready() || !full(docs.Step(now)):
		return signal.ListOld
	case offline:
		return signal.NoNetwork
	default:
		return signal.Healthy
	}
}

// full says whether a list of that age still admits whoever it should.
func full(s verify.Step) bool { return s == verify.Normal || s == verify.Marked }
