package verify_test

import (
	"testing"
	"time"

	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

func TestNewEpochReplacesEverythingAtOnce(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.take(p.revoke(1), p.sayBeat())
	h.later(time.Hour)
	old := h.docs.State

	p.sayTrust(func(j *trust.ListJSON) { j.Epoch, j.IssuedAt = 2, h.now.Time.Unix() })
	p.beat.Epoch, p.beat.Seq, p.beat.IssuedAt = 2, 1, h.now.Time.Unix()
	p.Revoked = revocation.Empty()
	for i := range uint32(9) {
		p.revoke(1000 * i)
	}
	p.beat.Seq = 1
	p.saySnapshot()
	delta := p.revoke(7)

	h.take(p.list)
	if !h.last.Reset || h.last.Raise != p.Trust.IssuedAt {
		t.Errorf("the floor is not set: %+v", h.last)
	}
	if h.docs.Heartbeat != nil || h.docs.State != old || h.age() != 3600 {
		t.Errorf("heartbeat %v, age %d: the old state is not enforced as before", h.docs.Heartbeat, h.age())
	}
	h.take(delta) // comes early, and waits
	h.take(p.snapshot...)
	if h.docs.State != old || h.age() != 3600 || h.last.Keep != nil {
		t.Error("a state without its heartbeat is enforced")
	}
	h.take(p.sayBeat())
	if h.docs.State == old || h.last.Event == "" {
		t.Errorf("got %+v", h.last)
	}
	p.saySite(func(j *trust.SiteJSON) { j.Epoch, j.Version = 2, 1 })
	h.take(p.site)
	h.upToDate(p)
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.upToDate(p)
}

func TestNewEpochWithTheHeartbeatFirst(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.later(time.Hour)
	old := h.docs.State
	p.newEpoch()
	h.take(p.list, p.hb)
	if h.docs.State != old || h.age() != 3660 || len(h.docs.Wants().Parts) != 1 {
		t.Errorf("age %d, wants %+v", h.age(), h.docs.Wants())
	}
	// A restart in between goes on with the old state, and its age.
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	if h.docs.State.Epoch != 1 || h.age() != 3660 || len(h.docs.Wants().Parts) != 1 {
		t.Errorf("state of epoch %d, age %d, wants %+v", h.docs.State.Epoch, h.age(), h.docs.Wants())
	}
	h.take(p.snapshot...)
	h.take(p.site)
	h.upToDate(p)
}

func TestAnEpochMayFollowEpochNought(t *testing.T) {
	p := newPublisher(t)
	p.Trust.Epoch, p.Site.Epoch, p.beat.Epoch = 0, 0, 0
	p.sayTrust()
	p.saySite()
	p.saySnapshot()
	p.sayBeat()
	h := newHolder(p)
	h.take(p.all()...)
	p.newEpoch()
	h.take(p.list)
	if !h.last.Reset || h.docs.Heartbeat != nil {
		t.Errorf("got %+v", h.last)
	}
}

func TestNewEpochCuresAWrongCentralClock(t *testing.T) {
	const year = 365 * 86400
	p := newPublisher(t)
	h := newHolder(p)
	h.now.State = "floor"
	h.take(p.list, p.site)
	h.take(p.snapshot...)
	p.beat.IssuedAt += year
	h.take(p.sayBeat())
	h.now.Time = time.Unix(h.last.Raise, 0) // the box believes it
	p.beat.IssuedAt -= year
	h.refuse(p.sayBeat(), verify.ErrRefused, false)
	p.newEpoch()
	h.take(p.list)
	if !h.last.Reset || h.last.Raise > verifytest.Begin+1000 {
		t.Errorf("the floor is not put right: %+v", h.last)
	}
	h.now.Time = time.Unix(h.last.Raise, 0)
	// The old proof is of the future: it does not stay fresh until then.
	h.later(2 * time.Hour)
	if h.age() != 7200 {
		t.Errorf("age %d, want that since the list", h.age())
	}
	h.take(p.all()[1:]...)
	h.upToDate(p)
}

func TestEpochOfAnEmptyBoxIsNotNew(t *testing.T) {
	p := newPublisher(t)
	p.newEpoch()
	h := newHolder(p)
	h.take(p.list)
	if h.last.Reset || h.last.Raise != 0 {
		t.Errorf("an empty box sets its floor: %+v", h.last)
	}
	h.take(p.all()[1:]...)
	h.upToDate(p)
}

func TestMissedRotations(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	p.sayTrust()
	p.rotate("root-2")
	p.sayTrust()
	p.rotate("root-3")
	p.sayTrust()
	p.sayBeat()
	h.refuse(p.list, document.ErrUnsigned, false)
	if w := h.docs.Wants(); len(w.Trust) != 5 || w.Trust[0] != 2 || w.Trust[4] != 6 || w.Rotations {
		t.Errorf("wants %+v", w)
	}
	for _, raw := range p.fetch(h.docs.Wants()) {
		h.take(raw)
	}
	h.take(p.list, p.hb)
	h.upToDate(p)
}

func TestMissedRotationsTooManyToName(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	for range 150 {
		p.sayTrust()
	}
	p.rotate("root-2")
	for range 150 {
		p.sayTrust()
	}
	h.refuse(p.list, document.ErrUnsigned, false)
	w := h.docs.Wants()
	if !w.Rotations || w.Trust != nil {
		t.Fatalf("wants %+v", w)
	}
	h.take(p.fetch(w)...)
	h.take(p.list)
	if !h.docs.Wants().None() {
		t.Errorf("wants %+v", h.docs.Wants())
	}
	for i := range 201 { // the last of these is one too many to be named
		if w := h.docs.Wants(); w.Rotations || len(w.Trust) != i {
			t.Fatalf("%d lists are missing, wants %+v", i, w)
		}
		p.sayTrust()
		stranger, _ := signerOf(t, "root-3")
		h.refuse(p.sign(document.Trust, p.Trust, stranger), document.ErrUnsigned, false)
	}
	if w := h.docs.Wants(); !w.Rotations || w.Trust != nil {
		t.Errorf("wants %+v", w)
	}
}

// TestATrustListOfThePastIsOldAndNoFault: what a box without a network is
// brought holds every list that changed the roots, also those it has passed.
func TestATrustListOfThePastIsOldAndNoFault(t *testing.T) {
	p := newPublisher(t)
	first := p.list
	second := p.rotate("root-2")
	third := p.rotate("root-3")
	h := newHolder(p)
	h.take(first, second, third)
	for _, raw := range [][]byte{first, second} {
		h.refuse(raw, verify.ErrOld, false)
	}
	h.take(p.sayTrust())
}
