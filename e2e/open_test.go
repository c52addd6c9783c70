package e2e_test

import (
	"testing"

	"gated/gate"
	"gated/stage"
)

// Story 1: a rider's code opens the gate, and the record of it reaches the
// central server and is cosigned, without anybody doing anything.
func TestCodeOpensAndRecordIsCosigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rider = 42
	seen := show(t, w, issue(t, w, rider), gate.OK)
	t.Logf("relay on %s after the last byte", seen.Took())
	moving, err := w.Central.Draw(soon(t), stage.Site, rider+1)
	if err != nil {
		t.Fatal(err)
	}
	show(t, w, moving, gate.OK)

	// The relay's own records come when it is off again.
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	st := status(t, w, func(s stage.Status) bool { return !s.Lanes[0].Relay })
	got := cosigned(t, w, st.Records)
	if n := opened(got); n != 2 {
		t.Errorf("%d openings at the central server, want 2", n)
	}
	riders := map[uint32]bool{}
	for _, r := range got.Records {
		if r.Leaf.Verdict == string(gate.Open) && r.Person != nil {
			riders[r.Person.Rider] = true
		}
	}
	if !riders[rider] || !riders[rider+1] {
		t.Errorf("the central server has openings of riders %v, want %d and %d", riders, rider, rider+1)
	}
	status(t, w, func(s stage.Status) bool { return s.Cosigned >= st.Records })
}

// A hold reaches the box and ends with the release, and a revocation survives
// the box's restart without a network.
func TestHoldAndRevocationAreEnforced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, verb := range []string{"hold", "release", "revoke"} {
		rev := status(t, w, func(stage.Status) bool { return true }).Rev
		if _, err := w.Central.Do(soon(t), verb, "--issuer", "1", "--rider", "7"); err != nil {
			t.Fatal(err)
		}
		status(t, w, func(s stage.Status) bool { return s.Rev > rev })
		want := map[string]gate.Reason{"hold": gate.OnHold, "release": gate.OK, "revoke": gate.Revoked}[verb]
		show(t, w, issue(t, w, 7), want)
	}
	w.Line.Cut()
	if err := w.Box.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	status(t, w, func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up })
	show(t, w, issue(t, w, 7), gate.Revoked)
	show(t, w, issue(t, w, 8), gate.OK)
}
