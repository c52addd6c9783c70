package e2e_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// Story 4: the box is killed during an opening. The relay goes off, the record
// is there, the restart opens nothing, and the code has been used.
func TestBoxIsKilledDuringAnOpening(t *testing.T) {
	t.Parallel()
	needs(t)
	w, err := newStage(t).NewWorld(soon(t), stage.WorldConfig{Mosquitto: true, Pulse: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ending(t, w) })
	first := issue(t, w, 42)
	for round, code := range []string{first, issue(t, w, 43), issue(t, w, 44)} {
		killDuring(t, w, code)
		openings(t, w, round+1)
		edges, err := w.Box.Trace.Count()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Box.Start(); err != nil {
			t.Fatal(err)
		}
		status(t, w, func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up })
		if n, err := w.Box.Trace.Count(); err != nil || n != edges {
			t.Errorf("round %d: %d edges before the restart, %d after it (%v)", round, edges, n, err)
		}
	}
	// The first opening is remembered: what its code is good for is a second
	// chance, and no second entry.
	show(t, w, first, gate.Again)
	if _, err := w.Central.WaitRecords(soon(t), func(r stage.Records) bool { return opened(r) == 4 }); err != nil {
		t.Errorf("the four openings are not at the central server: %v", err)
	}
}

// killDuring opens the door with code, kills the box while it is open, and
// insists that the relay goes off before its pulse of 5 s would have ended.
func killDuring(t *testing.T, w *stage.World, code string) {
	t.Helper()
	before, err := w.Box.Trace.Rest(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Box.Scanner.Read(code); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Box.Trace.Next(soon(t), before, true); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if err := w.Box.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	off, err := w.Box.Trace.Next(soon(t), before, false)
	if err != nil {
		t.Fatal(err)
	}
	took := off.At.Sub(killed)
	t.Logf("relay off %s after SIGKILL", took)
	if took > 3*time.Second {
		t.Errorf("relay off only %s after SIGKILL", took)
	}
}

// openings insists on the number of openings in the journal of a box that does
// not run.
func openings(t *testing.T, w *stage.World, want int) {
	t.Helper()
	leaves, err := w.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	n := (stage.Records{Records: records(leaves)}).Count(func(l record.Leaf) bool { return l.Verdict == string(gate.Open) })
	if n != want {
		t.Errorf("%d openings in the journal, want %d", n, want)
	}
}

func records(leaves []record.Leaf) []stage.Record {
	var out []stage.Record
	for _, l := range leaves {
		out = append(out, stage.Record{Leaf: l})
	}
	return out
}
