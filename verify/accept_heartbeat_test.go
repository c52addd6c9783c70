package verify_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/revocation"
	"gated/verify/verifytest"
)

func TestAcceptHeartbeatOrder(t *testing.T) {
	beat := func(epoch, seq, issued int64) func(*revocation.HeartbeatJSON) {
		return func(j *revocation.HeartbeatJSON) { j.Epoch, j.Seq, j.IssuedAt = epoch, seq, issued }
	}
	const last = verifytest.Begin + 120
	for name, tt := range map[string]struct {
		change func(*revocation.HeartbeatJSON)
		want   error
		alarm  bool
	}{
		"a second later":                   {beat(1, 3, last+1), nil, false},
		"with the next state":              {beat(1, 4, last+1), nil, false},
		"with a state far ahead":           {beat(1, 900, last+1), nil, false},
		"the same second":                  {beat(1, 4, last), verify.ErrRefused, false},
		"a second before":                  {beat(1, 3, last-1), verify.ErrRefused, false},
		"a minute before, with less":       {beat(1, 2, last-60), verify.ErrRefused, false},
		"later, but seq falls":             {beat(1, 2, last+1), verify.ErrRefused, true},
		"later, of the epoch before":       {beat(0, 3, last+1), verify.ErrRefused, false},
		"later, of the next epoch":         {beat(2, 3, last+1), verify.ErrRefused, false},
		"5 minutes ahead of the clock":     {beat(1, 3, last+300), nil, false},
		"more than 5 minutes ahead of it":  {beat(1, 3, last+301), verify.ErrRefused, true},
		"from the end of time":             {beat(1, 3, 1<<53-1), verify.ErrRefused, true},
		"the same seq, another hash":       {func(j *revocation.HeartbeatJSON) { j.IssuedAt, j.Hash = last+1, make([]byte, 32) }, verify.ErrRefused, true},
		"an old one with another hash":     {func(j *revocation.HeartbeatJSON) { j.IssuedAt, j.Hash = last-1, make([]byte, 32) }, verify.ErrRefused, true},
		"a trust list that is not there":   {func(j *revocation.HeartbeatJSON) { j.IssuedAt, j.Trust = last+1, 2 }, nil, false},
		"a trust list that was before":     {func(j *revocation.HeartbeatJSON) { j.IssuedAt, j.Trust = last+1, 0 }, nil, false},
		"another snapshot than the last's": {func(j *revocation.HeartbeatJSON) { j.IssuedAt, j.Snapshot = last+1, 2 }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			h := newHolder(p)
			h.take(p.all()...)
			h.take(p.revoke(1), p.revoke(2), p.sayBeat())
			if h.now.Time.Unix() != last || p.beat.IssuedAt != last {
				t.Fatalf("it is %d and the heartbeat of %d", h.now.Time.Unix(), p.beat.IssuedAt)
			}
			raw := p.sayBeat(tt.change)
			if tt.want != nil {
				h.refuse(raw, tt.want, tt.alarm)
				return
			}
			h.take(raw)
		})
	}
}

func TestAheadWithoutAClock(t *testing.T) {
	const ahead = verifytest.Begin + 400*86400
	p := newPublisher(t)
	h := newHolder(p)
	h.now.State, h.now.Time = gate.ClockLost, time.Unix(verifytest.Begin, 0)
	h.take(p.list, p.site)
	h.take(p.snapshot...)
	p.beat.IssuedAt = ahead
	h.take(p.sayBeat()) // the first of this boot: there is nothing to compare it to
	h.now.State, h.now.Time = gate.ClockFloor, time.Unix(p.beat.IssuedAt, 0)
	p.beat.IssuedAt += 86400
	h.refuse(p.sayBeat(), verify.ErrRefused, true)
	h.now.State = gate.ClockRTC
	h.refuse(p.hb, verify.ErrRefused, true)
	p.beat.IssuedAt -= 120
	h.take(p.sayBeat()) // 24 h ahead, to the second
	p.beat.IssuedAt += 3 * 86400
	h.refuse(p.sayBeat(), verify.ErrRefused, true)
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.refuse(p.hb, verify.ErrRefused, true) // the process is new, the boot is not
	h.now.Boot = "boot-2"
	h.take(p.hb)
}

func TestHeartbeatCountsOnceItsStateIsHeld(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.later(time.Hour)
	p.beat.IssuedAt += 3600
	delta := p.revoke(7)
	h.take(p.sayBeat())
	if h.age() != 3660 || h.docs.Heartbeat.Seq != 2 || h.docs.Proof.Seq != 1 {
		t.Errorf("age %d with a heartbeat whose state is not held", h.age())
	}
	h.take(delta)
	if h.age() != 0 || !h.docs.State.Set.Has(revokedRider, 7) {
		t.Errorf("age %d once it is", h.age())
	}
}

func TestHeartbeatCountsOnceTheTrustListIsHeld(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.later(time.Hour)
	p.beat.IssuedAt += 3600
	p.sayTrust()
	h.take(p.sayBeat())
	if h.age() != 3660 {
		t.Errorf("age %d with a trust list that is not held", h.age())
	}
	h.take(p.list)
	if h.age() != 0 {
		t.Errorf("age %d once it is", h.age())
	}
}

func TestFreshAfterABootWithoutAClock(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.now.State = gate.ClockFloor
	if h.age() != 60 {
		t.Errorf("age %d in the boot that heard a heartbeat", h.age())
	}
	h.now.Boot = "boot-2"
	if h.age() != 900 {
		t.Errorf("age %d in a boot that heard none, want at least 15 minutes", h.age())
	}
	h.later(time.Hour)
	if h.age() != 3660 {
		t.Errorf("age %d, want what is more", h.age())
	}
	h.now.State, h.now.Time = gate.ClockSynced, time.Unix(verifytest.Begin, 0)
	if h.age() != 0 {
		t.Errorf("age %d, want none below 0", h.age())
	}
}

func TestOnlyARenewalMayWait(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.take(p.sayBeat())
	if !h.last.Later || len(h.last.Keep) != 1 || h.last.Event != "" {
		t.Errorf("a renewal: %+v", h.last)
	}
	h.take(p.sayBeat(func(j *revocation.HeartbeatJSON) { j.Trust = 2 }))
	if h.last.Later {
		t.Error("a target may wait")
	}
	h.take(p.revoke(1))
	if h.last.Later {
		t.Error("a state may wait")
	}
	h.take(p.sayBeat())
	if h.last.Later {
		t.Error("the proof of another state may wait")
	}
}
