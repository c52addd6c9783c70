package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/document"
	"gated/verify/record"
)

// maxFaults bounds the faults that are named; there may be more.
const maxFaults = 20

// Report is what Verify found.
type Report struct {
	Log        string
	First      uint64    // number of the first record whose leaf is here; those below were dropped
	Records    uint64    // number of the one after the last
	Persons    uint64    // of those, with a person that was not erased
	Root       tlog.Hash // over all leaves
	Signed     uint64    // size of the newest checkpoint of our own
	Cosigned   uint64    // size of the newest cosigned checkpoint: what is below cannot be changed unseen
	Checkpoint []byte    // its note; nil: none
	Cosigners  []string  // names of those of Expect that have signed it
	Pinned     uint64    // size of the pinned checkpoint, which the log extends; 0: none
	Faults     []string  // one short sentence each, at most 20
}

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Expect is what Verify holds the file against beside what the file itself says.
type Expect struct {
	Pinned    []byte         // a checkpoint of this log that was kept elsewhere: whoever cuts the log below it is found; nil: none
	Cosigners []document.Key // if any: one of them must have signed the kept cosigned checkpoint, and the pinned one
	Pace      time.Duration  // rest after some hundred records, so that riders do not wait; then SQLite's own look at its pages is left out, which holds up the folding of the log
}

// Verify reads the whole journal once and checks every leaf, every number and
// every person, recomputes the tree and compares it with the kept checkpoints and
// hashes, checks the signatures of the gate, and looks at both copies of the held
// documents. It holds a few hundred records in memory and may run beside the
// writer. If anything is wrong, the report names it and the error wraps ErrBroken;
// other errors say that the file could not be read to its end. What came after the
// newest checkpoint, kept or pinned, may be cut off without a trace.
func (s *Store) Verify(ctx context.Context, x Expect) (Report, error) {
	r := Report{Log: s.log}
	marks, err := s.marks(ctx, &r, x)
	if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	stored, err := s.storedBlocks(ctx)
	if errors.Is(err, ErrBroken) {
		r.fault("%v", err)
	} else if err != nil {
		return r, fmt.Errorf("verify: %w", err)
	}
	w := walker{s: s, r: &r, marks: marks, count: tlog.StoredHashCount(stored), pace: x.Pace}
	steps := []func(context.Context) error{w.dropped, w.leaves, w.told, w.held}
	if x.Pace == 0 {
		steps = append(steps, w.pages)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return r, fmt.Errorf("verify: %w", err)
		}
	}
	for _, m := range marks {
		if m.Size > r.Records {
			r.fault("the journal ends after %d records, a checkpoint covers %d", r.Records, m.Size)
		} else if m.Size < r.First && m.Size&(1<<blockLevel-1) != 0 {
			r.fault("a checkpoint covers %d records, whose leaves were dropped up to %d: take a newer one", m.Size, r.First)
		}
	}
	if stored<<blockLevel > int64(r.Records) { //nolint:gosec // rows of one table
		r.fault("the journal ends after %d records, the kept hashes cover %d", r.Records, stored<<blockLevel)
	}
	if len(r.Faults) > 0 {
		return r, fmt.Errorf("verify: %s: %w", r.Faults[0], ErrBroken)
	}
	return r, nil
}

// marks are the checkpoints that the tree must pass through.
func (s *Store) marks(ctx context.Context, r *Report, x Expect) ([]record.Checkpoint, error) {
	var marks []record.Checkpoint
	for _, kind := range []string{ownKind, cosignedKind, forkKind} {
		c, msg, err := s.checkpoint(ctx, kind)
		switch {
		case err != nil:
			return nil, err
		case msg == nil:
			continue
		case kind == forkKind:
			r.fault("a checkpoint of %d records is cosigned that this log does not extend: another log has to begin", c.Size)
			continue
		case c.Origin == "":
			r.fault("the kept %s checkpoint is not one of this log", kind)
			continue
		}
		if len(s.keys) > 0 && !s.ours(c, msg) {
			r.fault("the kept %s checkpoint is not signed by this gate", kind)
		}
		marks = append(marks, c)
		if kind == ownKind {
			r.Signed = c.Size
			continue
		}
		r.Cosigned, r.Checkpoint = c.Size, msg
		if r.Cosigners = s.signedBy(msg, x.Cosigners); len(x.Cosigners) > 0 && len(r.Cosigners) == 0 {
			r.fault("the kept cosigned checkpoint is signed by no central server that is known")
		}
	}
	if err := s.strangers(ctx, r); err != nil || x.Pinned == nil {
		return marks, err
	}
	c, _, err := record.OpenCheckpoint(x.Pinned)
	switch {
	case err != nil && !errors.Is(err, record.ErrUnsigned):
		return nil, fmt.Errorf("pinned checkpoint: %w", err)
	case c.Origin != s.origin:
		r.fault("the pinned checkpoint is of %s, the file of %s", c.Origin, s.origin)
		return marks, nil
	case len(x.Cosigners) > 0 && len(s.signedBy(x.Pinned, x.Cosigners)) == 0:
		r.fault("the pinned checkpoint is signed by no central server that is known")
	}
	r.Pinned = c.Size
	return append(marks, c), nil
}

// strangers are kept checkpoints of no kind that there is, or not of the size that
// stands beside them: rows that nothing else would read.
func (s *Store) strangers(ctx context.Context, r *Report) error {
	rows, err := s.readers.QueryContext(ctx, "SELECT kind, size, note FROM checkpoint")
	if err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var kind string
		var size int64
		var msg []byte
		if err := rows.Scan(&kind, &size, &msg); err != nil {
			return fmt.Errorf("read checkpoints: %w", err)
		}
		c, _, err := record.OpenCheckpoint(msg)
		known := kind == ownKind || kind == cosignedKind || kind == forkKind
		if !known || err != nil && !errors.Is(err, record.ErrUnsigned) || c.Size != uint64(size) { //nolint:gosec // compared
			r.fault("a checkpoint of %d records is kept as %q, which is not what it is", size, kind)
		}
	}
	return rows.Err()
}

// signedBy are the names of those who have signed the checkpoint, and nobody if
// it bears a signature that none of them or of our own keys has made.
func (s *Store) signedBy(msg []byte, cosigners []document.Key) (names []string) {
	all := append(s.keys[:len(s.keys):len(s.keys)], cosigners...)
	reduced, signers, err := record.SignedOnlyBy(msg, all...)
	if err != nil || len(s.keys) > 0 && len(reduced) != len(msg) {
		return nil
	}
	for _, k := range signers {
		if slices.ContainsFunc(cosigners, k.Same) {
			names = append(names, k.Name)
		}
	}
	return names
}
