package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/verify/record"
)

// walker is one Verify at its work: each step looks at one part of the file.
type walker struct {
	s     *Store
	r     *Report
	marks []record.Checkpoint
	count int64 // hashes of the tree that are kept
	pace  time.Duration
	t     tree

	about  uint64            // newest record that tells of dropped leaves: up to where
	change map[uint64]string // records that tell of another key
}

// dropped rebuilds the tree of what was dropped from the hashes that were kept.
func (w *walker) dropped(ctx context.Context) error {
	first, err := w.s.first(ctx)
	if errors.Is(err, ErrBroken) {
		w.r.fault("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	w.r.First = first
	r := treeReader{ctx, w.s.readers}
	for w.t.size < first {
		h, err := r.stored(blockLevel, int64(w.t.size>>blockLevel))
		if errors.Is(err, sql.ErrNoRows) || first-w.t.size < 1<<blockLevel {
			w.r.fault("the records from %d to %d are missing, and so are the hashes of them", w.t.size, first-1)
			// Go on with what is here, on a tree of no meaning.
			w.t = tree{size: first, edge: make([]tlog.Hash, bits.OnesCount64(first))}
			return nil
		}
		if err != nil {
			return err
		}
		w.t.addAt(h, blockLevel)
		w.pass()
		if len(w.t.fresh) >= spillAt {
			if err := w.compare(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass compares the tree with the checkpoints of its present size.
func (w *walker) pass() {
	for _, m := range w.marks {
		if m.Size == w.t.size && m.Root != w.t.root() {
			w.r.fault("the first %d records do not give the root of a checkpoint", m.Size)
		}
	}
}

// leaves walks the journal and grows the tree beside it. The first count hashes of
// the tree are kept on disk and compared.
func (w *walker) leaves(ctx context.Context) error {
	w.change = make(map[uint64]string)
	w.pass()
	err := w.s.walk(ctx, w.r.First, pageRows, func(seq uint64, e record.Entry) (bool, error) {
		w.entry(seq, e)
		w.t.add(record.Hash(e.Leaf))
		w.pass()
		if w.pace > 0 && seq%pageRows == 0 {
			if err := rest(ctx, w.pace); err != nil {
				return false, err
			}
		}
		if len(w.t.fresh) >= spillAt {
			return true, w.compare(ctx)
		}
		return true, nil
	})
	if errors.Is(err, ErrBroken) {
		w.r.fault("%v", err)
		err = nil
	}
	w.r.Records, w.r.Root = w.t.size, w.t.root()
	if err != nil {
		return err
	}
	return w.compare(ctx)
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *walker) entry(seq uint64, e record.Entry) {
	l, err := record.ParseLeaf(e.Leaf)
	switch {
	case err != nil:
		w.r.fault("record %d: %v", seq, err)
	case l.Log != w.s.log || l.Seq != seq:
		w.r.fault("record %d says that it is %d of log %s", seq, l.Seq, l.Log)
	default:
		if err := e.Check(); err != nil {
			w.r.fault("%v", err)
		} else if e.Salt != nil && len(e.Salt) == 0 {
			w.r.fault("record %d has a person or a salt of no length, which nobody has written", seq)
		}
	}
	if e.Person != "" {
		w.r.Persons++
	}
	switch {
	case l.Event == string(gate.Dropped) && l.About != nil:
		w.about = *l.About
	case l.Event == string(gate.KeyChanged):
		w.change[seq] = l.Detail
	}
}

// compare holds the tree's hashes against those on disk and lets go of them.
func (w *walker) compare(ctx context.Context) error {
	for _, n := range w.t.fresh {
		if n.index >= w.count {
			break
		}
		var kept []byte
		err := w.s.readers.QueryRowContext(ctx, "SELECT ifnull((SELECT hash FROM tree WHERE idx = ?), x'')", n.index).Scan(&kept)
		if err != nil {
			return fmt.Errorf("read tree: %w", err)
		}
		if string(kept) != string(n.hash[:]) {
			w.r.fault("kept hash %d of the tree is not that of the leaves", n.index)
		}
	}
	w.t.fresh = w.t.fresh[:0]
	return nil
}

// told insists that records tell of what was dropped and of each change of key.
func (w *walker) told(ctx context.Context) error {
	if w.r.First > w.about {
		w.r.fault("the records below %d are missing, and no record tells that they were dropped", w.r.First)
	}
	rows, err := w.s.readers.QueryContext(ctx, "SELECT since FROM signer ORDER BY since")
	if err != nil {
		return fmt.Errorf("read the gate's keys: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for i := 0; rows.Next(); i++ {
		var since uint64
		if err := rows.Scan(&since); err != nil {
			return fmt.Errorf("read the gate's keys: %w", err)
		}
		if i >= len(w.s.keys) { // changed meanwhile
			break
		}
		if w.s.keys[i].Public == nil {
			w.r.fault("key %d of the gate is damaged", i+1)
		}
		if i == 0 {
			continue
		}
		if detail := keysDetail(w.s.keys[i-1].Text, w.s.keys[i].Text); since >= w.r.First && w.change[since] != detail {
			w.r.fault("record %d does not tell that the gate's key changed", since)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the gate's keys: %w", err)
	}
	return nil
}

// held looks at both copies of the documents.
func (w *walker) held(ctx context.Context) error {
	rows, err := w.s.readers.QueryContext(ctx, "SELECT 'first', name, sum, body FROM held UNION ALL SELECT 'second', name, sum, body FROM spare")
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var copy, name string
		var sum, body []byte
		if err := rows.Scan(&copy, &name, &sum, &body); err != nil {
			return fmt.Errorf("read documents: %w", err)
		}
		if string(sum) != string(sumOf(name, body)) {
			w.r.fault("the %s copy of document %q is damaged", copy, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	return nil
}

// pages has SQLite look at the file's own order: that no page is lost, used twice
// or out of place.
func (w *walker) pages(ctx context.Context) error {
	rows, err := w.s.readers.QueryContext(ctx, "PRAGMA integrity_check(5)")
	if err != nil {
		return fmt.Errorf("check pages: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return fmt.Errorf("check pages: %w", err)
		}
		if said != "ok" {
			w.r.fault("SQLite says: %s", said)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check pages: %w", err)
	}
	return nil
}
