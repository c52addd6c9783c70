package central_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gated/central"
	"gated/verify/revocation"
)

func section(k revocation.Kind, id uint32, c revocation.Class) revocation.Section {
	return revocation.Section{Kind: k, ID: id, Class: c}
}

func TestABoxTakesEveryDocumentInTheOrderOfPublication(t *testing.T) {
	w := newWorld(t, afternoon())
	for rider := range uint32(60) { // a snapshot on the way
		w.now = w.now.Add(time.Second)
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	b := newBox(t, w)
	_, messages := published(t, w)
	for _, m := range messages {
		if len(m.Payload) == 0 {
			continue
		}
		if err := b.offer(t, m.Payload); err != nil && !strings.HasPrefix(m.Topic, "revocation/delta/") && m.Topic != "trust" {
			t.Errorf("%s refused: %v", m.Topic, err)
		}
	}
	wantCaughtUp(t, b, 61, 60)
}

// wantCaughtUp checks that the box is ready, fresh and at that state.
func wantCaughtUp(t testing.TB, b *box, seq int64, count int) {
	t.Helper()
	if !b.docs.Ready() {
		t.Fatal("the box is not ready")
	}
	if b.docs.State.Seq != seq || b.docs.State.Set.Count() != count {
		t.Errorf("the box is at state %d with %d entries, not %d with %d", b.docs.State.Seq, b.docs.State.Set.Count(), seq, count)
	}
	if b.docs.Proof == nil || b.docs.Proof.Seq != seq {
		t.Errorf("the box has no proof of freshness for state %d: %+v", seq, b.docs.Proof)
	}
	if !b.docs.Wants().None() {
		t.Errorf("the box still wants %+v", b.docs.Wants())
	}
}

func TestABoxConvergesInAnyOrder(t *testing.T) {
	w := newWorld(t, afternoon())
	for i := range uint32(80) {
		w.now = w.now.Add(time.Second)
		_, err := w.Hold(t.Context(), "", central.Rider(1, i))
		must(t, err)
		if i%3 == 0 {
			_, err = w.Revoke(t.Context(), "", central.Rider(1, i))
			must(t, err)
		}
	}
	w.now = w.now.Add(time.Minute)
	must(t, w.Upkeep(t.Context(), false))
	broker, _ := published(t, w)
	documents := broker.documents()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			shuffled := append([][]byte{}, documents...)
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			b := newBox(t, w)
			b.hears(t, shuffled)
			wantCaughtUp(t, b, 108, 80)
		})
	}
}

// verbStep is one use of a verb and what the set must say after it.
type verbStep struct {
	name    string
	do      func() (central.Change, error)
	changed bool
	holds   func(s *revocation.Set) bool
}

func verbSteps(t *testing.T, w *world) []verbStep {
	revoked, held := revocation.RevokedClass, revocation.HoldClass
	rider, pass := central.Rider(1, 42), central.Pass(kid, 5)
	return []verbStep{
		{
			"hold a rider", func() (central.Change, error) { return w.Hold(t.Context(), "ate it", rider) }, true,
			func(s *revocation.Set) bool { return s.Has(section(revocation.Riders, 1, held), 42) },
		},
		{
			"hold him again", func() (central.Change, error) { return w.Hold(t.Context(), "", rider) }, false,
			func(s *revocation.Set) bool { return s.Has(section(revocation.Riders, 1, held), 42) },
		},
		{
			"release him", func() (central.Change, error) { return w.Release(t.Context(), "", rider) }, true,
			func(s *revocation.Set) bool { return s.Count() == 0 },
		},
		{
			"release him again", func() (central.Change, error) { return w.Release(t.Context(), "", rider) }, false,
			func(s *revocation.Set) bool { return s.Count() == 0 },
		},
		{
			"hold a pass", func() (central.Change, error) { return w.Hold(t.Context(), "", pass) }, true,
			func(s *revocation.Set) bool { return s.Has(section(revocation.Passes, kid, held), 5) },
		},
		{
			"revoke it, which ends the hold", func() (central.Change, error) { return w.Revoke(t.Context(), "", pass) }, true,
			func(s *revocation.Set) bool {
				return s.Has(section(revocation.Passes, kid, revoked), 5) && s.Count() == 1
			},
		},
		{
			"hold what is revoked", func() (central.Change, error) { return w.Hold(t.Context(), "", pass) }, false,
			func(s *revocation.Set) bool { return s.Count() == 1 },
		},
		{
			"releasing does not bring it back", func() (central.Change, error) { return w.Release(t.Context(), "", pass) }, false,
			func(s *revocation.Set) bool { return s.Has(section(revocation.Passes, kid, revoked), 5) },
		},
		{
			"cut off", func() (central.Change, error) { return w.CutOff(t.Context(), "", kid, time.Unix(5000, 0)) }, true,
			func(s *revocation.Set) bool { return s.Cutoff(kid) == 5000 },
		},
		{
			"cut off later", func() (central.Change, error) { return w.CutOff(t.Context(), "", kid, time.Unix(6000, 0)) }, true,
			func(s *revocation.Set) bool { return s.Cutoff(kid) == 6000 && s.Count() == 2 },
		},
		{
			"a cutoff only rises", func() (central.Change, error) { return w.CutOff(t.Context(), "", kid, time.Unix(5500, 0)) }, false,
			func(s *revocation.Set) bool { return s.Cutoff(kid) == 6000 },
		},
	}
}

func TestVerbsShowInTheSet(t *testing.T) {
	w := newWorld(t, afternoon())
	b := newBox(t, w)
	for _, step := range verbSteps(t, w) {
		w.now = w.now.Add(time.Second)
		done, err := step.do()
		must(t, err)
		if done.Changed != step.changed {
			t.Errorf("%s: changed is %v", step.name, done.Changed)
		}
		broker, _ := published(t, w)
		b.at = w.now
		b.hears(t, broker.documents())
		if b.docs.State.Seq != done.Seq || !step.holds(b.docs.State.Set) {
			t.Errorf("%s: not seen at the box, whose state is %d, not %d", step.name, b.docs.State.Seq, done.Seq)
		}
	}
}

func TestVerbsRefuseWhomNobodyKnows(t *testing.T) {
	w := newWorld(t, afternoon())
	_, err := w.Hold(t.Context(), "", central.Rider(2, 42))
	wantErr(t, err, central.ErrNoIssuer)
	_, err = w.Revoke(t.Context(), "", central.Pass(9, 1))
	wantErr(t, err, central.ErrNoKey)
	_, err = w.CutOff(t.Context(), "", 9, afternoon())
	wantErr(t, err, central.ErrNoKey)
}

func TestHeartbeatsNeverRunAheadOfTheClock(t *testing.T) {
	w := newWorld(t, afternoon())
	w.now = w.now.Add(time.Second)
	for rider := range uint32(100) {
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	broker, _ := published(t, w)
	if beat := parseBeat(t, broker.get("revocation/heartbeat")); beat.IssuedAt != w.now.Unix() {
		t.Errorf("issued at %d, it is %d", beat.IssuedAt, w.now.Unix())
	}
	w.now = w.now.Add(time.Second)
	broker, _ = published(t, w)
	if beat := parseBeat(t, broker.get("revocation/heartbeat")); beat.Seq != 101 {
		t.Errorf("a second later the heartbeat is of state %d", beat.Seq)
	}
}

func TestWhatASnapshotCoversIsClearedAfterAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t, afternoon())
	for rider := range uint32(60) {
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	count := func(prefix string) (n int) {
		broker, _ := published(t, w)
		for topic := range broker.retained {
			if strings.HasPrefix(topic, prefix) {
				n++
			}
		}
		return n
	}
	w.now = w.now.Add(14 * time.Minute)
	must(t, w.Upkeep(t.Context(), false))
	if d, s := count("revocation/delta/"), count("revocation/snapshot/"); d != 60 || s != 2 {
		t.Errorf("after 14 min: %d deltas and %d snapshots are kept, not 60 and 2", d, s)
	}
	w.now = w.now.Add(2 * time.Minute)
	must(t, w.Upkeep(t.Context(), false))
	if d, s := count("revocation/delta/"), count("revocation/snapshot/"); d != 10 || s != 1 {
		t.Errorf("after 16 min: %d deltas and %d snapshots are kept, not 10 and 1", d, s)
	}
	broker, messages := published(t, w)
	cleared := 0
	for _, m := range messages {
		if m.Retained && len(m.Payload) == 0 {
			cleared++
		}
	}
	if cleared != 51 {
		t.Errorf("%d topics are cleared, not 50 deltas and a snapshot", cleared)
	}
	b := newBox(t, w)
	b.hears(t, broker.documents())
	wantCaughtUp(t, b, 61, 60)
}

func TestAtMostTwoHundredDeltasAreKept(t *testing.T) {
	w := newWorld(t, afternoon())
	for rider := range uint32(320) {
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	w.now = w.now.Add(time.Second)
	broker, _ := published(t, w)
	deltas, snapshots := 0, 0
	for topic := range broker.retained {
		if strings.HasPrefix(topic, "revocation/delta/") {
			deltas++
		}
		if strings.HasPrefix(topic, "revocation/snapshot/") {
			snapshots++
		}
	}
	if deltas != 200 || snapshots != 5 {
		t.Errorf("%d deltas and %d snapshots, not 200 and 5", deltas, snapshots)
	}
	b := newBox(t, w)
	b.hears(t, broker.documents())
	wantCaughtUp(t, b, 321, 320)
}

func TestALargeStateIsPublishedInParts(t *testing.T) {
	w := newWorld(t, afternoon())
	r := rand.New(rand.NewPCG(1, 2))
	all := 0
	for range 50 { // until a snapshot is due; sparse values take some three bytes each
		var targets []central.Target
		for range 700 {
			targets = append(targets, central.Rider(1, r.Uint32()))
		}
		_, err := w.Hold(t.Context(), "", targets...)
		must(t, err)
		all += len(targets)
	}
	w.now = w.now.Add(time.Second)
	broker, _ := published(t, w)
	beat := parseBeat(t, broker.get("revocation/heartbeat"))
	if beat.Parts < 2 || broker.get(fmt.Sprintf("revocation/snapshot/51/%d", beat.Parts)) == nil {
		t.Errorf("a state of %d entries came in %d parts", all, beat.Parts)
	}
	for topic, payload := range broker.retained {
		if len(payload) > 96<<10 {
			t.Errorf("%s has %d bytes, more than any broker must take", topic, len(payload))
		}
	}
	b := newBox(t, w)
	b.hears(t, broker.documents())
	if b.docs.State == nil || b.docs.State.Seq != 51 {
		t.Error("the box does not reach the state")
	}
}

func TestAChangeThatFillsNoMessageIsRefused(t *testing.T) {
	w := newWorld(t, afternoon())
	targets := make([]central.Target, 70_000)
	for i := range targets {
		targets[i] = central.Rider(1, uint32(i))
	}
	_, err := w.Revoke(t.Context(), "", targets...)
	wantErr(t, err, central.ErrAsked)
}

func TestATrustListBringsAHeartbeatThatAsksForIt(t *testing.T) {
	w := newWorld(t, afternoon())
	asked := func() int64 {
		broker, _ := published(t, w) // which does what is due
		return parseBeat(t, broker.get("revocation/heartbeat")).Trust
	}
	w.now = w.now.Add(time.Second)
	must(t, w.AddIssuer(t.Context(), 2, "Quick"))
	if got := asked(); got != 4 {
		t.Errorf("the heartbeat beside trust list 4 asks for %d", got)
	}
	must(t, w.AddIssuer(t.Context(), 3, "Fast")) // in the same second
	if got := asked(); got != 4 {
		t.Errorf("a heartbeat ran ahead of the clock, for trust list %d", got)
	}
	w.now = w.now.Add(time.Second)
	if got := asked(); got != 5 {
		t.Errorf("a second later the heartbeat asks for trust list %d", got)
	}
}
