package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
	"gated/store"
)

func TestOpenRefusesWhatWouldNotBeDurable(t *testing.T) {
	for _, p := range [][2]string{
		{"_synchronous", "NORMAL"},
		{"_synchronous", "OFF"},
		{"_synchronus", "FULL"},
		{"_journal_mode", "DELETE"},
		{"_secure_delete", "0"},
		{"_locking_mode", "EXCLUSIVE"},
	} {
		o := options(t)
		start(t, o).mustStop(t)
		s, err := store.OpenWith(o, p[0], p[1])
		if p[0] == "_synchronus" { // Misspelt beside the right one: harmless.
			if err != nil {
				t.Errorf("%v: %v", p, err)
			}
		} else if err == nil {
			t.Errorf("opened with %v", p)
		}
		if s != nil {
			s.Close()
		}
	}
}

func TestOpenMakesADatabaseOnlyWhenAsked(t *testing.T) {
	o := options(t)
	o.Create = false
	if _, err := store.Open(o); !errors.Is(err, store.ErrMissing) {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := store.OpenReadOnly(o.Dir); !errors.Is(err, store.ErrMissing) {
		t.Errorf("to read: %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "gated.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused opening made a file: %v", err)
	}
	o.Dir = filepath.Join(o.Dir, "deeper", "state ?#%41")
	o.Create = true
	b := start(t, o)
	b.commit(t, door(gate.RelayOn))
	b.mustStop(t)
	o.Create = false
	start(t, o).mustStop(t)
	if files, err := os.ReadDir(o.Dir); err != nil || len(files) != 3 {
		t.Errorf("at rest there are %v beside the database, the lock and the second copy: %v", files, err)
	}
	if err := os.Remove(filepath.Join(o.Dir, "gated.db")); err != nil {
		t.Fatal(err)
	}
	o.Create = true
	if _, err := store.Open(o); !errors.Is(err, store.ErrMissing) || !strings.Contains(err.Error(), "last-cosigned") {
		t.Errorf("a database that was taken away: %v", err)
	}
}

func TestOpenBeginsAgainAfterACrashInCreating(t *testing.T) {
	o := options(t)
	for _, name := range []string{"gated.db.new", "gated.db.new-wal"} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start(t, o).mustStop(t)
}

func TestOpenLeavesANewerFileAlone(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.commit(t, door(gate.RelayOn))
	b.mustStop(t)
	path := filepath.Join(o.Dir, "gated.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[63] = 99 // PRAGMA user_version in the file's header.
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(o); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opened: %v", err)
	}
	if _, err := store.OpenReadOnly(o.Dir); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opened to read: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(raw, after) {
		t.Errorf("the file was changed: %v", err)
	}
	if files, err := os.ReadDir(o.Dir); err != nil || len(files) != 3 {
		t.Errorf("beside the database, the lock and the second copy there are %v: %v", files, err)
	}
}

func TestOpenRefusesWhatIsNotOurs(t *testing.T) {
	o := options(t)
	start(t, o).mustStop(t)
	for _, other := range []store.Options{{Site: 1002, Gate: o.Gate}, {Site: o.Site, Gate: "west-1"}} {
		other.Dir, other.Signer = o.Dir, o.Signer
		if s, err := store.Open(other); err == nil {
			t.Errorf("opened for gate %s at site %d", other.Gate, other.Site)
			s.Close()
		}
	}
	if b := start(t, o); b.Start() != 2 {
		t.Errorf("start %d: a refused opening was counted", b.Start())
	}
	for name, content := range map[string]string{"empty": "", "garbage": "this is not a database, it only looks like a file"} {
		o := options(t)
		if err := os.WriteFile(filepath.Join(o.Dir, "gated.db"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := store.Open(o); err == nil {
			t.Errorf("opened a file that is %s", name)
			s.Close()
		}
	}
}

func TestOpenTurnsASecondProcessAway(t *testing.T) {
	o := options(t)
	b := start(t, o)
	if _, err := store.Open(o); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	b.commit(t, door(gate.RelayOn)) // From here on Run runs for certain.
	if err := b.Close(); err == nil {
		t.Error("closed while it ran")
	}
	b.commit(t, door(gate.RelayOn))
	b.mustStop(t)
	start(t, o).mustStop(t)
}

func TestReadOnlyBesideARunningStore(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 40)
	if err := ackAll(t, b); err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenReadOnly(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	log, size := b.Log()
	if l, n := r.Log(); l != log || n != size || r.Cosigned() != size || r.Start() != 1 {
		t.Errorf("log %s of %d, cosigned %d, start %d", l, n, r.Cosigned(), r.Start())
	}
	if rep, err := r.Verify(t.Context(), store.Expect{}); err != nil || rep.Records != 40 || rep.Persons != 20 || rep.Cosigned != 40 {
		t.Errorf("%+v: %v", rep, err)
	}
	b.commit(t, door(gate.RelayOff))
	if list, err := r.List(t.Context(), 40, 99); err != nil || len(list) != 1 {
		t.Errorf("%d new records seen: %v", len(list), err)
	}
	if rc := <-r.Commit(door(gate.RelayOn)); !errors.Is(rc.Err, store.ErrReadOnly) {
		t.Errorf("wrote: %v", rc.Err)
	}
	if err := r.Run(t.Context()); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("ran: %v", err)
	}
	if _, err := r.Checkpoint(t.Context()); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("signed: %v", err)
	}
}

func TestReadOnlyOfACopyThatNobodyMayWrite(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 10)
	b.mustStop(t)
	raw, err := os.ReadFile(filepath.Join(o.Dir, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gated.db"), raw, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	r, err := store.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if rep, err := r.Verify(t.Context(), store.Expect{}); err != nil || rep.Records != 10 {
		t.Errorf("%+v: %v", rep, err)
	}
}
