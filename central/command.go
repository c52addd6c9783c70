package central

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"gated/gate"
	"gated/verify/command"
	"gated/verify/document"
	"gated/verify/trust"
)

// Command orders one act at a gate (PROTOCOL 2.4) and returns the id under which
// the gate's record will name it. Verb, Lane, Until, Reason and By are the
// caller's; the rest is filled in. The command is good for ten seconds and is
// never retained: without a [Server] that publishes it meanwhile, or with a gate
// that is not online, nothing happens, ever. That it was ordered is kept. The
// error wraps ErrNoGate or ErrAsked.
func (c *Central) Command(ctx context.Context, gateID string, o gate.Command) (id string, err error) {
	err = c.write(ctx, "command", func(ctx context.Context, t *tx) error {
		j := command.JSON{Gate: gateID, ID: rand.Text(), Verb: o.Verb, Lane: o.Lane, Reason: o.Reason, By: o.By}
		if !o.Until.IsZero() {
			j.Until = o.Until.Unix()
		}
		known, err := oneRow(t.QueryRowContext(ctx, "SELECT site FROM gates WHERE id = ?", gateID).Scan(&j.Site))
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("gate %q: %w", gateID, ErrNoGate)
		}
		if j.IssuedMS, err = t.commandTime(ctx); err != nil {
			return err
		}
		j.ExpiresMS = j.IssuedMS + command.Life.Milliseconds()
		id = j.ID
		return t.order(ctx, j)
	})
	return id, err
}

// commandTime is the next issued_at_ms. It rises, because a gate obeys nothing
// that is not later than the last; but it does not run ahead of our clock to do
// so, because no gate would obey that either.
func (t *tx) commandTime(ctx context.Context) (ms int64, err error) {
	var last int64
	if err := t.QueryRowContext(ctx, "SELECT command_ms FROM network").Scan(&last); err != nil {
		return 0, fmt.Errorf("read time of the last command: %w", err)
	}
	ms = t.c.now().UnixMilli()
	if last >= ms && last < ms+1000 {
		ms = last + 1
	}
	return ms, t.exec(ctx, "UPDATE network SET command_ms = ?", ms)
}

// order signs the command, puts it out, and keeps why.
func (t *tx) order(ctx context.Context, j command.JSON) error {
	signer, err := t.signerOf(ctx, trust.RoleCommand)
	if err != nil {
		return err
	}
	raw, err := document.Sign(document.Command, j, signer)
	if err != nil {
		return fmt.Errorf("sign command: %w", err)
	}
	d, err := document.Parse(raw)
	if err == nil {
		_, err = command.Parse(d)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAsked, err)
	}
	target := strings.TrimSuffix(fmt.Sprintf("gate %s, lane %s", j.Gate, j.Lane), ", lane ")
	err = t.exec(ctx, "INSERT INTO acts (at, verb, target, seq, why) SELECT ?, ?, ?, seq, ? FROM revocation",
		t.at, "command "+string(j.Verb), target, fmt.Sprintf("%s (by %q, id %s)", j.Reason, j.By, j.ID))
	if err != nil {
		return fmt.Errorf("keep why: %w", err)
	}
	return t.putLive(ctx, topicCommand(j.Gate), raw)
}
