package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/record"
)

// hurtBy notes that err, which a reader has met, comes from a file that is not
// whole any more: Run ends with it at once, so that the file is set aside and
// another log begun, instead of the reader trying again for ever. It returns err,
// as ErrDamaged. Other errors and stores that are only read are left alone.
func (s *Store) hurtBy(err error) error {
	if s.w == nil || !Damaged(err) && !errors.Is(err, ErrBroken) {
		return err
	}
	if !errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	select {
	case s.hurt <- err:
	default: // it is known already
	}
	return err
}

// noticed is hurtBy of what SQLite says alone: a record that is missing may have
// been dropped, and who asks for it need not know.
func (s *Store) noticed(err error) error {
	if Damaged(err) {
		return s.hurtBy(err)
	}
	return err
}

// blockCheck holds leaves that are read in order against the kept hashes of their
// blocks: a leaf that the disk has changed would be refused by the central server
// for ever, and with it all that comes after.
type blockCheck struct {
	s      *Store
	leaves []tlog.Hash // of the block so far, from its first on
}

// leaf returns ErrBroken if the block that this leaf ends is not what it was. A
// block that does not begin with the first leaf given, or whose hash is not kept
// yet, is not judged.
func (b *blockCheck) leaf(ctx context.Context, seq uint64, leaf []byte) error {
	const last = 1<<blockLevel - 1
	at := int(seq & last)
	if at == 0 {
		b.leaves = b.leaves[:0]
	}
	if len(b.leaves) != at {
		return nil
	}
	b.leaves = append(b.leaves, record.Hash(leaf))
	if at != last {
		return nil
	}
	want, err := b.s.block(ctx, int64(seq>>blockLevel))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && want != subtree(b.leaves) {
		err = fmt.Errorf("records %d to %d are not as they were written: %w", seq-last, seq, ErrBroken)
	}
	return err
}

// block is the hash of a block of leaves as it was when they were written; an
// error that wraps sql.ErrNoRows: it is not kept.
func (s *Store) block(ctx context.Context, n int64) (tlog.Hash, error) {
	index := tlog.StoredHashIndex(0, n)
	s.treeMu.Lock()
	for _, f := range s.tree.fresh {
		if f.index == index {
			s.treeMu.Unlock()
			return f.hash, nil
		}
	}
	s.treeMu.Unlock()
	return treeReader{ctx, s.readers}.stored(blockLevel, n)
}

// subtree is the hash over the leaves of a whole block. It uses their place.
func subtree(h []tlog.Hash) tlog.Hash {
	for n := len(h); n > 1; n /= 2 {
		for i := range n / 2 {
			h[i] = tlog.NodeHash(h[2*i], h[2*i+1])
		}
	}
	return h[0]
}
