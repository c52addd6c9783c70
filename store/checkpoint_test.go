package store_test

import (
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

// ackAll has everything committed cosigned by a server of its own.
func ackAll(t testing.TB, b *box) error {
	t.Helper()
	central, centralKey := key(t, "central")
	msg, err := b.Checkpoint(t.Context())
	if err != nil {
		return err
	}
	if msg, err = record.Cosign(msg, central); err != nil {
		return err
	}
	_, err = b.Acknowledge(t.Context(), msg, centralKey)
	return err
}

// rootOf recomputes the root from the leaves, as the central server does.
func rootOf(t testing.TB, s *store.Store, size uint64) tlog.Hash {
	t.Helper()
	list, err := s.List(t.Context(), 0, size)
	if err != nil || uint64(len(list)) != size {
		t.Fatalf("%d of %d records: %v", len(list), size, err)
	}
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i, e := range list {
		more, err := tlog.StoredHashes(int64(i), e.Leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(size), read)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestCheckpointIsTheTreeOfTheLeaves(t *testing.T) {
	o := options(t)
	_, stranger := key(t, "stranger")
	b := start(t, o)
	for size, last := range []int{0, 1, 1, 1, 13, 1, 15, 1, 31, 64, 200} {
		b.fill(t, last)
		msg, err := b.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := record.OpenCheckpoint(msg, stranger)
		if !errors.Is(err, record.ErrUnsigned) || !c.SignedBy(msg, o.Signer) {
			t.Errorf("not signed by the gate: %v", err)
		}
		_, n := b.Log()
		if c.Origin != b.Origin() || c.Size != n || c.Root != rootOf(t, b.Store, n) {
			t.Errorf("step %d: checkpoint %+v of %d records", size, c, n)
		}
		if size%3 == 2 { // The tree must come back from the file as it was.
			b.mustStop(t)
			b = start(t, o)
		}
	}
}

// TestTreeIsKeptFromSixteenLeavesUp: hashes of lower subtrees would cost more
// than the records, higher ones missing would have to be recomputed.
func TestTreeIsKeptFromSixteenLeavesUp(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 205)
	if _, err := b.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	tamper(t, o.Dir, "DELETE FROM tree WHERE (SELECT count(*) = ? AND max(idx) = ? FROM tree)",
		tlog.StoredHashCount(205/16), tlog.StoredHashCount(205/16)-1)
}

func TestTreeIsRebuiltFromAnyStoredSize(t *testing.T) {
	o := options(t)
	for n := range 40 {
		b := start(t, o)
		b.fill(t, 1+n%7)
		_, size := b.Log()
		if n%3 == 0 {
			if _, err := b.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Records != size || r.Root != rootOf(t, b.Store, size) {
			t.Fatalf("after %d: %+v: %v", size, r, err)
		}
		b.mustStop(t)
	}
}

func TestAcknowledge(t *testing.T) {
	o := options(t)
	central, centralKey := key(t, "central")
	b := start(t, o)
	cosigned := func(size int) []byte {
		t.Helper()
		b.fill(t, size)
		msg, err := b.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if msg, err = record.Cosign(msg, central); err != nil {
			t.Fatal(err)
		}
		return msg
	}
	early, late := cosigned(21), cosigned(30)
	b.fill(t, 7)
	for _, step := range []struct {
		name           string
		msg            []byte
		size, cosigned uint64
	}{
		{"the first", early, 21, 21},
		{"a larger one", late, 51, 51},
		{"a smaller one: the server was restored", early, 21, 51},
		{"the same again", late, 51, 51},
	} {
		size, err := b.Acknowledge(t.Context(), step.msg, centralKey)
		if err != nil || size != step.size || b.Cosigned() != step.cosigned {
			t.Errorf("%s: size %d, cosigned %d, %v", step.name, size, b.Cosigned(), err)
		}
	}
	b.mustStop(t)
	b = start(t, o)
	if b.Cosigned() != 51 {
		t.Errorf("cosigned %d after a restart", b.Cosigned())
	}
}

func TestAcknowledgeDropsWhatProvesNothing(t *testing.T) {
	o := options(t)
	central, centralKey := key(t, "central")
	impostor, _ := key(t, "central")
	b := start(t, o)
	b.fill(t, 20)
	own, err := b.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := record.OpenCheckpoint(own)
	fork := c
	fork.Root[0] ^= 1
	for name, msg := range map[string][]byte{
		"without a cosignature":                own,
		"cosigned by an impostor":              mustCosign(t, own, impostor),
		"not signed by the gate":               mustSign(t, c, central),
		"a fork that the gate never signed":    mustSign(t, fork, central),
		"of another log":                       mustSign(t, record.Checkpoint{Origin: record.Origin(1001, "east-1", "other"), Size: 20, Root: c.Root}, o.Signer, central),
		"of another gate":                      mustSign(t, record.Checkpoint{Origin: record.Origin(1001, "west-1", "other"), Size: 20, Root: c.Root}, o.Signer, central),
		"nothing":                              nil,
		"a fork, cosigned by an impostor only": mustSign(t, fork, o.Signer, impostor),
	} {
		size, err := b.Acknowledge(t.Context(), msg, centralKey)
		if err == nil || errors.Is(err, store.ErrFork) || size != 0 || b.Cosigned() != 0 {
			t.Errorf("%s: size %d, cosigned %d, %v", name, size, b.Cosigned(), err)
		}
	}
}

func TestAcknowledgeFindsForks(t *testing.T) {
	o := options(t)
	central, centralKey := key(t, "central")
	b := start(t, o)
	b.fill(t, 50)
	own, err := b.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := record.OpenCheckpoint(own)
	ahead, other, past := c, c, c
	ahead.Size = 51
	other.Root[5] ^= 1
	past.Size = 37
	for name, f := range map[string]record.Checkpoint{
		"more records than we have": ahead, "another root at our size": other, "another root in the past": past,
	} {
		if _, err := b.Acknowledge(t.Context(), mustSign(t, f, o.Signer, central), centralKey); !errors.Is(err, store.ErrFork) {
			t.Errorf("%s: %v", name, err)
		}
	}
	past.Root = rootOf(t, b.Store, 37)
	if size, err := b.Acknowledge(t.Context(), mustSign(t, past, o.Signer, central), centralKey); err != nil || size != 37 {
		t.Errorf("our own past: %d, %v", size, err)
	}
	b.commit(t, door(gate.RelayOn))
}

func mustSign(t testing.TB, c record.Checkpoint, signers ...note.Signer) []byte {
	t.Helper()
	msg, err := c.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func mustCosign(t testing.TB, msg []byte, signer note.Signer) []byte {
	t.Helper()
	out, err := record.Cosign(msg, signer)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
