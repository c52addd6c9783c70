package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/store"
)

// smallDisk is a file system of 16 MB in memory.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		drivertest.Missing(t, "root", errors.New("mounting a file system needs root"))
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "gated-test", dir).CombinedOutput(); err != nil {
		drivertest.Missing(t, "mount", fmt.Errorf("%w: %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	return dir
}

// leave fills the file system of dir until so many bytes are left.
func leave(t *testing.T, dir string, bytes uint64) {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	left := fs.Bavail * uint64(fs.Bsize)
	if left < bytes {
		t.Fatalf("%d bytes are left, not even %d", left, bytes)
	}
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, left-bytes), 0o600); err != nil {
		t.Fatal(err)
	}
}

// many commits n records, a hundred at a time, and returns the first error.
func (b *box) many(n int) error {
	for range n / 100 {
		recs := make([]gate.Record, 100)
		for i := range recs {
			recs[i] = door(gate.RelayOn)
		}
		if r := <-b.Commit(recs...); r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// TestANearlyFullDiskMakesRoom: the oldest records that are cosigned go before
// their time, and the journal grows into their place where it would have ended; what
// nobody has cosigned stays.
func TestANearlyFullDiskMakesRoom(t *testing.T) {
	for _, looked := range []bool{true, false} {
		t.Run(fmt.Sprintf("looked %t", looked), func(t *testing.T) {
			o := options(t)
			o.Dir = filepath.Join(smallDisk(t), "state")
			b := start(t, o)
			if err := b.many(8000); err != nil {
				t.Fatal(err)
			}
			central, key := signerOf(t, "cosign")
			cosign(t, b, central, key)
			covered := b.Cosigned()
			if err := b.many(1000); err != nil {
				t.Fatal(err)
			}
			b.mustStop(t) // its write-ahead log is folded back, as long before a larger disk is nearly full
			b = start(t, o)
			leave(t, filepath.Dir(o.Dir), 500<<10)
			l := limits()
			if looked {
				l.Room = 64 << 20
			}
			if r, err := b.Room(t.Context(), l); err != nil || r.Low() != looked {
				t.Fatalf("%+v: %v", r, err)
			}
			r := b.retain(t, begin, l)
			err := b.many(3000)
			if !looked {
				if r.Dropped != 0 || !store.DiskFault(err) {
					t.Errorf("nobody has looked: %+v, then %v", r, err)
				}
				return
			}
			if err != nil || r.Lost != 0 || r.Dropped == 0 || r.Dropped > covered {
				t.Fatalf("%+v of %d that are cosigned, then %v", r, covered, err)
			}
			list, err := b.List(t.Context(), 9000, 9100)
			if err != nil || !strings.Contains(leafOf(t, list[0]).Detail, "nearly full") {
				t.Errorf("no record tells of it: %v", err)
			}
			if rep, err := b.Verify(t.Context(), store.Expect{}); err != nil || rep.First != r.Dropped {
				t.Errorf("%+v: %v", rep, err)
			}
			if again, err := b.Room(t.Context(), l); err != nil || again.Disk >= again.Want {
				t.Errorf("the alarm would end: %+v: %v", again, err)
			}
		})
	}
}

// TestNothingBeginsOnAFullDisk: SQLite would have to end in the middle of it.
func TestNothingBeginsOnAFullDisk(t *testing.T) {
	o := options(t)
	o.Dir = filepath.Join(smallDisk(t), "state")
	b := start(t, o)
	b.commit(t, admission(1))
	b.mustStop(t)
	leave(t, filepath.Dir(o.Dir), 200<<10)
	if _, err := store.Open(o); !store.DiskFault(err) {
		t.Errorf("opened: %v", err)
	}
}
