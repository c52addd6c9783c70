package verifytest_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/revocation"
	"gated/verify/verifytest"
)

func TestNotesBringAnEmptyBoxToTheDocuments(t *testing.T) {
	t.Parallel()
	w, clock := verifytest.New(t), verifytest.NewClock()
	w.List(revocation.Section{Kind: revocation.Riders, ID: verifytest.Issuer}, verifytest.Rider)
	want := w.Documents()
	got := w.Deliver(&verify.Documents{}, clock.Now())
	if !got.Ready() || got.Trust.Version != want.Trust.Version || got.Site.Version != want.Site.Version {
		t.Fatalf("trust %+v, site %+v", got.Trust, got.Site)
	}
	if !got.State.Same(want.State.Epoch, want.State.Seq, want.State.Hash) || got.Proof == nil || got.Proof.IssuedAt != want.Proof.IssuedAt {
		t.Fatalf("state %+v, proof %+v", got.State, got.Proof)
	}
}

func TestVersionsRiseWithWhatChanges(t *testing.T) {
	t.Parallel()
	w := verifytest.New(t)
	first := w.Documents()
	w.At++
	if same := w.Documents(); same.Trust != first.Trust || same.Site != first.Site || same.State != first.State || same.Proof.IssuedAt != first.Proof.IssuedAt+1 {
		t.Fatal("a heartbeat changed more than itself")
	}
	w.Trust.Keys[0].State = "void"
	w.Site.Name = "another"
	w.List(revocation.Section{Kind: revocation.Passes, ID: verifytest.Kid}, 1)
	next := w.Documents()
	if next.Trust.Version != first.Trust.Version+1 || next.Site.Version != first.Site.Version+1 || next.State.Seq != first.State.Seq+1 {
		t.Fatal("a version did not rise")
	}
	w.Unlist(revocation.Section{Kind: revocation.Passes, ID: verifytest.Kid}, 1)
	if last := w.Documents(); last.State.Set.Count() != 0 {
		t.Fatal("it is still listed")
	}
}

func TestAWorldsPassesOpenItsGate(t *testing.T) {
	t.Parallel()
	w, err := verifytest.Make()
	if err != nil {
		t.Fatal(err)
	}
	clock := verifytest.NewClock()
	v := verify.New(w.Box, clock.Now)
	v.Enforce(w.Documents())
	lane := gate.Lane{Name: "in", Direction: gate.In}
	clock.Advance(time.Second)
	for _, code := range []string{w.Bearer(w.Header()), w.Phone(w.Header()).Show(clock.Now().Time, verifytest.Tag)} {
		if d := v.Judge(gate.Scan{Code: code}, lane, gate.DoorState{}); d.Reason != gate.OK {
			t.Fatalf("it came to %s", d.Reason)
		}
	}
}
