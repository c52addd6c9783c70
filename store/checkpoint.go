package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/record"
)

// The kinds of kept checkpoints.
const (
	ownKind      = "own"      // the newest that we signed
	cosignedKind = "cosigned" // the largest that came back
	forkKind     = "fork"     // one that came back and that this log does not extend
)

// Checkpoint signs the log as it is written now and returns the note. The note,
// the tree's hashes and every record below are on stable storage before it is given away: a box that
// had shown a history and then forgot it would look like a forger.
func (s *Store) Checkpoint(ctx context.Context) ([]byte, error) {
	if s.signer == nil {
		return nil, fmt.Errorf("make checkpoint: no key: %w", ErrReadOnly)
	}
	s.treeMu.Lock()
	c := record.Checkpoint{Origin: s.origin, Size: s.tree.size, Root: s.tree.root()}
	s.treeMu.Unlock()
	msg, err := c.Sign(s.signer)
	if err != nil {
		return nil, err
	}
	err = s.submit(ctx, len(msg), func(w *conn) error {
		if err := s.keepNodes(w); err != nil {
			return err
		}
		return keepCheckpoint(w, ownKind, c.Size, msg)
	})
	if err != nil {
		return nil, fmt.Errorf("keep checkpoint: %w", err)
	}
	return msg, nil
}

// Acknowledge takes a checkpoint that came back and returns its size: the central
// server has all records below it. The note must be of this log and carry our own
// signature and that of one of cosigners. Is it larger than any before, Cosigned
// rises, on stable storage with the next commit or after a minute (it is forgotten
// at no cost: the records are sent again); is it smaller, as after the server was restored, it does not
// fall, and what the returned size leaves uncovered is to be sent again. A note
// with both signatures on a history that this log does not extend is ErrFork, and
// kept: another log has to begin, see Forked. Any
// other error says that the note proves nothing and is to be dropped.
func (s *Store) Acknowledge(ctx context.Context, msg []byte, cosigners ...note.Verifier) (size uint64, err error) {
	c, _, err := record.OpenCheckpoint(msg, cosigners...)
	if err != nil {
		return 0, fmt.Errorf("acknowledge: %w", err)
	}
	if c.Origin != s.origin {
		return 0, fmt.Errorf("acknowledge: the checkpoint is of %q, not of %q", c.Origin, s.origin)
	}
	if s.signer == nil {
		return 0, fmt.Errorf("acknowledge: %w", ErrReadOnly)
	}
	// Asked for even before a fork is believed, or whoever holds a cosigner's key
	// could drive a box from log to log.
	if !s.ours(c, msg) {
		return 0, fmt.Errorf("acknowledge: the checkpoint is not signed by this gate: %w", record.ErrUnsigned)
	}
	if err := s.extends(ctx, c); err != nil {
		if errors.Is(err, ErrFork) {
			err = errors.Join(err, s.noteFork(ctx, c, msg))
		}
		return 0, fmt.Errorf("acknowledge: %w", s.noticed(err))
	}
	if c.Size <= s.cosigned.Load() {
		return c.Size, nil
	}
	err = s.submitLater(ctx, len(msg), func(w *conn) error { return keepCheckpoint(w, cosignedKind, c.Size, msg) })
	if err != nil {
		return 0, fmt.Errorf("acknowledge: keep checkpoint: %w", err)
	}
	for old := s.cosigned.Load(); old < c.Size && !s.cosigned.CompareAndSwap(old, c.Size); {
		old = s.cosigned.Load()
	}
	if err := s.second(ctx, false); err != nil {
		return 0, fmt.Errorf("acknowledge: %w", err)
	}
	return c.Size, nil
}

// noteFork keeps the checkpoint that this log does not extend, and says so.
func (s *Store) noteFork(ctx context.Context, c record.Checkpoint, msg []byte) error {
	err := s.submit(ctx, len(msg), func(w *conn) error { return keepCheckpoint(w, forkKind, c.Size, msg) })
	if err == nil {
		s.fork.Do(func() { close(s.forked) })
	}
	return err
}

// extends returns ErrFork if our log is not the one that c stands for, or a
// longer one.
func (s *Store) extends(ctx context.Context, c record.Checkpoint) error {
	s.treeMu.Lock()
	size, root := s.tree.size, s.tree.root()
	s.treeMu.Unlock()
	if c.Size > size {
		return fmt.Errorf("%d records are cosigned, we have %d: %w", c.Size, size, ErrFork)
	}
	if c.Size < size {
		var err error
		root, err = tlog.TreeHash(int64(c.Size), treeReader{ctx, s.readers}) //nolint:gosec // below our own size
		if err != nil {
			return fmt.Errorf("compute root of %d records: %w", c.Size, err)
		}
	}
	if root != c.Root {
		return fmt.Errorf("of the first %d records another root is cosigned: %w", c.Size, ErrFork)
	}
	return nil
}

// CosignedCheckpoint is the largest cosigned checkpoint as it came; nil: none has
// come.
func (s *Store) CosignedCheckpoint(ctx context.Context) ([]byte, error) {
	_, msg, err := s.checkpoint(ctx, cosignedKind)
	return msg, err
}

// keepCheckpoint keeps the newest of a kind: a smaller one never replaces it.
func keepCheckpoint(w *conn, kind string, size uint64, msg []byte) error {
	const query = `INSERT INTO checkpoint(kind, size, note) VALUES(?, ?, ?)
		ON CONFLICT(kind) DO UPDATE SET size = excluded.size, note = excluded.note WHERE excluded.size >= size`
	if err := w.exec(query, kind, int64(size), msg); err != nil { //nolint:gosec // at most 2^53-1 by the checkpoint's parser
		return fmt.Errorf("keep checkpoint: %w", err)
	}
	return nil
}

// checkpoint reads the newest of a kind, and its note. There may be none: then
// both are zero, and so are they if what is kept is not a checkpoint of this log,
// because nothing can be concluded from it; Verify says so.
func (s *Store) checkpoint(ctx context.Context, kind string) (record.Checkpoint, []byte, error) {
	var msg []byte
	err := s.readers.QueryRowContext(ctx, "SELECT note FROM checkpoint WHERE kind = ?", kind).Scan(&msg)
	if errors.Is(err, sql.ErrNoRows) {
		return record.Checkpoint{}, nil, nil
	}
	if err != nil {
		return record.Checkpoint{}, nil, fmt.Errorf("read checkpoint: %w", err)
	}
	c, _, err := record.OpenCheckpoint(msg)
	if err != nil && !errors.Is(err, record.ErrUnsigned) || c.Origin != s.origin {
		return record.Checkpoint{}, slices.Clip(msg), nil
	}
	return c, msg, nil
}
