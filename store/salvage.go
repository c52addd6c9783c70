package store

import (
	"context"
	"errors"
	"fmt"

	"gated/gate"
	"gated/verify/record"
)

// salvage copies the records of a damaged journal into a new one. What cannot be
// read is passed over, and a record says which numbers that were: a page that is
// damaged must not take along what was written after it.
type salvage struct {
	st    *Store
	c     *conn
	log   string      // the new one
	at    gate.Moment // stamps what is said of it
	t     *tree       // of the new one
	check blockCheck

	from   uint64 // in the old log: the next to be read
	gap    uint64 // how many before from could not be read
	pieces []piece
	failed error // in writing: that ends it
}

// piece is a stretch of records that were taken over together.
type piece struct {
	from, to uint64 // in the old log
	shift    int64  // to the number in the new one
}

// records copies from number from on to the end. The error is one of writing.
func (v *salvage) records(ctx context.Context) error {
	for {
		err := v.st.walk(ctx, v.from, pageRows, func(seq uint64, e record.Entry) (bool, error) { return v.take(ctx, seq, e) })
		if v.failed != nil {
			return v.failed
		}
		next, ok := v.from, false
		if err != nil {
			next, ok = v.readable(ctx)
		}
		switch {
		case err != nil && !ok:
			return v.tell(fmt.Sprintf("what the log before holds from record %d on cannot be read", v.from-v.gap))
		case !ok:
			return nil
		}
		v.gap += next - v.from
		v.from = next
	}
}

// take copies one record. An error says that it is none.
func (v *salvage) take(ctx context.Context, seq uint64, e record.Entry) (bool, error) {
	l, err := record.ParseLeaf(e.Leaf)
	if err == nil && l.Seq != seq {
		err = ErrBroken
	}
	if err != nil {
		return false, err
	}
	if v.failed = v.tellGap(seq); v.failed != nil {
		return false, nil
	}
	from, shift := v.moved(l.About)
	moved, err := e.MovedTo(v.log, v.t.size, from, shift)
	if err != nil {
		return false, err
	}
	v.failed = addEntry(v.c, v.t, moved)
	v.from, v.pieces[len(v.pieces)-1].to = seq+1, seq+1
	if changed := v.check.leaf(ctx, seq, e.Leaf); v.failed == nil && errors.Is(changed, ErrBroken) {
		v.failed = v.tell(fmt.Sprintf("of the records from %d to %d of the log before at least one is not as it was written", seq&^(1<<blockLevel-1), seq))
		v.pieces = append(v.pieces, piece{v.from, v.from, int64(v.t.size) - int64(v.from)}) //nolint:gosec // numbers of logs, below 2^53
	}
	return v.failed == nil, nil
}

// tellGap begins a new piece if there is none, or if something before seq could
// not be read, which a record says.
func (v *salvage) tellGap(seq uint64) error {
	if len(v.pieces) > 0 && v.gap == 0 {
		return nil
	}
	if v.gap > 0 {
		if err := v.tell(fmt.Sprintf("records %d to %d of the log before cannot be read; the file that was set aside holds what is left of them", seq-v.gap, seq-1)); err != nil {
			return err
		}
	}
	v.gap = 0
	v.pieces = append(v.pieces, piece{seq, seq, int64(v.t.size) - int64(seq)}) //nolint:gosec // numbers of logs, below 2^53
	return nil
}

func (v *salvage) tell(detail string) error {
	at := v.at
	at.Start = 1
	e, err := record.Encode(v.log, v.t.size, gate.Record{Kind: gate.KindSystem, At: at, Fresh: -1, Event: gate.Alarm, Detail: detail})
	if err != nil {
		return err
	}
	return addEntry(v.c, v.t, e)
}

// moved says for MovedTo from what number on a record that another is about has
// moved, and by how much.
func (v *salvage) moved(about *uint64) (from uint64, shift int64) {
	if about != nil {
		for i, p := range v.pieces {
			if p.from <= *about && (*about < p.to || i == len(v.pieces)-1) {
				return p.from, p.shift
			}
		}
	}
	return 1 << 53, 0 // it was not taken over
}

// readable is the first number after from that can be read, with whatever comes
// after it; false: there is none.
func (v *salvage) readable(ctx context.Context) (next uint64, ok bool) {
	// Damage lies in pages, and pages hold stretches of numbers: the end of one is
	// looked for in ever larger steps, and then between the last two.
	bad, good := v.from, uint64(0)
	for step := uint64(1); good == 0; step *= 2 {
		if step > 1<<53 {
			return 0, false
		}
		if v.reads(ctx, v.from+step) {
			good = v.from + step
		} else {
			bad = v.from + step
		}
	}
	for good-bad > 1 {
		if mid := bad + (good-bad)/2; v.reads(ctx, mid) {
			good = mid
		} else {
			bad = mid
		}
	}
	const query = "SELECT seq FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1"
	err := v.st.readers.QueryRowContext(ctx, query, int64(good)).Scan(&next)
	return next, err == nil && next >= good
}

// reads says whether SQLite can read the first record from seq on, if there is one.
func (v *salvage) reads(ctx context.Context, seq uint64) bool {
	_, err := v.st.page(ctx, seq, 1)
	return err == nil || errors.Is(err, ErrBroken) // there is none, or a later one
}
