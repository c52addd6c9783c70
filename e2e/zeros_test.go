package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
	"gated/stage"
)

// The box's database is overwritten with zeros. The box says that it knows
// nothing, refuses everybody, comes back by itself once it hears the broker,
// and tells of it; the old file is kept for whoever looks into it.
func TestDatabaseOverwrittenWithZeros(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	show(t, w, issue(t, w, 42), gate.OK)
	if _, err := w.Central.Do(soon(t), "hold", "--issuer", "1", "--rider", "7"); err != nil {
		t.Fatal(err)
	}
	before := status(t, w, func(s stage.Status) bool { return s.Rev > 1 })
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	size := zero(t, w.Box)
	w.Line.Cut()
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	st := status(t, w, func(s stage.Status) bool { return len(s.Lanes) > 0 && s.Lanes[0].Scanner.Up })
	if st.Ready || st.Freshness != "unknown" || st.Fresh != -1 || st.Rev != 0 || st.Trust != 0 {
		t.Errorf("after the loss the box says %+v", st)
	}
	if !strings.Contains(strings.Join(st.Alarms, " "), "set aside") {
		t.Errorf("no alarm tells of the loss: %q", st.Alarms)
	}
	show(t, w, issue(t, w, 43), gate.NotReady)

	w.Line.Mend()
	now := status(t, w, func(s stage.Status) bool { return s.Ready && s.Online && s.Rev >= before.Rev })
	if now.Log == before.Log {
		t.Error("the box goes on with a log that it has lost")
	}
	show(t, w, issue(t, w, 7), gate.OnHold)
	show(t, w, issue(t, w, 44), gate.OK)
	journalTells(t, w)
	kept(t, w.Box, size)
}

// zero overwrites the database of a box that does not run.
func zero(t *testing.T, b *stage.Box) (size int) {
	t.Helper()
	path := filepath.Join(b.Dir, "state", "gated.db")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, info.Size()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return int(info.Size())
}

// journalTells insists that the loss is among the first records of the new log.
func journalTells(t *testing.T, w *stage.World) {
	t.Helper()
	out, err := w.Box.Do(soon(t), "journal", "list", "--json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	first := strings.Join(lines[:min(3, len(lines))], "\n")
	if !strings.Contains(first, "set aside") {
		t.Errorf("the first records are\n%s", first)
	}
}

// kept insists that the damaged file is there, as it was.
func kept(t *testing.T, b *stage.Box, size int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(b.Dir, "state", "gated.db.bad-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("set aside: %q (%v)", found, err)
	}
	old, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(old) != size || strings.Trim(string(old), "\x00") != "" {
		t.Errorf("the damaged file has changed: %d bytes, were %d", len(old), size)
	}
}
