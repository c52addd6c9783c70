package verify

import (
	"fmt"

	"gated/verify/document"
	"gated/verify/revocation"
)

// acceptSnapshot takes one part of a snapshot into d. The parts of one snapshot
// are collected in memory; with the last of them the state is there.
func (d *Documents) acceptSnapshot(doc document.Document, o *Outcome) error {
	part, err := revocation.ParseSnapshot(doc)
	if err != nil {
		return err
	}
	if err := d.entitled(doc, part.Epoch); err != nil {
		return err
	}
	if err := d.partFollows(part); err != nil {
		return err
	}
	if first, ok := d.coming.anyPart(); ok && first.Seq != part.Seq {
		d.coming.parts = nil
	}
	d.coming.parts = with(d.coming.parts, part.Part, part)
	if int64(len(d.coming.parts)) < part.Parts {
		if d.coming.size() > revocation.MaxState {
			d.coming.parts = nil
			o.Next = d
			return fmt.Errorf("%w: %w: the parts of snapshot %d.%d are too large", ErrRefused, errConflict, part.Epoch, part.Seq)
		}
		return nil
	}
	state, slices, err := d.coming.join(part.Parts)
	d.coming.parts = nil
	if err != nil {
		o.Next = d // without the parts
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if d.State == nil || d.State.Epoch == state.Epoch {
		d.replaceState(state, slices)
	} else {
		d.coming.state = state
	}
	d.settle(o)
	return nil
}

// partFollows says whether the part is of a snapshot worth having: newer than
// the state, not older than the one that the heartbeat names. It takes the place
// of one that is being collected if it is newer, or if the heartbeat names it.
func (d *Documents) partFollows(part revocation.SnapshotPart) error {
	what := fmt.Sprintf("part %d of snapshot %d.%d", part.Part, part.Epoch, part.Seq)
	old := func(than int64) error {
		return fmt.Errorf("%w: %w: %s, and %d is at hand", ErrRefused, ErrOld, what, than)
	}
	named := false
	conflict := fmt.Errorf("%w: %w: %s has another hash or number of parts", ErrRefused, errConflict, what)
	if hb := d.Heartbeat; hb != nil && hb.Epoch == part.Epoch {
		if part.Seq == hb.Seq && part.Hash != hb.Hash {
			return conflict
		}
		if part.Seq < hb.Snapshot {
			return old(hb.Snapshot)
		}
		named = part.Seq == hb.Snapshot
	}
	if at := d.current(); at != nil && at.Epoch == part.Epoch {
		switch {
		case part.Seq == at.Seq && part.Hash != at.Hash:
			return conflict
		case part.Seq <= at.Seq:
			return fmt.Errorf("%w: the state is at %d: %s", ErrKnown, at.Seq, what)
		}
	}
	first, ok := d.coming.anyPart()
	switch {
	case !ok || part.Seq > first.Seq || part.Seq < first.Seq && named:
		return nil
	case part.Seq < first.Seq:
		return old(first.Seq)
	case part.Hash != first.Hash || part.Parts != first.Parts:
		return conflict
	}
	if _, twice := d.coming.parts[part.Part]; twice {
		return fmt.Errorf("%w: %s", ErrKnown, what)
	}
	return nil
}

// anyPart is one of the parts collected: they agree about everything but the
// slice.
func (c coming) anyPart() (revocation.SnapshotPart, bool) {
	for _, p := range c.parts {
		return p, true
	}
	return revocation.SnapshotPart{}, false
}

func (c coming) size() int {
	n := 0
	for _, p := range c.parts {
		n += len(p.Body)
	}
	return n
}

// join makes the state of all parts, and gives its encoding in slices.
func (c coming) join(n int64) (*revocation.State, [][]byte, error) {
	parts, slices := make([]revocation.SnapshotPart, n), make([][]byte, n)
	for i := range parts {
		parts[i] = c.parts[int64(i)+1]
		slices[i] = parts[i].Body
	}
	s, err := revocation.Join(parts)
	return s, slices, err
}
