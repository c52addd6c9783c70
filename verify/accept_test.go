package verify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

func TestAcceptEverythingInOrder(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	if h.docs.Ready() || h.age() != -1 {
		t.Error("an empty box is ready, or fresh")
	}
	h.take(p.list)
	if h.last.Event != "trust list version 1 of epoch 1" || h.last.Later || h.last.Raise != 0 || h.last.Reset {
		t.Errorf("got %+v", h.last)
	}
	h.take(p.site)
	if h.last.Event != "site document version 1 of epoch 1" {
		t.Errorf("got %+v", h.last)
	}
	h.take(p.snapshot...)
	if h.last.Event != "revocation state 1 of epoch 1, 0 entries" || !h.docs.Ready() || h.age() != -1 {
		t.Errorf("got %+v; ready %t, age %d", h.last, h.docs.Ready(), h.age())
	}
	h.take(p.hb)
	if h.last.Event != "" || h.last.Later || h.last.Raise != p.beat.IssuedAt {
		t.Errorf("got %+v", h.last)
	}
	h.upToDate(p)
	if h.age() != 60 {
		t.Errorf("age %d, want 60", h.age())
	}
}

func TestAcceptDropsInSilence(t *testing.T) {
	p := newPublisher(t)
	stranger, _ := signerOf(t, "stranger")
	next := p.Trust
	next.Version++
	// Each signed by everybody but those entitled.
	for name, raw := range map[string][]byte{
		"a trust list": p.sign(document.Trust, next, stranger, p.Revocation, p.SiteSigner),
		"a site":       p.sign(document.Site, p.Site, stranger, p.Root, p.Revocation),
		"a heartbeat":  p.sign(document.Heartbeat, p.beat, stranger, p.Root, p.SiteSigner),
		"a delta":      p.sign(document.Delta, revocation.DeltaJSON{Epoch: 1, To: 1, Hash: p.beat.Hash}, stranger, p.Root, p.SiteSigner),
		"a snapshot": p.sign(document.Snapshot, revocation.SnapshotJSON{
			Epoch: 1, Seq: 9, Part: 1, Parts: 1, Hash: p.beat.Hash, Body: []byte{},
		}, stranger, p.Root, p.SiteSigner),
	} {
		t.Run(name, func(t *testing.T) {
			newHolder(p).refuse(raw, document.ErrUnsigned, false)
			h := newHolder(p)
			h.take(p.list)
			h.take(p.snapshot...)
			h.take(p.hb)
			h.refuse(raw, document.ErrUnsigned, false)
			held := h.docs // a claim is remembered once, and nothing else is
			h.refuse(raw, document.ErrUnsigned, false)
			if h.docs != held {
				t.Error("hearing it again has changed something")
			}
		})
	}
	h := newHolder(p)
	h.take(p.list)
	next.Version, next.IssuedAt = p.Trust.Version, p.Trust.IssuedAt+1
	held, forged := h.docs, p.sign(document.Trust, next, stranger)
	if err := h.offer(forged); !errors.Is(err, document.ErrUnsigned) || errors.Is(err, verify.ErrOld) || h.docs != held {
		t.Errorf("the version in force, by a stranger: %v", err)
	}
	for _, raw := range p.all()[1:] {
		newHolder(p).refuse(raw, document.ErrUnsigned, false) // true, but before the list that says so
	}
}

func TestAcceptRefusesWhatItDoesNotKeep(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	for _, typ := range []document.Type{document.Command, document.Used, "gated/v2/trust", ""} {
		raw, err := document.Sign(typ, struct{}{}, p.Root, p.Revocation, p.SiteSigner)
		if err != nil {
			continue // the empty type has no form
		}
		h.refuse(raw, verify.ErrRefused, false)
	}
	h.refuse(nil, document.ErrMalformed, false)
	h.refuse([]byte("nonsense"), document.ErrMalformed, false)
}

func TestAcceptKnowsWhatItHolds(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	first := p.revoke(1)
	h.take(first, p.sayBeat())
	for _, raw := range slices.Concat([][]byte{p.list, p.site, p.hb, first}, p.snapshot[:0]) {
		h.refuse(raw, verify.ErrKnown, false)
	}
	waiting := p.revoke(2)
	far := p.revoke(3)
	h.take(far)
	h.refuse(far, verify.ErrKnown, false)
	h.take(waiting)
	h.upToDateButBeat(p)
}

// upToDateButBeat demands the newest state, whatever the heartbeat.
func (h *holder) upToDateButBeat(p *publisher) {
	h.tb.Helper()
	if !h.docs.State.Same(p.beat.Epoch, p.beat.Seq, p.Revoked.Hash()) {
		h.tb.Fatalf("the state is %d.%d, and should be %d.%d", h.docs.State.Epoch, h.docs.State.Seq, p.beat.Epoch, p.beat.Seq)
	}
}

func TestAcceptTrustAlarms(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	other := p.Trust
	other.IssuedAt++
	h.refuse(p.sign(document.Trust, other, p.Root), verify.ErrRefused, true) // the same version, another text
	p.Trust.Keys = slices.Clone(p.Trust.Keys)
	p.sayTrust(func(j *trust.ListJSON) { j.Keys[0].Algorithm = "ml-dsa-44" })
	if err := h.offer(p.list); err != nil || !strings.Contains(h.last.Alarm.EN, "Key 257") {
		t.Errorf("got %v, alarm %q", err, h.last.Alarm)
	}
	now := h.docs.Alarms(h.own, h.box, h.now)
	if len(now) != 1 || !strings.Contains(now[0].EN, "Key 257") {
		t.Errorf("alarms %q", now)
	}
}

func TestAlarms(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	if got := h.docs.Alarms(h.own, h.box, h.now); got != nil {
		t.Errorf("an empty box: %q", got)
	}
	h.take(p.all()...)
	if got := h.docs.Alarms(h.own, h.box, h.now); got != nil {
		t.Errorf("a box that is fine: %q", got)
	}
	_, text := signerOf(t, "other")
	other, err := trust.ParseRoots([]string{text}, 1)
	if err != nil {
		t.Fatal(err)
	}
	h.later(48*time.Hour - 2*time.Minute)
	if got := h.docs.Alarms(h.own, h.box, h.now); got != nil {
		t.Errorf("48 h to the second: %q", got)
	}
	h.later(time.Second)
	got := h.docs.Alarms(other, verify.Box{ID: "unlisted", Site: h.box.Site}, h.now)
	if len(got) != 3 {
		t.Errorf("got %q, want the roots, the gate and the age", got)
	}
	h.now.State = gate.ClockLost
	if got := h.docs.Alarms(h.own, h.box, h.now); got != nil {
		t.Errorf("a box without a clock says that something is old: %q", got)
	}
}

func TestAcceptDelta(t *testing.T) {
	type step = func(*revocation.DeltaJSON)
	nobody := revocation.Empty().Hash()
	for name, tt := range map[string]struct {
		change step
		want   error
		alarm  bool
	}{
		"as it should be":        {func(*revocation.DeltaJSON) {}, nil, false},
		"over several numbers":   {func(j *revocation.DeltaJSON) { j.To = 9 }, nil, false},
		"of another epoch":       {func(j *revocation.DeltaJSON) { j.Epoch = 2 }, verify.ErrRefused, false},
		"another hash":           {func(j *revocation.DeltaJSON) { j.Hash = make([]byte, 32) }, verify.ErrRefused, true},
		"it adds nothing":        {func(j *revocation.DeltaJSON) { j.Add = nil }, verify.ErrRefused, true},
		"it adds what is no set": {func(j *revocation.DeltaJSON) { j.Add = []byte{9} }, verify.ErrRefused, true},
		"to a known seq":         {func(j *revocation.DeltaJSON) { j.From, j.To = 1, 2 }, verify.ErrRefused, true}, // with another hash
		"over the state":         {func(j *revocation.DeltaJSON) { j.From = 1 }, verify.ErrRefused, false},
		"long past":              {func(j *revocation.DeltaJSON) { j.From, j.To, j.Hash = 0, 1, nobody[:] }, verify.ErrKnown, false},
		"far ahead":              {func(j *revocation.DeltaJSON) { j.From, j.To = 50, 51 }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			h := newHolder(p)
			h.take(p.all()...)
			h.take(p.revoke(1))
			before := h.docs.State
			b := revocation.NewBuilder(p.Revoked)
			b.Add(revokedRider, 2)
			next := b.Set()
			add, _ := p.Revoked.Diff(next)
			hash := next.Hash()
			j := revocation.DeltaJSON{Epoch: 1, From: 2, To: 3, IssuedAt: verifytest.Begin, Add: add.Encode(), Remove: []byte{}, Hash: hash[:]}
			tt.change(&j)
			raw := p.sign(document.Delta, j, p.Revocation)
			if tt.want != nil {
				h.refuse(raw, tt.want, tt.alarm)
				return
			}
			h.take(raw)
			switch {
			case j.From == 2 && !h.docs.State.Same(1, j.To, hash):
				t.Errorf("the state is %+v", h.docs.State)
			case j.From != 2 && (h.docs.State != before || h.last.Keep != nil):
				t.Errorf("a delta from afar has changed something: %+v", h.last)
			}
		})
	}
}

func TestADeltaThatASnapshotCoversWaitsNoLonger(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	p.revoke(1)
	h.take(p.revoke(2)) // the one before it is lost
	h.take(p.saySnapshot()...)
	if n := h.docs.Waits(); h.docs.State.Seq != 3 || n != 0 {
		t.Errorf("at %d, %d deltas wait", h.docs.State.Seq, n)
	}
}

// TestOnlySoMuchWaits: what does not chain yet is kept in memory up to 16 MiB.
func TestOnlySoMuchWaits(t *testing.T) {
	p := newPublisher(t)
	for beyond, want := range map[int]error{0: nil, 1: verify.ErrRefused} {
		h := newHolder(p)
		h.take(p.list, p.site)
		far := p.revoke(1)
		h.docs = verify.Waiting(h.docs, revocation.MaxState-len(far)+beyond)
		if err := h.offer(far); !errors.Is(err, want) {
			t.Errorf("%d bytes beyond: %v, want %v", beyond, err, want)
		}
	}
}

func TestAcceptSnapshot(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	for i := range uint32(40) {
		p.revoke(1000 * (i + 1))
	}
	old := p.saySnapshot()
	p.revoke(7)
	newer := p.saySnapshot()
	if len(old) < 3 {
		t.Fatalf("%d parts", len(old))
	}
	h.take(old[0], old[1])
	if h.docs.State.Seq != 1 || h.last.Keep != nil || h.last.Event != "" {
		t.Errorf("a part has changed something: %+v", h.last)
	}
	h.refuse(old[0], verify.ErrKnown, false)
	h.take(newer[1]) // takes the place of the older one
	h.refuse(old[2], verify.ErrRefused, false)
	h.take(newer[0])
	h.take(newer[2:]...)
	h.upToDateButBeat(p)
	for _, raw := range slices.Concat(old, newer) {
		h.refuse(raw, verify.ErrKnown, false)
	}
}

func TestAcceptSnapshotNoOlderThanTheHeartbeatNames(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.list, p.site)
	p.revoke(1 << 30)
	old := p.saySnapshot()
	h.take(old[0]) // collected as long as nothing better is known
	p.revoke(2 << 30)
	p.saySnapshot()
	h.take(p.sayBeat())
	h.refuse(old[1], verify.ErrRefused, false)
	if w := h.docs.Wants(); len(w.Parts) != len(p.snapshot) {
		t.Errorf("wants %+v: a part of the old one counts", w)
	}
	h.take(p.snapshot...)
	h.upToDate(p)
}

func TestTheSnapshotThatTheHeartbeatNamesComesFirst(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.list, p.site)
	p.revoke(1 << 30)
	named := p.saySnapshot()
	h.take(p.sayBeat())
	p.revoke(2 << 30)
	newer := p.saySnapshot()
	h.take(named[0])
	h.refuse(named[0], verify.ErrKnown, false)
	h.take(newer[0])
	if w := h.docs.Wants(); len(w.Parts) != len(named) {
		t.Errorf("wants %+v: a part of the newer one counts", w)
	}
	h.take(named...)
	if h.docs.State.Seq != 2 || h.docs.Proof == nil {
		t.Errorf("the state is %+v", h.docs.State)
	}
	h.take(newer...)
	h.upToDateButBeat(p)
}

func TestWants(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	if !h.docs.Wants().None() {
		t.Error("an empty box wants something")
	}
	h.take(p.list, p.site)
	p.revoke(1 << 30)
	p.saySnapshot()
	for i := range uint32(250) {
		p.revoke(i)
	}
	h.take(p.sayBeat())
	w := h.docs.Wants()
	if w.Snapshot != 2 || !slices.Equal(w.Parts, []int64{1, 2}) || w.Deltas != nil || w.Trust != nil {
		t.Errorf("without a state: %+v", w)
	}
	h.take(p.snapshot[1])
	if w := h.docs.Wants(); !slices.Equal(w.Parts, []int64{1}) {
		t.Errorf("with one part: %+v", w)
	}
	h.take(p.deltas[4], p.snapshot[0])
	w = h.docs.Wants()
	if w.Parts != nil || len(w.Deltas) != 200 || w.Deltas[0] != 3 || w.Deltas[1] != 5 {
		t.Errorf("with the snapshot: %+v", w)
	}
	h.take(p.deltas[3])
	if w := h.docs.Wants(); len(w.Deltas) != 200 || w.Deltas[0] != 5 {
		t.Errorf("with two deltas: %+v", w)
	}
}
