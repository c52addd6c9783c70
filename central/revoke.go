package central

import (
	"context"
	"fmt"
	"math"
	"time"

	"gated/verify/revocation"
)

// Target is who or what is to be listed.
type Target struct {
	kind  revocation.Kind
	id    uint32 // of the issuer, or the kid
	value uint32 // the rider, the serial, or the time of a cutoff
}

// Rider is a rider by the number at the issuer: all passes, those to come
// included.
func Rider(issuer, rider uint32) Target { return Target{revocation.Riders, issuer, rider} }

// Pass is one pass.
func Pass(kid uint16, serial uint32) Target {
	return Target{revocation.Passes, uint32(kid), serial}
}

// String is the target in words.
func (g Target) String() string {
	switch g.kind {
	case revocation.Riders:
		return fmt.Sprintf("rider %d of issuer %d", g.value, g.id)
	case revocation.Passes:
		return fmt.Sprintf("pass %d of key %d", g.value, g.id)
	default:
		return fmt.Sprintf("passes of key %d that begin before %d", g.id, g.value)
	}
}

func (g Target) section(c revocation.Class) revocation.Section {
	return revocation.Section{Kind: g.kind, ID: g.id, Class: c}
}

// Change is what became of a verb on the revocation state.
type Change struct {
	Seq     int64 // of the state in force
	Changed bool  // false: it said so already
}

// Revoke lists the targets for good, in one change; a hold on them ends, because
// revoked says more. Why is kept here and goes nowhere. What is changed is
// signed, with a heartbeat, when Revoke returns. The error wraps ErrNoIssuer or
// ErrNoKey, and ErrAsked if there are too many targets for one message. The same
// goes for Hold and Release.
func (c *Central) Revoke(ctx context.Context, why string, targets ...Target) (Change, error) {
	return c.act(ctx, "revoke", why, targets, func(b *revocation.Builder, _ *revocation.Set, g Target) {
		b.Add(g.section(revocation.RevokedClass), g.value)
		b.Remove(g.section(revocation.HoldClass), g.value)
	})
}

// Hold lists the targets until Release. On what is revoked it has no effect.
func (c *Central) Hold(ctx context.Context, why string, targets ...Target) (Change, error) {
	return c.act(ctx, "hold", why, targets, func(b *revocation.Builder, s *revocation.Set, g Target) {
		if !s.Has(g.section(revocation.RevokedClass), g.value) {
			b.Add(g.section(revocation.HoldClass), g.value)
		}
	})
}

// Release ends holds. It does not bring back what is revoked.
func (c *Central) Release(ctx context.Context, why string, targets ...Target) (Change, error) {
	return c.act(ctx, "release", why, targets, func(b *revocation.Builder, _ *revocation.Set, g Target) {
		b.Remove(g.section(revocation.HoldClass), g.value)
	})
}

// CutOff voids the passes of a key that begin before that time. A cutoff only
// rises. It cleans up after an honest mistake; against a stolen key it does not
// help, because the thief chooses when a pass begins.
func (c *Central) CutOff(ctx context.Context, why string, kid uint16, before time.Time) (Change, error) {
	at := before.Unix()
	if at < 1 || at > math.MaxUint32 {
		return Change{}, fmt.Errorf("a cutoff is a time in unix seconds, not %d: %w", at, ErrAsked)
	}
	g := Target{revocation.Cutoff, uint32(kid), uint32(at)}
	return c.act(ctx, "cut off", why, []Target{g}, func(b *revocation.Builder, s *revocation.Set, g Target) {
		if g.value > s.Cutoff(kid) {
			b.Add(g.section(revocation.RevokedClass), g.value)
		}
	})
}

// act makes one change of the state and keeps why.
func (c *Central) act(ctx context.Context, verb, why string, targets []Target, change func(*revocation.Builder, *revocation.Set, Target)) (done Change, err error) {
	err = c.write(ctx, verb, func(ctx context.Context, t *tx) error {
		seq, set, err := t.state(ctx)
		if err != nil {
			return err
		}
		b := revocation.NewBuilder(set)
		known := make(map[Target]bool)
		for _, g := range targets {
			if whose := (Target{kind: g.kind, id: g.id}); !known[whose] {
				if err := t.known(ctx, whose); err != nil {
					return err
				}
				known[whose] = true
			}
			change(b, set, g)
		}
		if done.Seq, err = t.follow(ctx, seq, set, b.Set()); err != nil || done.Seq == seq {
			return err
		}
		done.Changed = true
		for _, g := range targets {
			err := t.exec(ctx, "INSERT INTO acts (at, verb, target, seq, why) VALUES (?, ?, ?, ?, ?)", t.at, verb, g.String(), done.Seq, why)
			if err != nil {
				return fmt.Errorf("keep why: %w", err)
			}
		}
		return nil
	})
	return done, err
}

// known refuses a target whose issuer or key is not registered: a slip of the
// hand would hold nobody, in silence.
func (t *tx) known(ctx context.Context, g Target) error {
	if g.kind == revocation.Riders {
		return t.need(ctx, ErrNoIssuer, fmt.Sprintf("issuer %d", g.id), "SELECT 1 FROM issuers WHERE id = ?", g.id)
	}
	return t.need(ctx, ErrNoKey, fmt.Sprintf("key %d", g.id), "SELECT 1 FROM keys WHERE kid = ?", g.id)
}
