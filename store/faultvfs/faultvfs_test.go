package faultvfs_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"gated/store/faultvfs"
)

func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestAListenerHearsAndDecides: what SQLite does is heard, and what the listener
// refuses SQLite reports as its own Unix file would.
func TestAListenerHearsAndDecides(t *testing.T) {
	var mu sync.Mutex
	heard := make(map[faultvfs.Kind]int)
	refuse := make(map[faultvfs.Kind]error)
	faultvfs.Listen(func(op faultvfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		heard[op.Kind]++
		return refuse[op.Kind]
	}, false)
	defer faultvfs.Listen(nil, false)
	db := database(t)
	if _, err := db.Exec("CREATE TABLE x(y)"); err != nil {
		t.Fatal(err)
	}
	for _, k := range []faultvfs.Kind{faultvfs.Open, faultvfs.Write, faultvfs.Sync} {
		if heard[k] == 0 {
			t.Errorf("nothing of kind %d was heard: %v", k, heard)
		}
	}
	for _, row := range []struct {
		kind faultvfs.Kind
		err  error
		want sqlite3.ErrNoExtended
	}{
		{faultvfs.Sync, syscall.EIO, sqlite3.ErrIoErrFsync},
		{faultvfs.Write, syscall.EIO, sqlite3.ErrIoErrWrite},
		{faultvfs.Write, syscall.ENOSPC, sqlite3.ErrNoExtended(sqlite3.ErrFull)},
	} {
		mu.Lock()
		clear(refuse)
		refuse[row.kind] = row.err
		mu.Unlock()
		var lite sqlite3.Error
		if _, err := db.Exec("INSERT INTO x VALUES(1)"); !errors.As(err, &lite) || lite.ExtendedCode != row.want {
			t.Errorf("kind %d refused with %v: SQLite says %v, want code %d", row.kind, row.err, err, row.want)
		}
	}
}

// TestSwitchesWorkThroughTheFile: what one mapping throws, the other obeys.
func TestSwitchesWorkThroughTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "switches")
	ours, err := faultvfs.Map(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := faultvfs.Map(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Obey("/")
	defer faultvfs.Listen(nil, false)
	db := database(t)
	if _, err := db.Exec("CREATE TABLE x(y)"); err != nil {
		t.Fatal(err)
	}
	if ours.Get(faultvfs.Bytes) == 0 || ours.Get(faultvfs.Syncs) == 0 {
		t.Error("nothing was counted")
	}
	ours.Set(faultvfs.Delay, uint64(50*time.Millisecond))
	begin := time.Now()
	if _, err := db.Exec("INSERT INTO x VALUES(1)"); err != nil || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("a delayed sync took %s: %v", time.Since(begin), err)
	}
	ours.Set(faultvfs.Delay, 0)
	ours.Fail(faultvfs.FailReads, syscall.EIO)
	if err := database(t).Ping(); err == nil {
		t.Error("a disk that cannot be read was opened")
	}
}

// TestADiskKeepsWhatWasSynced plays one file: what was synced is there whatever
// is drawn, what was not comes and goes by sectors.
func TestADiskKeepsWhatWasSynced(t *testing.T) {
	bytes := func(b byte, n int) []byte {
		s := make([]byte, n)
		for i := range s {
			s[i] = b
		}
		return s
	}
	r := faultvfs.Recording{Events: []faultvfs.Event{
		{Kind: faultvfs.Open, File: "f", Offset: faultvfs.OpenCreate | faultvfs.OpenWAL},
		{Kind: faultvfs.Write, File: "f", Data: bytes('a', 1024)},
		{Kind: faultvfs.Sync, File: "f"},
		{Kind: faultvfs.Write, File: "f", Data: bytes('b', 1024)},
	}}
	torn, unnamed := 0, 0
	for seed := range uint64(200) {
		d := r.Disk(seed, 0)
		for range 2 {
			d.Next()
		}
		if _, ok := d.Cut()["f"]; !ok {
			unnamed++
		}
		for d.Next() {
		}
		f := d.Cut()["f"]
		if len(f) != 1024 || f[0] != f[511] || f[512] != f[1023] || f[0] != 'a' && f[0] != 'b' {
			t.Fatalf("seed %d: %d bytes, not whole sectors of what was written", seed, len(f))
		}
		if f[0] != f[512] {
			torn++
		}
	}
	if torn == 0 || unnamed == 0 || unnamed == 200 {
		t.Errorf("%d torn writes, %d files without a name of 200", torn, unnamed)
	}
}
