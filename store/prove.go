package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/document"
	"gated/verify/record"
)

// Why a record cannot be proved.
var (
	ErrNoRecord = errors.New("there is no such record")      // not yet, or its leaf was dropped
	ErrUnproved = errors.New("no cosigned checkpoint of it") // of this record, or of a cosigner that is known
)

// Prove makes the proof of record seq from the newest cosigned checkpoint, with
// the signatures of the gate and of those of cosigners that are on it. Errors:
// ErrNoRecord, ErrUnproved, or that the file cannot be read. The proof was checked.
func (s *Store) Prove(ctx context.Context, seq uint64, cosigners ...document.Key) (record.Proof, error) {
	first, err := s.first(ctx)
	if err != nil {
		return record.Proof{}, err
	}
	if _, size := s.Log(); seq < first || seq >= size {
		return record.Proof{}, fmt.Errorf("prove record %d: the records from %d to %d are here: %w", seq, first, int64(size)-1, ErrNoRecord) //nolint:gosec // below 2^53
	}
	c, msg, err := s.checkpoint(ctx, cosignedKind)
	if err != nil {
		return record.Proof{}, err
	}
	if seq >= c.Size {
		return record.Proof{}, fmt.Errorf("prove record %d: the central server has cosigned %d records: "+
			"wait until the box has spoken with it again: %w", seq, c.Size, ErrUnproved)
	}
	p := record.Proof{}
	if p.Checkpoint, p.Keys, err = record.SignedOnlyBy(msg, append(s.keys[:len(s.keys):len(s.keys)], cosigners...)...); err != nil {
		return p, fmt.Errorf("prove record %d: %w", seq, err)
	}
	page, err := s.page(ctx, seq, 1)
	if err != nil {
		return p, fmt.Errorf("prove record %d: %w", seq, err)
	}
	p.Entry = page[0]
	p.Path, err = tlog.ProveRecord(int64(c.Size), int64(seq), treeReader{ctx, s.readers}) //nolint:gosec // both below 2^53
	if err != nil {
		return p, fmt.Errorf("prove record %d: %w", seq, err)
	}
	if _, err := p.Check(); err != nil {
		return p, fmt.Errorf("prove record %d: %w: %w", seq, err, ErrUnproved)
	}
	return p, nil
}

// first is the number of the first record whose leaf is here.
func (s *Store) first(ctx context.Context) (uint64, error) {
	var n int64
	if err := s.readers.QueryRowContext(ctx, "SELECT ifnull(min(seq), 0) FROM journal").Scan(&n); err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	if n < 0 {
		return 0, fmt.Errorf("the journal begins at record %d: %w", n, ErrBroken)
	}
	return uint64(n), nil
}
