package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/record"
)

// maxFaults bounds the faults that are named; there may be more.
const maxFaults = 20

// Report is what Verify found.
type Report struct {
	Log        string
	Records    uint64    // leaves read
	Persons    uint64    // of those, with a person that was not erased
	Root       tlog.Hash // over all leaves
	Signed     uint64    // size of the newest checkpoint of our own
	Cosigned   uint64    // size of the newest cosigned checkpoint: what is below cannot be changed unseen
	Checkpoint []byte    // its note, for whoever knows the cosigners; nil: none
	Faults     []string  // one short sentence each, at most 20
}

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Verify reads the whole journal once and checks every leaf, every number and
// every person, recomputes the tree and compares it with the kept checkpoints and
// hashes, and looks at both copies of the held documents. It holds a few hundred
// records in memory and may run beside the writer. If anything is wrong, the
// report names it and the error wraps ErrBroken; other errors say that the file
// could not be read to its end. Signatures are not checked here: that the
// checkpoint in the report is the server's, its cosigner's key must say.
func (s *Store) Verify(ctx context.Context) (Report, error) {
	r := Report{Log: s.log}
	marks, err := s.marks(ctx, &r)
	if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	stored, err := s.storedBlocks(ctx)
	if errors.Is(err, ErrBroken) {
		r.fault("%v", err)
	} else if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	if err := s.verifyLeaves(ctx, &r, marks, tlog.StoredHashCount(stored)); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	for _, m := range marks {
		if m.Size > r.Records {
			r.fault("the journal ends after %d records, a checkpoint covers %d", r.Records, m.Size)
		}
	}
	if stored<<blockLevel > int64(r.Records) { //nolint:gosec // rows of one table
		r.fault("the journal ends after %d records, the kept hashes cover %d", r.Records, stored<<blockLevel)
	}
	if err := s.verifyHeld(ctx, &r); err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	if len(r.Faults) > 0 {
		return r, fmt.Errorf("verify: %s: %w", r.Faults[0], ErrBroken)
	}
	return r, nil
}

// marks are the checkpoints that the tree must pass through.
func (s *Store) marks(ctx context.Context, r *Report) ([]record.Checkpoint, error) {
	var marks []record.Checkpoint
	for _, kind := range []string{ownKind, cosignedKind} {
		c, msg, err := s.checkpoint(ctx, kind)
		if err != nil {
			return nil, err
		}
		if msg == nil {
			continue
		}
		if c.Origin == "" {
			r.fault("the kept %s checkpoint is not one of this log", kind)
			continue
		}
		marks = append(marks, c)
		if kind == ownKind {
			r.Signed = c.Size
		} else {
			r.Cosigned, r.Checkpoint = c.Size, msg
		}
	}
	return marks, nil
}

// verifyLeaves walks the journal and grows a tree beside it. The first count
// hashes of the tree are kept on disk and compared.
func (s *Store) verifyLeaves(ctx context.Context, r *Report, marks []record.Checkpoint, count int64) error {
	var t tree
	pass := func() {
		for _, m := range marks {
			if m.Size == t.size && m.Root != t.root() {
				r.fault("the first %d records do not give the root of a checkpoint", m.Size)
			}
		}
	}
	pass()
	err := s.walk(ctx, 0, pageRows, func(seq uint64, e record.Entry) (bool, error) {
		s.verifyEntry(r, seq, e)
		t.add(record.Hash(e.Leaf))
		pass()
		if len(t.fresh) >= spillAt {
			return true, s.compare(ctx, r, &t, count)
		}
		return true, nil
	})
	if errors.Is(err, ErrBroken) {
		r.fault("%v", err)
		err = nil
	}
	r.Records, r.Root = t.size, t.root()
	if err != nil {
		return err
	}
	return s.compare(ctx, r, &t, count)
}

func (s *Store) verifyEntry(r *Report, seq uint64, e record.Entry) {
	l, err := record.ParseLeaf(e.Leaf)
	switch {
	case err != nil:
		r.fault("record %d: %v", seq, err)
	case l.Log != s.log || l.Seq != seq:
		r.fault("record %d says that it is %d of log %s", seq, l.Seq, l.Log)
	default:
		if err := e.Check(); err != nil {
			r.fault("%v", err)
		}
	}
	if e.Person != "" {
		r.Persons++
	}
}

// compare holds the tree's hashes against those on disk and lets go of them.
func (s *Store) compare(ctx context.Context, r *Report, t *tree, count int64) error {
	for _, n := range t.fresh {
		if n.index >= count {
			break
		}
		var kept []byte
		err := s.readers.QueryRowContext(ctx, "SELECT ifnull((SELECT hash FROM tree WHERE idx = ?), x'')", n.index).Scan(&kept)
		if err != nil {
			return fmt.Errorf("read tree: %w", err)
		}
		if string(kept) != string(n.hash[:]) {
			r.fault("kept hash %d of the tree is not that of the leaves", n.index)
		}
	}
	t.fresh = t.fresh[:0]
	return nil
}

func (s *Store) verifyHeld(ctx context.Context, r *Report) error {
	rows, err := s.readers.QueryContext(ctx, "SELECT 'first', name, sum, body FROM held UNION ALL SELECT 'second', name, sum, body FROM spare")
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
			r.fault("the %s copy of document %q is damaged", copy, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	return nil
}
