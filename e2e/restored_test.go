package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/gate"
	"gated/stage"
)

// A card is taken back to yesterday. The box notices when it hears the central
// server, begins another log by itself, sends what it has recorded meanwhile, and
// both ends raise the alarm; riders notice nothing but a moment.
func TestRestoredCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	show(t, w, issue(t, w, 42), gate.OK)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(w.Box.Dir, "state")
	yesterday := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(yesterday, os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	before := status(t, w, func(s stage.Status) bool { return s.Ready && s.Online && s.Lanes[0].Scanner.Up })
	for rider := range 3 {
		show(t, w, issue(t, w, 100+rider), gate.OK)
	}
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Stop(soon(t)); err != nil { // with a checkpoint over all
		t.Fatal(err)
	}
	cosigned(t, w, before.Records+3)

	w.Line.Cut()
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(state, os.DirFS(yesterday)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	status(t, w, func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up })
	show(t, w, issue(t, w, 200), gate.OK)
	w.Line.Mend()
	now := status(t, w, func(s stage.Status) bool { return s.Ready && s.Log != before.Log && s.Lanes[0].Scanner.Up })
	if !strings.Contains(strings.Join(now.Alarms, " "), "restored or copied") {
		t.Errorf("no alarm tells of it: %q", now.Alarms)
	}
	show(t, w, issue(t, w, 201), gate.OK)
	leaves, err := w.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, l := range leaves {
		if l.Verdict == string(gate.Open) {
			opened++
		}
	}
	if zero := leaves[0]; zero.Event != string(gate.NewLog) || !strings.Contains(zero.Detail, "after log "+before.Log) || opened < 2 {
		t.Errorf("record 0 is %+v, and %d openings are in the new log", zero, opened)
	}
	if out, err := w.Box.Do(soon(t), "journal", "verify"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	_, err = w.Central.WaitRecords(signed(t), func(r stage.Records) bool {
		return slices.ContainsFunc(r.Gates, func(g stage.GateState) bool {
			return g.Log == now.Log && g.Cosigned >= 2 && strings.Contains(strings.Join(g.Alarms, "\n"), "a new log after "+before.Log)
		})
	})
	if err != nil {
		t.Errorf("the central server says nothing of it: %v", err)
	}
}
