package gate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	guardEvery  = 100 * time.Millisecond
	guardMargin = time.Second // that a loop may be late without being taken for dead
)

// guard is the second one at the relay (DESIGN promise 6): it switches it off
// when it should have been off for a second and the loop that owns the door has
// not done it. It needs nothing of that loop but what it was told before the
// relay went on, and it looks at the fire input itself.
type guard struct {
	relay  Relay
	inputs Inputs // nil: no fire input

	mu  sync.Mutex // not held by the loop while it moves the relay
	due time.Time  // when the relay must be off; zero: it is off
}

// expect says what the relay is about to be: on until off, or for fire if that
// is zero, or off.
func (g *guard) expect(now time.Time, on bool, off time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !on:
		g.due = time.Time{}
	case off.IsZero():
		g.due = now.Add(guardMargin)
	default:
		g.due = off.Add(guardMargin)
	}
}

// check switches the relay off if it is due, and says whether it was. The lock is
// held, so that a loop that comes back to life cannot be switched off in its next
// pulse.
func (g *guard) check(now time.Time) (tripped bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.due.IsZero() {
		return false, nil
	}
	if g.inputs != nil { // fire excepted: also if it broke out after the loop had died
		if l, err := g.inputs.Read(); err == nil && l.Fire {
			g.due = later(g.due, now.Add(guardMargin))
		}
	}
	if now.Before(g.due) {
		return false, nil
	}
	if err := g.relay.Set(false); err != nil {
		return true, err // and it is tried again
	}
	g.due = time.Time{}
	return true, nil
}

// Guard is the second guard of the relay, for a goroutine of its own that ends
// after that of Run. It blocks until ctx ends, and then returns nil.
func (c *Controller) Guard(ctx context.Context) error {
	t := time.NewTicker(guardEvery)
	defer t.Stop()
	said := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		tripped, err := c.guard.check(time.Now())
		if !tripped || said && err != nil {
			continue
		}
		said = err != nil
		detail := "the relay should have been off and was switched off by its guard: the loop of this lane stands still, and gated will be restarted"
		if err != nil {
			detail = fmt.Sprintf("the relay should be off, its loop stands still, and it cannot be switched off: %v; cut the lock's power", err)
		}
		c.cfg.Log.Error("guard", "lane", c.cfg.Lane.Name, "what", detail)
		c.keep(Record{Kind: KindDoor, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Event: GuardTripped, Detail: detail})
	}
}
