package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"gated/store"
	"gated/store/faultvfs"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/verifytest"
)

// replaced is a recording of a box that took one snapshot of ten parts and then,
// between the events from and until, another.
type replaced struct {
	rec           faultvfs.Recording
	from, until   int
	before, after [32]byte // the hashes of both
	secret        string   // the gate's key
}

// replaceSnapshot makes the recording, with the writer running pragma first.
func replaceSnapshot(t *testing.T, pragma string) *replaced {
	t.Helper()
	secret, _, err := note.GenerateKey(nil, "east-1")
	if err != nil {
		t.Fatal(err)
	}
	r := &replaced{secret: secret}
	faultvfs.Listen(r.rec.Op, false)
	stop := store.ListenToNames(&r.rec)
	defer func() { faultvfs.Listen(nil, false); stop() }()
	o, err := crashOptions(filepath.Join(t.TempDir(), "state"), secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Script(pragma); err != nil {
		t.Fatal(err)
	}
	b, box := run(t, s), verifytest.NewTarget(t)
	builder := revocation.NewBuilder(nil)
	next := func(seq int64) ([32]byte, int) {
		for i := range uint32(2000) {
			builder.Add(revocation.Section{Kind: revocation.Riders, ID: 1}, 1000*i+uint32(seq))
		}
		for _, raw := range tenParts(t, box, seq, builder.Set()) {
			keepDocument(t, b, box, raw)
		}
		return box.Docs.State.Hash, r.rec.Len()
	}
	r.before, r.from = next(10)
	r.after, r.until = next(20)
	b.mustStop(t)
	return r
}

// keepDocument is what a box does with one document: checked, then on the disk.
func keepDocument(t *testing.T, b *box, target *verifytest.Target, raw []byte) {
	t.Helper()
	out, err := target.Docs.Accept(raw, target.Roots, target.Box, target.At)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Keep) > 0 {
		if err := b.Hold(t.Context(), out.Keep...); err != nil {
			t.Fatal(err)
		}
	}
	target.Docs = out.Next
}

// tenParts are the parts of a snapshot of that state, and its heartbeat.
func tenParts(t *testing.T, b *verifytest.Target, seq int64, set *revocation.Set) (raws [][]byte) {
	t.Helper()
	sign := func(kind document.Type, v any) {
		raw, err := document.Sign(kind, v, b.Revocation)
		if err != nil {
			t.Fatal(err)
		}
		raws = append(raws, raw)
	}
	whole, hash := set.Encode(), set.Hash()
	size := len(whole)/10 + 1
	for i := range 10 {
		sign(document.Snapshot, revocation.SnapshotJSON{
			Epoch: 1, Seq: seq, IssuedAt: verifytest.Begin, Part: int64(i) + 1, Parts: 10, Hash: hash[:],
			Body: whole[i*size : min(len(whole), (i+1)*size)],
		})
	}
	sign(document.Heartbeat, revocation.HeartbeatJSON{
		Epoch: 1, Seq: seq, Hash: hash[:], Trust: 1, Snapshot: seq, Parts: 10, IssuedAt: verifytest.Begin + 10*seq,
	})
	return raws
}

// cut cuts the power after each event, twice, and counts the states found. The
// error is the first of a box that came up with neither state, or with the old
// one although it was told that the new one is kept.
func (r *replaced) cut(t *testing.T, seed uint64) (found map[[32]byte]int, err error) {
	t.Helper()
	var y tally
	dir, disk := memory(t), r.rec.Disk(seed, 0)
	found = map[[32]byte]int{}
	for at := 0; at <= r.rec.Len(); at++ {
		for range 2 {
			if at < r.from {
				break
			}
			files, told := disk.Cut(), at >= r.until
			if y.known(files, promise{Held: map[bool]byte{true: 1}[told]}) {
				continue
			}
			state, err := stateOf(t, dir, files, r.secret)
			switch {
			case err != nil:
				return found, fmt.Errorf("cut after %d events: %w", at, err)
			case state != r.after && (told || state != r.before):
				return found, fmt.Errorf("cut after %d events, of which %d until it was told: another state, %x", at, r.until, state)
			}
			found[state]++
		}
		disk.Next()
	}
	return found, nil
}

// stateOf is the hash of the revocation state that a box finds on that disk.
func stateOf(t *testing.T, dir string, files map[string][]byte, secret string) (hash [32]byte, err error) {
	t.Helper()
	if err := lay(dir, files); err != nil {
		return hash, err
	}
	o, err := crashOptions(dir, secret)
	if err != nil {
		return hash, err
	}
	s, err := store.Open(o)
	if err != nil {
		return hash, err
	}
	defer s.Close()
	d, err := verify.Load(s.Held)
	if err != nil {
		return hash, err
	}
	if d.State == nil || d.State.Set.Hash() != d.State.Hash {
		return hash, errors.New("the state is unknown")
	}
	return d.State.Hash, nil
}

// TestPowerCutsDuringASnapshotOfTenParts cuts the power at every write while one
// snapshot takes the place of another: the box comes up with the old state or the
// new one, never with neither, and once it was told that the new one is kept, with
// that.
func TestPowerCutsDuringASnapshotOfTenParts(t *testing.T) {
	r, seed := replaceSnapshot(t, ""), rand.Uint64()
	found, err := r.cut(t, seed)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	t.Logf("seed %d: %d writes and syncs between the states; of the disks left, %d had the old one and %d the new one",
		seed, r.until-r.from, found[r.before], found[r.after])
	if found[r.before] == 0 || found[r.after] == 0 || r.until-r.from < 10 {
		t.Error("the cuts do not lie around the change")
	}
}

// TestPowerCutsFindASnapshotThatIsNotSynced: a store that says that the snapshot
// is kept before it is synced is caught by the cuts above.
func TestPowerCutsFindASnapshotThatIsNotSynced(t *testing.T) {
	r := replaceSnapshot(t, "PRAGMA synchronous = NORMAL")
	if found, err := r.cut(t, rand.Uint64()); err == nil {
		t.Errorf("nothing was lost: %v", found)
	}
}

// TestADeltaOfOneCostsThreeSyncsAtMost counts what the disk is asked for until one
// more revocation is kept.
func TestADeltaOfOneCostsThreeSyncsAtMost(t *testing.T) {
	var syncs atomic.Int64
	faultvfs.Listen(func(op faultvfs.Op) error {
		if op.Kind == faultvfs.Sync {
			syncs.Add(1)
		}
		return nil
	}, false)
	defer faultvfs.Listen(nil, false)
	b, box := start(t, options(t)), verifytest.NewTarget(t)
	state := revocation.NewBuilder(nil)
	for i := range uint32(100) {
		state.Add(revocation.Section{Kind: revocation.Riders, ID: 1}, 1000+i)
	}
	set := state.Set()
	for _, raw := range tenParts(t, box, 10, set) {
		keepDocument(t, b, box, raw)
	}
	for seq := int64(10); seq < 40; seq++ {
		one := revocation.NewBuilder(nil)
		one.Add(revocation.Section{Kind: revocation.Riders, ID: 1}, uint32(seq))
		next, err := set.With(one.Set(), revocation.Empty())
		if err != nil {
			t.Fatal(err)
		}
		hash := next.Hash()
		raw, err := document.Sign(document.Delta, revocation.DeltaJSON{
			Epoch: 1, From: seq, To: seq + 1, IssuedAt: verifytest.Begin, Add: one.Set().Encode(), Remove: []byte{}, Hash: hash[:],
		}, box.Revocation)
		if err != nil {
			t.Fatal(err)
		}
		set = next
		before := syncs.Load()
		keepDocument(t, b, box, raw)
		if n := syncs.Load() - before; n < 1 || n > 3 {
			t.Errorf("delta %d cost %d syncs", seq, n)
		}
	}
}
