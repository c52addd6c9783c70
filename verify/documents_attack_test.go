package verify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// Each attack of the broker, or of the thief of one key, by name: what it tries,
// and that what is enforced stays.

func TestAttackReplayOfEverythingOld(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	var old [][]byte
	for i := range uint32(10) {
		old = append(old, p.all()...)
		h.take(p.revoke(i))
		old = append(old, p.deltas[p.beat.Seq])
		if i%3 == 0 {
			h.take(p.sayTrust())
			h.take(p.saySite())
			p.saySnapshot()
		}
		h.later(time.Minute)
		h.take(p.sayBeat())
	}
	h.upToDate(p)
	before := h.docs
	for _, raw := range slices.Concat(old, old) {
		if err := h.offer(raw); err == nil {
			t.Fatalf("taken again: %.200s", raw)
		}
		if h.last.Alarm.EN != "" {
			t.Fatalf("the broker can ring the alarm: %s", h.last.Alarm)
		}
	}
	h.upToDate(p)
	if h.docs != before {
		t.Error("something has changed")
	}
}

func TestAttackRollbackAfterARestart(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	old := p.all()
	h.take(p.revoke(7), p.sayBeat(), p.sayTrust(), p.saySite())
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	for _, raw := range old {
		if err := h.offer(raw); err == nil {
			t.Fatalf("taken after a restart: %.200s", raw)
		}
	}
	if !h.docs.State.Set.Has(revokedRider, 7) || h.docs.Trust.Version != 2 || h.docs.Site.Version != 2 {
		t.Error("rolled back")
	}
}

func TestAttackFreeze(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	// The broker sends nothing new, and what is old as often as it likes.
	for hour := range 200 {
		for _, raw := range p.all() {
			if err := h.offer(raw); err == nil {
				t.Fatal("an old document counts as news")
			}
		}
		if want := int64(60 + 3600*hour); h.age() != want {
			t.Fatalf("age %d, want %d: silence is not noticed", h.age(), want)
		}
		h.later(time.Hour)
	}
	// Withholding the states while the heartbeats pass does not help either.
	p.beat.IssuedAt = h.now.Time.Unix() - 60
	p.revoke(7)
	h.take(p.sayBeat())
	if h.age() < 200*3600 {
		t.Errorf("age %d with a heartbeat whose state was withheld", h.age())
	}
}

func TestAttackFreezeByWindingTheClockBack(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.now.State, h.now.Boot, h.now.Time = gate.ClockFloor, "boot-2", time.Unix(verifytest.Begin, 0)
	if h.age() < 900 {
		t.Errorf("age %d in a boot that has heard nothing", h.age())
	}
}

func TestAttackMixAndMatch(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	// Revocation is new, the trust list is withheld: the state counts, but is not
	// called fresh, because the list that voids a key is missing.
	h.later(time.Hour)
	p.beat.IssuedAt += 3600
	p.sayTrust(func(j *trust.ListJSON) { j.Keys[0].State = "void" })
	h.take(p.revoke(7), p.sayBeat())
	if h.age() < 3600 || !h.docs.State.Set.Has(revokedRider, 7) {
		t.Errorf("age %d", h.age())
	}
	if w := h.docs.Wants(); !slices.Equal(w.Trust, []int64{2}) {
		t.Errorf("wants %+v", w)
	}
	h.take(p.list)
	h.upToDate(p)
	// A snapshot made of parts of two states is neither.
	for i := range uint32(40) {
		p.revoke(1000 * (i + 1))
	}
	first := p.saySnapshot()
	p.revoke(1)
	second := p.saySnapshot()
	h.take(first[0], second[1], second[2])
	if err := h.offer(first[1]); err == nil {
		t.Error("a part of another snapshot was taken")
	}
	if h.docs.State.Seq != 2 {
		t.Errorf("the state is %d", h.docs.State.Seq)
	}
}

func TestAttackDuplicateNames(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	for _, twice := range []string{`"epoch":1`, `"Epoch":1`, `"later":{"a":1,"A":2}`} {
		raw := strings.Replace(string(p.sayBeat()), "{", "{"+twice+",", 1)
		h.refuse([]byte(raw), document.ErrMalformed, false)
	}
}

func TestAttackArbitraryContent(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.later(time.Hour)
	p.beat.IssuedAt += 3600
	p.sayTrust()
	p.saySite()
	delta := p.revoke(7)
	for _, raw := range [][]byte{p.list, p.site, delta, p.sayBeat()} {
		for i := 0; i < len(raw); i += 7 {
			changed := slices.Clone(raw)
			changed[i] ^= 4
			before := h.docs
			err := h.offer(changed)
			d := h.docs
			if err == nil || d.Trust != before.Trust || d.Site != before.Site || d.State != before.State || d.Proof != before.Proof {
				t.Fatalf("byte %d changed, and taken: %q", i, changed)
			}
			if h.last.Alarm.EN != "" {
				t.Fatalf("the broker can ring the alarm: %s", h.last.Alarm)
			}
		}
	}
}
