package central

import (
	"crypto/sha256"
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of a log's Merkle tree (RFC 6962): the roots of the
// full subtrees that size is the sum of, the largest first. It is all that is
// needed to go on, so a checkpoint costs only the records since the one before.
// The zero value is the empty tree.
type edge struct {
	size  uint64
	roots []tlog.Hash // as many as size has bits that are set
}

// add appends the leaf with that hash.
func (e *edge) add(leaf tlog.Hash) {
	h := leaf
	for s := e.size; s&1 == 1; s >>= 1 {
		last := len(e.roots) - 1
		h = tlog.NodeHash(e.roots[last], h)
		e.roots = e.roots[:last]
	}
	e.roots = append(e.roots, h)
	e.size++
}

// root is the hash of the whole tree; of the empty one, that of no bytes.
func (e *edge) root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(e.roots) - 1
	h := e.roots[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(e.roots[i], h)
	}
	return h
}

// encode is how an edge is kept beside its size.
func (e *edge) encode() []byte {
	b := make([]byte, 0, len(e.roots)*tlog.HashSize)
	for _, h := range e.roots {
		b = append(b, h[:]...)
	}
	return b
}

// decodeEdge reads what encode wrote.
func decodeEdge(size uint64, b []byte) (edge, error) {
	n := bits.OnesCount64(size)
	if len(b) != n*tlog.HashSize {
		return edge{}, errors.New("decode edge: its length is not that of its size")
	}
	e := edge{size: size, roots: make([]tlog.Hash, n)}
	for i := range e.roots {
		e.roots[i] = tlog.Hash(b[i*tlog.HashSize:])
	}
	return e, nil
}
