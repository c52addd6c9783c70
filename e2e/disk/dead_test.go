package disk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/store/faultvfs"
	"gated/verify/record"
)

// The disk fails under a rider: his door opens for the whole pulse, and the
// daemon ends. As long as the disk is dead the next start goes on from memory: it
// opens, knows whose pass was used, and says aloud that nothing is durable. When
// the disk is back, nothing is lost and nothing can be used twice.
func TestTheDiskDies(t *testing.T) {
	for name, fault := range map[string]struct {
		on   faultvfs.Switch
		with syscall.Errno
	}{"EIO on fsync": {faultvfs.FailSyncs, syscall.EIO}, "EIO on write": {faultvfs.FailWrites, syscall.EIO}, "ENOSPC on write": {faultvfs.FailWrites, syscall.ENOSPC}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			used, dying, later := w.issue(t, 1), w.issue(t, 2), w.issue(t, 3)
			w.show(t, used, gate.OK)
			w.settled(t, 1)
			w.Line.Cut() // nothing is sent: all must come back from memory

			syncs := w.switches.Get(faultvfs.Syncs)
			w.switches.Fail(fault.on, fault.with)
			w.open(t, dying)
			w.broken(t)
			if n := w.switches.Get(faultvfs.Syncs) - syncs; n > 1 {
				t.Errorf("%d syncs after the first failed: it was tried again", n)
			}

			inMemory(t, w.restart(t))
			w.show(t, used, gate.Again)
			w.show(t, later, gate.OK)
			if err := w.Box.Kill(soon(t)); err != nil {
				t.Fatal(err)
			}
			inMemory(t, w.restart(t)) // still dead
			w.show(t, used, gate.Again)
			w.show(t, later, gate.Again)
			if err := w.Box.Stop(soon(t)); err != nil {
				t.Fatal(err)
			}

			w.heal()
			if st := w.restart(t); !st.Durable {
				t.Error("the disk is back, and not used")
			}
			w.show(t, used, gate.UsedUp)
			w.show(t, dying, gate.Again)
			w.show(t, later, gate.Again)
			// What could not be synced may be there after all: nobody knows.
			leaves := w.onDisk(t, 3+2+3, 1)
			if !told(leaves, "the disk had taken no records") {
				t.Error("no record tells of the time without a disk")
			}
		})
	}
}

// A disk that can be neither written nor read: the lists come from the broker.
func TestTheDiskIsGone(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	w.switches.Fail(faultvfs.FailReads, syscall.EIO)
	inMemory(t, w.restart(t))
	code := w.issue(t, 1)
	w.show(t, code, gate.OK)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	w.heal()
	w.restart(t)
	w.show(t, code, gate.Again)
	if err := w.Box.Stop(soon(t)); err != nil { // with a checkpoint
		t.Fatal(err)
	}
	if _, err := w.Central.WaitRecords(soon(t), func(r stage.Records) bool {
		return r.Count(func(l record.Leaf) bool { return l.Verdict == string(gate.Open) }) >= 2 // once more if it came back from memory, too
	}); err != nil {
		t.Errorf("the openings are not at the central server: %v", err)
	}
}

// A disk that is back in the middle of a run is found by itself.
func TestTheDiskComesBack(t *testing.T) {
	if os.Getenv("GATED_LONG") == "" {
		t.Skip("it takes a minute: GATED_LONG=1")
	}
	w := newWorld(t, nil)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	w.switches.Fail(faultvfs.FailWrites, syscall.EIO)
	inMemory(t, w.restart(t))
	w.heal()
	limit := time.After(90 * time.Second)
	select {
	case <-w.Box.Process().Done():
	case <-limit:
		t.Fatal("the disk is back, and nobody has looked")
	}
	w.broken(t)
	if st := w.restart(t); !st.Durable {
		t.Error("the disk is back, and not used")
	}
}

// The file system turns read-only, as ext4 does after an error.
func TestTheDiskTurnsReadOnly(t *testing.T) {
	needsRoot(t)
	var state string
	w := newWorld(t, func(t *testing.T, dir string) { state = dir; ext4(t, dir, 16) })
	used, dying, later := w.issue(t, 1), w.issue(t, 2), w.issue(t, 3)
	w.show(t, used, gate.OK)
	if err := w.Box.Kill(soon(t)); err != nil { // its write-ahead log stays
		t.Fatal(err)
	}
	w.Line.Cut()
	run(t, "mount", "-o", "remount,ro", state)
	inMemory(t, w.restart(t))
	w.show(t, used, gate.Again)
	w.open(t, dying)
	run(t, "mount", "-o", "remount,rw", state)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	w.restart(t)
	w.open(t, later)
	w.onDisk(t, 2+1+1, 0)
}

// The disk is full: the gate decides, says so, and keeps everything. In blocks
// smaller than those in which SQLite takes its shared memory the kernel would end the
// process instead of saying so.
func TestTheDiskIsFull(t *testing.T) {
	needsRoot(t)
	for _, block := range []int{4096, 1024} {
		t.Run(fmt.Sprintf("blocks of %d", block), func(t *testing.T) { theDiskIsFull(t, block) })
	}
}

func theDiskIsFull(t *testing.T, block int) {
	var state string
	w := newWorld(t, func(t *testing.T, dir string) { state = dir; ext4Of(t, dir, 8, block) })
	used := w.issue(t, 1)
	w.show(t, used, gate.OK)
	w.settled(t, 1)
	w.Line.Cut()
	fill(t, state)
	n := 1
	for ; w.Box.Running() && n < 100; n++ { // what is allocated already still takes some
		w.open(t, w.issue(t, n+1))
		w.settled(t, n+1)
	}
	w.broken(t)
	inMemory(t, w.restart(t))
	w.show(t, used, gate.Again)
	w.open(t, w.issue(t, n+1))
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(state, "filler")); err != nil {
		t.Fatal(err)
	}
	if st := w.restart(t); !st.Durable {
		t.Error("there is room, and it is not used")
	}
	w.onDisk(t, n+2, 1)
}

// fill writes until nothing more goes onto the disk of dir.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// A sync of two seconds: the door opens after the limit, and a record says that
// it came late.
func TestTheDiskIsSlow(t *testing.T) {
	w := newWorld(t, nil)
	code := w.issue(t, 1)
	w.switches.Set(faultvfs.Delay, uint64(2*time.Second))
	w.open(t, code)
	w.switches.Set(faultvfs.Delay, 0)
	if err := stage.Until(soon(t), 50*time.Millisecond, func() (bool, error) {
		leaves, err := w.Box.Journal(soon(t))
		for _, l := range leaves {
			if l.Event == string(gate.LateRecord) && l.About != nil {
				return leaves[*l.About].Verdict == string(gate.Open), nil
			}
		}
		return false, err
	}); err != nil {
		t.Errorf("no record says that the opening's came late: %v", err)
	}
}

func told(leaves []record.Leaf, detail string) bool {
	for _, l := range leaves {
		if strings.Contains(l.Detail, detail) {
			return true
		}
	}
	return false
}
