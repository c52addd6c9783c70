package store_test

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gated/gate"
	"gated/store"
	"gated/store/faultvfs"
)

// syncsCounted counts the syncs of every database that is opened from now on.
func syncsCounted(t *testing.T) *atomic.Int64 {
	t.Helper()
	var n atomic.Int64
	faultvfs.Listen(func(op faultvfs.Op) error {
		if op.Kind == faultvfs.Sync {
			n.Add(1)
		}
		return nil
	}, false)
	t.Cleanup(func() { faultvfs.Listen(nil, false) })
	return &n
}

// TestWhatFollowsIsSyncedWithTheNextCommit: it is in the journal at once and in
// order, for readers in another process, too; it is counted as on the disk, and
// given away, only once a commit has synced it; and then that commit was one sync.
func TestWhatFollowsIsSyncedWithTheNextCommit(t *testing.T) {
	syncs := syncsCounted(t)
	o := options(t)
	b := start(t, o)
	b.commit(t, admission(1))
	before := syncs.Load()
	for range 3 {
		b.follow(t, door(gate.RelayOn), door(gate.RelayOff))
	}
	if n := syncs.Load() - before; n != 0 {
		t.Errorf("%d syncs for what only follows", n)
	}
	if _, size := b.Log(); size != 1 || b.Size() != 7 {
		t.Errorf("%d records counted as on the disk of %d, want 1 of 7", size, b.Size())
	}
	if batch, err := b.Batch(t.Context(), 0, 0); err != nil || len(batch.Entries) != 1 {
		t.Errorf("%d records given away, 1 is on the disk: %v", len(batch.Entries), err)
	}
	reader, err := store.OpenReadOnly(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	list, err := reader.List(t.Context(), 0, 100)
	if err != nil || len(list) != 7 || !strings.Contains(string(list[6].Leaf), `"seq":6,`) {
		t.Errorf("%d records are seen: %v", len(list), err)
	}
	if first := b.commit(t, admission(2)); first != 7 {
		t.Errorf("then record %d", first)
	}
	if n := syncs.Load() - before; n != 1 {
		t.Errorf("%d syncs, want that of the commit", n)
	}
	if batch, err := b.Batch(t.Context(), 0, 0); err != nil || len(batch.Entries) != 8 {
		t.Errorf("%d records given away of 8: %v", len(batch.Entries), err)
	}
}

// TestACheckpointSyncsWhatFollows: what it covers cannot be lost any more.
func TestACheckpointSyncsWhatFollows(t *testing.T) {
	b := start(t, options(t))
	b.commit(t, admission(1))
	b.follow(t, door(gate.RelayOn))
	if _, err := b.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, size := b.Log(); size != 2 {
		t.Errorf("%d records on the disk of the 2 that the checkpoint covers", size)
	}
}

// TestWhatFollowsWaitsForAMinute at the most: if nothing else is committed it is
// synced by itself, and nothing is synced again after that.
func TestWhatFollowsWaitsForAMinute(t *testing.T) {
	syncs := syncsCounted(t)
	synctest.Test(t, func(t *testing.T) {
		b := start(t, options(t))
		b.commit(t, admission(1))
		begin, before := time.Now(), syncs.Load()
		b.follow(t, door(gate.RelayOn))
		time.Sleep(59 * time.Second) // of synctest's time
		synctest.Wait()
		if _, size := b.Log(); size != 1 || syncs.Load() != before {
			t.Errorf("synced after %s, although nobody needs it", time.Since(begin))
		}
		time.Sleep(2 * time.Second) // of synctest's time
		synctest.Wait()
		if _, size := b.Log(); size != 2 || syncs.Load() != before+1 {
			t.Errorf("%d of 2 records on the disk after %s, %d syncs", size, time.Since(begin), syncs.Load()-before)
		}
		time.Sleep(time.Hour) // of synctest's time
		synctest.Wait()
		if n := syncs.Load() - before; n != 1 {
			t.Errorf("%d syncs in an hour in which nothing happens", n)
		}
		b.mustStop(t)
	})
}

// TestStoppingSyncsWhatFollows: Run ends with everything on the disk.
func TestStoppingSyncsWhatFollows(t *testing.T) {
	syncs := syncsCounted(t)
	b := start(t, options(t))
	b.commit(t, admission(1))
	before := syncs.Load()
	b.Follow(door(gate.RelayOn))
	b.mustStop(t)
	if _, size := b.Log(); size != 2 || syncs.Load() == before {
		t.Errorf("%d of 2 records, %d syncs", size, syncs.Load()-before)
	}
}

// TestAFailedSyncLosesWhatFollowsToo: nobody knows what is on the disk then, so
// the caller gets it back, in order.
func TestAFailedSyncLosesWhatFollowsToo(t *testing.T) {
	var fail atomic.Bool
	faultvfs.Listen(func(op faultvfs.Op) error {
		if op.Kind == faultvfs.Sync && fail.Load() {
			return syscall.EIO
		}
		return nil
	}, false)
	defer faultvfs.Listen(nil, false)
	b := start(t, options(t))
	b.commit(t, admission(1))
	b.follow(t, door(gate.RelayOn))
	fail.Store(true)
	b.follow(t, door(gate.RelayOff))
	if r := <-b.Commit(admission(2)); r.Err == nil {
		t.Fatal("committed without a sync")
	}
	var lost []gate.Event
	for _, r := range b.Lost() {
		lost = append(lost, r.Event)
	}
	if len(lost) != 3 || lost[0] != gate.RelayOn || lost[1] != gate.RelayOff || lost[2] != "" {
		t.Errorf("given back: %q", lost)
	}
}
