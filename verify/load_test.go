package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gated/verify"
	"gated/verify/revocation"
)

// sameDocuments demands that both enforce the same.
func sameDocuments(tb testing.TB, got, want *verify.Documents) {
	tb.Helper()
	beat := func(hb *revocation.Heartbeat) string {
		if hb == nil {
			return "none"
		}
		return fmt.Sprint(hb.Epoch, hb.Seq, hb.Hash, hb.Trust, hb.IssuedAt)
	}
	switch {
	case (got.Trust == nil) != (want.Trust == nil), (got.Site == nil) != (want.Site == nil), (got.State == nil) != (want.State == nil):
		tb.Fatalf("got %+v, want %+v", got, want)
	case got.Trust != nil && (!bytes.Equal(got.Trust.Raw, want.Trust.Raw) || len(got.Trust.Known) != len(want.Trust.Known)):
		tb.Fatalf("trust list %d, want %d", got.Trust.Version, want.Trust.Version)
	case got.Site != nil && !bytes.Equal(got.Site.Raw, want.Site.Raw):
		tb.Fatalf("site document %d, want %d", got.Site.Version, want.Site.Version)
	case got.State != nil && (!got.State.Same(want.State.Epoch, want.State.Seq, want.State.Hash) || got.State.Set.Hash() != want.State.Hash):
		tb.Fatalf("state %d.%d, want %d.%d", got.State.Epoch, got.State.Seq, want.State.Epoch, want.State.Seq)
	case beat(got.Heartbeat) != beat(want.Heartbeat):
		tb.Fatalf("heartbeat %s, want %s", beat(got.Heartbeat), beat(want.Heartbeat))
	case beat(got.Proof) != beat(want.Proof):
		tb.Fatalf("proof %s, want %s", beat(got.Proof), beat(want.Proof))
	}
}

func TestLoadNothing(t *testing.T) {
	d, err := verify.Load(func(string) ([]byte, bool) { return nil, false })
	if err != nil || d.Ready() || d.Trust != nil || d.State != nil {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestLoadWhatWasKept(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	again := func() {
		t.Helper()
		before := h.docs
		if err := h.crash(); err != nil {
			t.Fatal(err)
		}
		sameDocuments(t, h.docs, before)
	}
	for _, raw := range p.all() {
		h.take(raw)
		again()
	}
	// More deltas than are kept one by one, some taken together.
	for i := range uint32(230) {
		first := p.revoke(2 * i)
		if i%5 == 0 {
			second := p.revoke(2*i + 1)
			h.take(second)
		}
		h.take(first)
		again()
	}
	h.take(p.sayBeat())
	again()
	h.upToDate(p)
	h.take(p.sayBeat(func(j *revocation.HeartbeatJSON) { j.Seq += 7 }))
	again()
	p.beat.Seq += 6 // leads where the heartbeat says, and the box is behind
	h.take(p.sayTrust(), p.saySite())
	again()
	p.newEpoch()
	for _, raw := range p.all() {
		h.take(raw)
		if !strings.HasPrefix(string(raw), "gated/v1/revocation-snapshot") { // in memory until the last
			again()
		}
	}
	h.upToDate(p)
}

// TestAShorterStateLeavesNothingOfALongerOne: what it does not overwrite it
// empties.
func TestAShorterStateLeavesNothingOfALongerOne(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	for i := range uint32(50) {
		p.List(revokedRider, 1000*i)
	}
	p.saySnapshot()
	p.sayBeat()
	h.take(p.all()...)
	left := func() (n int) {
		for name, b := range h.disk {
			if strings.HasPrefix(name, "revocation-part-") && len(b) > 0 {
				n++
			}
		}
		return n
	}
	if len(p.snapshot) < 5 || left() != len(p.snapshot) {
		t.Fatalf("%d parts, %d kept", len(p.snapshot), left())
	}
	if err := h.crash(); err != nil { // which knows from the disk how many there were
		t.Fatal(err)
	}
	p.Revoked = revocation.Empty()
	p.List(revokedRider, 7)
	p.newEpoch()
	h.take(p.all()...)
	if left() != 1 {
		t.Errorf("%d parts are left", left())
	}
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.upToDate(p)
	// A large one is kept once, a small one twice.
	for _, tt := range []struct {
		riders uint32
		once   bool
	}{{1000, false}, {300_000, true}} {
		p.Revoked = revocation.Empty()
		p.List(revokedRider, 0)
		b := revocation.NewBuilder(p.Revoked)
		for i := range tt.riders {
			b.Add(revokedRider, i)
		}
		p.Revoked = b.Set()
		p.beat.Seq++
		p.beat.IssuedAt += 60
		parts := revocation.Split(p.beat.Epoch, p.beat.Seq, p.beat.IssuedAt, p.Revoked.Encode())
		for _, part := range parts {
			h.take(p.sign("gated/v1/revocation-snapshot", part, p.Revocation))
		}
		for _, held := range h.last.Keep {
			if part := strings.HasPrefix(held.Name, "revocation-part-"); held.Once != (part && tt.once) {
				t.Errorf("%d riders: %s of %d bytes is kept once: %t", tt.riders, held.Name, len(held.Body), held.Once)
			}
		}
	}
	if err := h.crash(); err != nil || h.docs.State.Set.Count() != 300_000 {
		t.Errorf("%v", err)
	}
}

func TestKeepWritesLittleForADelta(t *testing.T) {
	p := newPublisher(t)
	for i := range uint32(5000) {
		p.List(revokedRider, 100*i)
	}
	h := newHolder(p)
	p.saySnapshot()
	h.take(p.all()[:2]...)
	h.take(p.snapshot...)
	whole := 0
	for _, held := range h.last.Keep {
		whole += len(held.Body)
	}
	h.take(p.sayBeat())
	h.take(p.revoke(7))
	size := 0
	for _, held := range h.last.Keep {
		size += len(held.Body)
	}
	if whole < 5000 || size > 1000 {
		t.Errorf("a delta writes %d bytes beside a state of %d", size, whole)
	}
}

// TestLoadDamaged damages each kept part in turn (what the store finds damaged,
// by its hash, is as good as gone): it is unknown, said aloud, and
// comes back from the broker; nothing else is lost, and nothing older counts.
func TestLoadDamaged(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	p.List(revokedRider, 99)
	p.saySnapshot()
	p.sayBeat()
	h.take(p.all()...)
	h.take(p.revoke(1), p.revoke(2), p.sayBeat())
	good := maps.Clone(h.disk)
	names := slices.Sorted(maps.Keys(good))
	if want := []string{"heartbeat", "known-kids", "revocation-delta-001", "revocation-delta-002", "revocation-part-0001", "revocation-tip", "site", "trust"}; !slices.Equal(names, want) {
		t.Fatalf("kept are %q", names)
	}
	p.saySnapshot()
	p.sayBeat()
	for _, name := range names {
		for how, damage := range map[string]func([]byte) []byte{
			"gone":  func([]byte) []byte { return nil },
			"zeros": func(b []byte) []byte { return make([]byte, len(b)) },
			"half":  func(b []byte) []byte { return b[:len(b)/2] },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				h := newHolder(p)
				h.tb = t
				h.disk = maps.Clone(good)
				if b := damage(good[name]); b == nil {
					delete(h.disk, name)
				} else {
					h.disk[name] = b
				}
				err := h.crash()
				isState := strings.HasPrefix(name, "revocation")
				if how == "zeros" && !errors.Is(err, verify.ErrDamaged) || how == "gone" && !isState && err != nil {
					t.Errorf("got %v", err)
				}
				if isState && (h.docs.State != nil || h.docs.Proof != nil || !errors.Is(err, verify.ErrDamaged)) {
					t.Errorf("a state is left, or it is not said: %v", err)
				}
				if !isState && !h.docs.State.Same(1, 3, p.Revoked.Hash()) {
					t.Errorf("the state is lost as well")
				}
				if (h.docs.Site == nil) != (name == "site") || (h.docs.Trust == nil) != (name == "trust") {
					t.Errorf("site %v, trust %v, %v", h.docs.Site, h.docs.Trust, err)
				}
				hearBroker(h, p)
				h.upToDate(p)
			})
		}
	}
}

// TestLoadRowsOfDifferentDays: the disk gives back one row as it was before. What
// does not fit together is unknown; it never makes an old state look fresh.
func TestLoadRowsOfDifferentDays(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.take(p.revoke(1))
	old := maps.Clone(h.disk)
	for i := range uint32(3) {
		p.revoke(100 * i)
	}
	h.take(p.saySnapshot()...)
	h.take(p.revoke(2), p.sayBeat())
	now := h.docs
	good := maps.Clone(h.disk)
	for _, name := range []string{"revocation-part-0001", "revocation-delta-001", "revocation-tip", "heartbeat"} {
		h.disk = maps.Clone(good)
		h.disk[name] = old[name]
		err := h.crash()
		if name == "heartbeat" {
			if err != nil || h.docs.State.Seq != now.State.Seq {
				t.Errorf("%s: got %+v, %v", name, h.docs.State, err)
			}
			continue
		}
		if !errors.Is(err, verify.ErrDamaged) || h.docs.State != nil || h.docs.Proof != nil {
			t.Errorf("%s: got %+v, %v", name, h.docs.State, err)
		}
	}
	for _, kept := range []string{"revocation-part-0001", "revocation-delta-001", "revocation-tip"} {
		h.disk[kept] = old[kept]
	}
	h.disk["heartbeat"] = good["heartbeat"]
	if err := h.crash(); err != nil || h.docs.State == nil || h.docs.Proof != nil {
		t.Errorf("an old state with a new proof: %+v, %+v, %v", h.docs.State, h.docs.Proof, err)
	}
	hearBroker(h, p)
	h.upToDate(p)
}

// TestKeepBoundsTheChain: after 200 deltas, or when they outweigh the state, it
// is written whole.
// TestAHeartbeatThatCountsIsTheSameAfterARestart: else the next one, which only
// renews, would cost a commit of its own.
func TestAHeartbeatThatCountsIsTheSameAfterARestart(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	if err := h.crash(); err != nil || h.docs.Proof == nil || h.docs.Proof != h.docs.Heartbeat {
		t.Fatalf("%v, proof %+v", err, h.docs.Proof)
	}
	if h.take(p.sayBeat()); !h.last.Later {
		t.Error("a heartbeat that renews does not wait for the next commit")
	}
}

func TestAChainGivesWayAtItsBounds(t *testing.T) {
	const least = 256 << 10
	for _, c := range []struct {
		size, deltas, bytes, one int
		anew                     bool
	}{
		{0, 199, 0, 1, false},
		{0, 200, 0, 1, true},
		{0, 1, least - 10, 10, false},
		{0, 1, least - 10, 11, true},
		{2 * least, 1, 2*least - 10, 10, false},
		{2 * least, 1, 2*least - 10, 11, true},
	} {
		if got := verify.WrittenAnew(c.size, c.deltas, c.bytes, c.one); got != c.anew {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestKeepBoundsTheChain(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	wholes := 0
	for i := range uint32(450) {
		h.take(p.revoke(i))
		if h.last.Keep[0].Name == "revocation-part-0001" {
			wholes++
		}
	}
	if _, ok := h.disk["revocation-delta-201"]; ok || wholes != 2 {
		t.Errorf("written whole %d times; delta 201 kept: %t", wholes, ok)
	}
	many := func(from uint32) []byte {
		return p.sayDelta(func(b *revocation.Builder) {
			for i := range uint32(70_000) {
				b.Add(revokedRider, from+300*i)
			}
		})
	}
	h.take(many(1 << 20))
	if h.last.Keep[0].Name == "revocation-part-0001" {
		t.Error("written whole for one large delta")
	}
	h.take(many(1 << 30))
	if h.last.Keep[0].Name != "revocation-part-0001" {
		t.Error("not written whole though the deltas outweigh it")
	}
}

// hearBroker offers what is retained, and fetches what is wanted, as often as that
// brings anything.
func hearBroker(h *holder, p *publisher) {
	for range 20 {
		for _, raw := range slices.Concat([][]byte{p.list, p.site, p.hb}, p.fetch(h.docs.Wants())) {
			_ = h.offer(raw) // known, or out of turn: what counts is what it comes to
		}
	}
}
