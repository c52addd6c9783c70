package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/record"
)

// blockLevel is the lowest level of the tree whose hashes are stored: subtrees
// of 16 leaves. What is below is recomputed from the leaves when it is asked
// for, so that the tree costs four bytes a record instead of seventy.
const blockLevel = 4

// spillAt bounds the hashes in memory, and so the leaves that are read again at
// opening, if nobody asks for checkpoints: 8,192 records.
const spillAt = 1024

// tree is the right edge of the Merkle tree (RFC 6962): enough to add leaves and
// to know the root.
type tree struct {
	size  uint64
	edge  []tlog.Hash // complete subtrees from left to right, one for each bit of size
	fresh []node      // complete subtrees of blockLevel and above that are not on disk
}

// node is a hash as it is stored: its number is that of tlog.StoredHashIndex in
// a tree whose leaves are the blocks.
type node struct {
	index int64
	hash  tlog.Hash
}

// add adds a leaf by its hash.
func (t *tree) add(h tlog.Hash) { t.addAt(h, 0) }

// addAt adds a whole subtree of that level: the size must be a multiple of its
// own.
func (t *tree) addAt(h tlog.Hash, low int) {
	n := t.size >> low
	for level := low + 1; n&1 == 1; level++ {
		last := len(t.edge) - 1
		h = tlog.NodeHash(t.edge[last], h)
		t.edge = t.edge[:last]
		n >>= 1
		if level >= blockLevel {
			t.fresh = append(t.fresh, node{tlog.StoredHashIndex(level-blockLevel, int64(n)), h})
		}
	}
	t.edge = append(t.edge, h)
	t.size += 1 << low
}

func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // Of no hashes at all: it reads none.
		return h
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}

// spill writes the fresh hashes within a commit once there are many.
func (s *Store) spill() error {
	s.treeMu.Lock()
	many := len(s.tree.fresh) >= spillAt
	s.treeMu.Unlock()
	if !many {
		return nil
	}
	return s.keepNodes(s.w)
}

// keepNodes writes the fresh hashes. Run calls it, within a transaction.
func (s *Store) keepNodes(c *conn) error {
	s.treeMu.Lock()
	fresh := s.tree.fresh
	s.tree.fresh = nil
	s.treeMu.Unlock()
	s.pages += len(fresh) / 32
	return keepFresh(c, fresh)
}

func keepFresh(c *conn, fresh []node) error {
	for _, n := range fresh {
		if err := c.exec("INSERT INTO tree(idx, hash) VALUES(?, ?)", n.index, n.hash[:]); err != nil {
			return fmt.Errorf("keep tree: %w", err)
		}
	}
	return nil
}

// loadTree rebuilds the edge from the stored hashes and the leaves after them.
func (s *Store) loadTree(ctx context.Context) (tree, error) {
	blocks, err := s.storedBlocks(ctx)
	if err != nil {
		return tree{}, err
	}
	var t tree
	r := treeReader{ctx, s.readers}
	// The hashes that make up the root of the blocks are their edge.
	_, err = tlog.TreeHash(blocks, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		for _, i := range indexes {
			level, n := tlog.SplitStoredHashIndex(i)
			h, err := r.hash(level+blockLevel, n)
			if err != nil {
				return nil, err
			}
			t.edge = append(t.edge, h)
		}
		return t.edge, nil
	}))
	if err != nil {
		return tree{}, err
	}
	t.size = uint64(blocks) << blockLevel //nolint:gosec // counted from 0
	if err := s.reaches(ctx, t.size); err != nil {
		return tree{}, err
	}
	err = s.walk(ctx, t.size, pageRows, func(_ uint64, e record.Entry) (bool, error) {
		t.add(record.Hash(e.Leaf))
		return true, nil
	})
	return t, err
}

// reaches returns ErrBroken if the journal has fewer than size records.
func (s *Store) reaches(ctx context.Context, size uint64) error {
	var have uint64
	if err := s.readers.QueryRowContext(ctx, "SELECT ifnull(max(seq) + 1, 0) FROM journal").Scan(&have); err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	if have < size {
		return fmt.Errorf("the journal ends after %d records, its hashes cover %d: %w", have, size, ErrBroken)
	}
	return nil
}

// storedBlocks is how many blocks of leaves the stored hashes cover.
func (s *Store) storedBlocks(ctx context.Context) (int64, error) {
	var last sql.NullInt64
	if err := s.readers.QueryRowContext(ctx, "SELECT max(idx) FROM tree").Scan(&last); err != nil {
		return 0, fmt.Errorf("read tree: %w", err)
	}
	if !last.Valid {
		return 0, nil
	}
	level, n := tlog.SplitStoredHashIndex(last.Int64)
	blocks := (n + 1) << level
	if tlog.StoredHashCount(blocks) != last.Int64+1 {
		return 0, fmt.Errorf("tree ends at hash %d, within a block: %w", last.Int64, ErrBroken)
	}
	return blocks, nil
}

// treeReader answers for any complete subtree of the committed leaves. Its tables
// only grow, but for leaves of whole blocks, which are dropped after their hashes
// were kept: so it needs no transaction.
type treeReader struct {
	ctx context.Context //nolint:containedctx // Lives for one call, behind an interface without a context.
	db  *sql.DB
}

// ReadHashes makes treeReader a tlog.HashReader.
func (r treeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		h, err := r.hash(level, n)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}

// hash reads the hash of a subtree, or computes it from what is below.
func (r treeReader) hash(level int, n int64) (tlog.Hash, error) {
	if level == 0 {
		var leaf []byte
		err := r.db.QueryRowContext(r.ctx, "SELECT leaf FROM journal WHERE seq = ?", n).Scan(&leaf)
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrBroken
		}
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("read leaf %d: %w", n, err)
		}
		return record.Hash(leaf), nil
	}
	if level >= blockLevel {
		if h, err := r.stored(level, n); !errors.Is(err, sql.ErrNoRows) {
			return h, err
		}
	}
	left, err := r.hash(level-1, 2*n)
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := r.hash(level-1, 2*n+1)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.NodeHash(left, right), nil
}

// stored reads a hash that is kept; the error wraps sql.ErrNoRows if it is not.
func (r treeReader) stored(level int, n int64) (tlog.Hash, error) {
	var b []byte
	index := tlog.StoredHashIndex(level-blockLevel, n)
	err := r.db.QueryRowContext(r.ctx, "SELECT hash FROM tree WHERE idx = ?", index).Scan(&b)
	if err == nil && len(b) != tlog.HashSize {
		err = sql.ErrNoRows
	}
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("read tree: %w", err)
	}
	return tlog.Hash(b), nil
}
