package verify

import (
	"fmt"
	"maps"

	"gated/verify/revocation"
)

// settle applies the deltas that waited and now fit, forgets those that never
// will, and counts the heartbeat if its state has been reached.
func (d *Documents) settle(o *Outcome) {
	for at := d.current(); at != nil; at = d.current() {
		delta, ok := d.coming.from(at.Seq)
		if !ok {
			break
		}
		err := d.deltaHolds(delta)
		var next *revocation.State
		if err == nil {
			next, err = delta.Apply(at)
		}
		if err != nil {
			o.alarm(refused(err))
		} else {
			d.advance(next, delta)
		}
		d.coming.deltas = without(d.coming.deltas, delta.To)
	}
	if at := d.current(); at != nil {
		for to := range d.coming.deltas {
			if to <= at.Seq {
				d.coming.deltas = without(d.coming.deltas, to)
			}
		}
	}
	d.prove()
}

// deltaHolds compares a delta that waited with the heartbeat, which may have
// come after it.
func (d *Documents) deltaHolds(delta revocation.Delta) error {
	if hb := d.Heartbeat; hb != nil && hb.Epoch == delta.Epoch && hb.Seq == delta.To && hb.Hash != delta.Hash {
		return fmt.Errorf("%w: delta %d.%d does not lead to the heartbeat's hash", errConflict, delta.Epoch, delta.To)
	}
	return nil
}

func without(m map[int64]revocation.Delta, to int64) map[int64]revocation.Delta {
	fewer := maps.Clone(m)
	delete(fewer, to)
	return fewer
}

// from is the delta that leads on from seq; of several, the shortest.
func (c coming) from(seq int64) (first revocation.Delta, ok bool) {
	for _, d := range c.deltas {
		if d.From == seq && (!ok || d.To < first.To) {
			first, ok = d, true
		}
	}
	return first, ok
}

// prove counts the heartbeat for freshness once its state is held and the trust
// list is as new as it says. A state of a new epoch takes the old one's place at
// that moment, everything at once.
func (d *Documents) prove() {
	hb, at := d.Heartbeat, d.current()
	if hb == nil || at == nil || d.Trust == nil || d.Trust.Version < hb.Trust || !at.Same(hb.Epoch, hb.Seq, hb.Hash) {
		return
	}
	d.Proof = hb
	if at != d.State {
		d.replaceState(at, nil)
		d.coming.state = nil
	}
}

// replaceState puts a whole state in force, to be kept as a whole. Slices are its
// encoding, if that is at hand.
func (d *Documents) replaceState(s *revocation.State, slices [][]byte) {
	d.State, d.kept = s, kept{whole: true, slices: slices, base: d.kept.base}
}
