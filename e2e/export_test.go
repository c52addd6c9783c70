package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"gated/gate"
	"gated/stage"
)

// A box that hears no broker is brought up to date by files, with the daemon
// running or stopped, through two rotations of the root that it slept through.
func TestBoxWithoutANetworkIsBroughtUpToDateByFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Line.Cut()
	status(t, w, func(s stage.Status) bool { return !s.Online })
	code := issue(t, w, 7)
	for _, args := range [][]string{
		{"hold", "--issuer", "1", "--rider", "7"},
		{"root", "rotate"},
		{"authority", "rotate", "--role", "revocation"},
		{"authority", "rotate", "--role", "site"},
		{"root", "rotate"},
		{"key", "add", "--issuer", "1", "--kid", "258"},
		{"site", "hold", "--site", "1001", "--issuer", "1", "--rider", "8", "--for", "24h"},
	} {
		if _, err := w.Central.Do(soon(t), args...); err != nil {
			t.Fatal(err)
		}
	}
	carry(t, w, "stick-1")
	show(t, w, code, gate.OnHold)
	show(t, w, issue(t, w, 8), gate.OnHold)
	show(t, w, issue(t, w, 9), gate.OK)

	if _, err := w.Central.Do(soon(t), "key", "void", "--kid", stage.Kid); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	// A log that is lost for good: as the daemon says, last-cosigned goes too, or
	// no other log would begin.
	for _, name := range []string{"gated.db", "gated.db-wal", "gated.db-shm", "last-cosigned"} {
		if err := os.Remove(filepath.Join(w.Box.Dir, "state", name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	carry(t, w, "stick-2") // from nothing, with the first root in the configuration
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	status(t, w, func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up })
	show(t, w, code, gate.KeyVoid)
}

// carry exports to a folder and imports what is in it.
func carry(t *testing.T, w *stage.World, folder string) {
	t.Helper()
	stick := w.Path(folder)
	if _, err := w.Central.Do(soon(t), "export", "--gate", stage.GateID, "--out", stick); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(stick, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.Box.Do(soon(t), append([]string{"import"}, files...)...); err != nil {
		t.Errorf("import: %v\n%s", err, out)
	}
}
