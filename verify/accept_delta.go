package verify

import (
	"fmt"
	"maps"

	"gated/verify/document"
	"gated/verify/revocation"
)

// How much may wait in memory for what leads to it.
const (
	maxChain   = 200 // deltas, as many as stay retained (PROTOCOL 4)
	maxWaiting = revocation.MaxState
)

// acceptDelta takes a delta into d: applied if it leads on from the state, else
// kept until what leads to it has come.
func (d *Documents) acceptDelta(doc document.Document, o *Outcome) error {
	delta, err := revocation.ParseDelta(doc)
	if err != nil {
		return err
	}
	if err := d.entitled(doc, delta.Epoch); err != nil {
		return err
	}
	if err := d.deltaFollows(delta); err != nil {
		return err
	}
	if at := d.current(); at != nil && at.Seq == delta.From {
		next, err := delta.Apply(at)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		d.advance(next, delta)
		d.settle(o)
		return nil
	}
	return d.wait(delta)
}

// deltaFollows says whether the delta may lead anywhere from here.
func (d *Documents) deltaFollows(delta revocation.Delta) error {
	one := func(seq int64, hash [32]byte) error {
		if delta.To == seq && delta.Hash != hash {
			return fmt.Errorf("%w: %w: delta %d.%d leads to the hash %x, not %x", ErrRefused, errConflict, delta.Epoch, delta.To, delta.Hash[:8], hash[:8])
		}
		return nil
	}
	if hb := d.Heartbeat; hb != nil && hb.Epoch == delta.Epoch {
		if err := one(hb.Seq, hb.Hash); err != nil {
			return err
		}
	}
	if waiting, ok := d.coming.deltas[delta.To]; ok {
		if err := one(waiting.To, waiting.Hash); err != nil {
			return err
		}
		return fmt.Errorf("%w: delta %d.%d waits", ErrKnown, delta.Epoch, delta.To)
	}
	at := d.current()
	switch {
	case at == nil || at.Seq <= delta.From:
		return nil
	case at.Seq < delta.To:
		return fmt.Errorf("%w: %w: delta %d.%d begins at %d, the state is at %d", ErrRefused, ErrOld, delta.Epoch, delta.To, delta.From, at.Seq)
	}
	if err := one(at.Seq, at.Hash); err != nil {
		return err
	}
	return fmt.Errorf("%w: the state %d.%d is past delta %d", ErrKnown, at.Epoch, at.Seq, delta.To)
}

// wait keeps a delta that does not chain yet, as long as there is room.
func (d *Documents) wait(delta revocation.Delta) error {
	size := len(delta.Raw)
	for _, w := range d.coming.deltas {
		size += len(w.Raw)
	}
	if len(d.coming.deltas) >= maxChain || size > maxWaiting {
		return fmt.Errorf("%w: delta %d.%d: too many wait", ErrRefused, delta.Epoch, delta.To)
	}
	d.coming.deltas = with(d.coming.deltas, delta.To, delta)
	return nil
}

// with is m and one more; m is unchanged, because older Documents share it.
func with[V any](m map[int64]V, at int64, v V) map[int64]V {
	more := make(map[int64]V, len(m)+1)
	maps.Copy(more, m)
	more[at] = v
	return more
}

// advance goes on to the state that a delta led to.
func (d *Documents) advance(next *revocation.State, delta revocation.Delta) {
	if d.current() != d.State {
		d.coming.state = next
		return
	}
	d.State = next
	d.kept.add(delta)
}
