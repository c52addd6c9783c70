package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/trust"
)

// keepEvery is how often the time floor is kept at least (DESIGN 4), and ended
// passes are forgotten.
const keepEvery = 5 * time.Minute

// documents takes in signed documents, in the one order that is safe: verify
// checks, the store keeps, the verifier enforces. It does not matter how a
// document came.
type documents struct {
	roots    trust.Roots
	box      verify.Box
	store    *store.Store
	clock    *verify.Clock
	verifier *verify.Verifier
	alarms   *alarms
	log      *slog.Logger

	mu   sync.Mutex // held from check to enforcement: documents come one after another
	held *verify.Documents
}

// Offer takes one document. An error says why nothing has changed; it wraps
// [verify.ErrKnown] if there was nothing to change.
func (d *documents) Offer(ctx context.Context, raw []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, err := d.held.Accept(raw, d.roots, d.box, d.clock.Now())
	if out.Alarm != (gate.Text{}) {
		d.alarms.raise(out.Alarm)
	}
	if err != nil {
		d.held = out.Next // what it has learned of what is missing
		return err
	}
	d.setFloor(out)
	keep := append(out.Keep, d.floor()...)
	if out.Later {
		d.store.Carry(keep...)
	} else if err := d.store.Hold(ctx, keep...); err != nil {
		return err
	}
	d.held = out.Next
	d.verifier.Enforce(out.Next)
	if out.Event != "" {
		d.log.Info("document in force", "what", out.Event)
		d.store.Commit(systemRecord(d.clock.Now(), out.Next, gate.DocsAccepted, out.Event))
	}
	return nil
}

// Command takes one command of the central server. It is to be obeyed if the
// reason is OK, and is then on disk: it will not be obeyed twice, whatever is cut
// off in between. An error means that nobody entitled has spoken to this box, or
// that the disk has failed.
func (d *documents) Command(ctx context.Context, raw []byte) (gate.Command, gate.Reason, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, err := d.held.Command(raw, d.box, d.clock.Now())
	if err != nil || c.Reason != gate.OK {
		return c.Command, c.Reason, err
	}
	if err := d.store.Hold(ctx, c.Keep...); err != nil {
		return gate.Command{}, "", err
	}
	d.held = c.Next
	return c.Command, gate.OK, nil
}

// setFloor moves the time floor to where the document says.
func (d *documents) setFloor(out verify.Outcome) {
	switch {
	case out.Reset:
		d.clock.Reset(out.Raise)
	case out.Raise != 0:
		d.clock.Raise(out.Raise)
	}
}

// What is kept of the time, beside the documents.
const (
	heldFloor  = "floor"  // verify.Clock's
	heldSynced = "synced" // RFC 3339: when the clock was last synchronised
)

// floor is what is kept of the time.
func (d *documents) floor() []document.Held {
	held := []document.Held{{Name: heldFloor, Body: d.clock.Held()}}
	if now := d.clock.Now(); now.State == gate.ClockSynced {
		held = append(held, document.Held{Name: heldSynced, Body: []byte(now.Time.UTC().Format(time.RFC3339))})
	}
	return held
}

// Run keeps the time floor, and forgets what has certainly ended, every five
// minutes; it keeps the floor once more at the end.
func (d *documents) Run(ctx context.Context) error {
	t := time.NewTicker(keepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			d.store.Carry(d.floor()...)
			return nil
		case <-t.C:
		}
		ended := d.clock.Floor().Unix()
		d.verifier.Forget(ended)
		if err := d.store.Forget(ctx, ended); err != nil && ctx.Err() == nil {
			return err
		}
		if err := d.store.Hold(ctx, d.floor()...); err != nil && ctx.Err() == nil { // one sync for both
			return err
		}
	}
}

// Wants is what is missing.
func (d *documents) Wants() document.Wants { return d.now().Wants() }

// now is what is enforced.
func (d *documents) now() *verify.Documents {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held
}

// systemRecord is a record about the box, stamped with the lists that it held.
func systemRecord(at gate.Moment, docs *verify.Documents, e gate.Event, detail string) gate.Record {
	r := gate.Record{Kind: gate.KindSystem, At: at, Event: e, Detail: detail, Fresh: -1}
	if age, ok := docs.Fresh(at); ok {
		r.Fresh = age
	}
	r.Rev, r.Trust = versions(docs)
	return r
}
