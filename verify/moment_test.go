package verify_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// begin is when the passes of these tests begin; they last 15 minutes.
var begin = time.Unix(verifytest.Begin, 0)

func TestAPassIsValidInItsTimeByTheClockThatTheBoxHas(t *testing.T) {
	t.Parallel()
	const lasts = 15 * time.Minute
	for _, c := range []struct {
		name  string
		state gate.ClockState
		at    time.Duration // from the beginning of the pass
		want  gate.Reason
	}{
		{"synced, 31 s early", gate.ClockSynced, -31 * time.Second, gate.NotYetValid},
		{"synced, 30 s early", gate.ClockSynced, -30 * time.Second, gate.OK},
		{"synced, in its last second and 29 s of skew", gate.ClockSynced, lasts + 29*time.Second, gate.OK},
		{"synced, 30 s late", gate.ClockSynced, lasts + 30*time.Second, gate.Expired},
		{"rtc, 121 s early", gate.ClockRTC, -121 * time.Second, gate.NotYetValid},
		{"rtc, 120 s early", gate.ClockRTC, -120 * time.Second, gate.OK},
		{"rtc, 119 s late", gate.ClockRTC, lasts + 119*time.Second, gate.OK},
		{"rtc, 120 s late", gate.ClockRTC, lasts + 120*time.Second, gate.Expired},
		{"floor, 7 days below the beginning", gate.ClockFloor, -7 * 24 * time.Hour, gate.OK},
		{"floor, a second more", gate.ClockFloor, -7*24*time.Hour - time.Second, gate.NotYetValid},
		{"floor, 29 s past the end", gate.ClockFloor, lasts + 29*time.Second, gate.OK},
		{"floor, 30 s past the end", gate.ClockFloor, lasts + 30*time.Second, gate.Expired},
		{"unknown", gate.ClockLost, 0, gate.ClockUnknown},
		{"a word that nobody knows", "guessed", 0, gate.ClockUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.At = begin.Add(c.at).Unix()
			s.enforce()
			s.clock.Set(begin.Add(c.at), c.state)
			want(t, s.scan(s.bearer(), in), c.want)
		})
	}
}

func TestASiteMayAdmitWithoutAnyTime(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rules(func(r *trust.RulesJSON) {
		r.ClockUnknown = "allow"
		r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}, From: "01:00", To: "02:00"}} // nobody knows the hour
	})
	s.clock.Set(begin.Add(-300*24*time.Hour), gate.ClockLost)
	want(t, s.scan(s.bearer(), in), gate.OK)
	s.clock.Set(begin.Add(15*time.Minute+30*time.Second), gate.ClockLost)
	want(t, s.scan(s.bearer(), in), gate.Expired)
}

func TestAMovingCodeCountsWithinItsWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		state  gate.ClockState
		window uint8
		shown  time.Duration // from now
		want   gate.Reason
	}{
		{"15 s and 30 s of skew", gate.ClockSynced, 0, -45 * time.Second, gate.OK},
		{"15 s, a second more", gate.ClockSynced, 0, -46 * time.Second, gate.StaleCode},
		{"30 s and 30 s of skew", gate.ClockSynced, 1, -60 * time.Second, gate.OK},
		{"30 s, a second more", gate.ClockSynced, 1, -61 * time.Second, gate.StaleCode},
		{"60 s, a second more", gate.ClockSynced, 2, -91 * time.Second, gate.StaleCode},
		{"120 s, a second more", gate.ClockSynced, 3, -151 * time.Second, gate.StaleCode},
		{"30 s ahead", gate.ClockSynced, 0, 30 * time.Second, gate.OK},
		{"31 s ahead", gate.ClockSynced, 0, 31 * time.Second, gate.FutureCode},
		{"rtc, 120 s ahead", gate.ClockRTC, 0, 120 * time.Second, gate.OK},
		{"rtc, 121 s ahead", gate.ClockRTC, 0, 121 * time.Second, gate.FutureCode},
		{"rtc, window and skew", gate.ClockRTC, 0, -136 * time.Second, gate.StaleCode},
		{"floor, 30 s below it", gate.ClockFloor, 3, -30 * time.Second, gate.OK},
		{"floor, 31 s below it", gate.ClockFloor, 3, -31 * time.Second, gate.StaleCode},
		{"floor, the last second of the credential", gate.ClockFloor, 0, time.Hour - time.Second, gate.OK},
		{"floor, the end of the credential", gate.ClockFloor, 0, time.Hour, gate.FutureCode},
		{"unknown, the end of the credential", gate.ClockLost, 0, time.Hour, gate.FutureCode},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.rules(func(r *trust.RulesJSON) { r.ClockUnknown = "allow" })
			p := s.phone(func(h *pass.Header) { h.NotBefore -= 3600; h.TTL = 726; h.Window = c.window }) // ends an hour after now
			s.clock.Set(s.now(), c.state)
			want(t, s.scan(p.Show(s.now().Add(c.shown), 0), in), c.want)
		})
	}
}

func TestWithoutAClockACodeIsNotDrawnBeforeItsCredential(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone(func(h *pass.Header) { h.NotBefore += 3600 })
	s.clock.Set(s.now(), gate.ClockFloor)
	want(t, s.scan(p.Show(begin.Add(time.Hour-time.Second), 0), in), gate.StaleCode)
	want(t, s.scan(p.Show(begin.Add(time.Hour), 0), in), gate.OK)
}

func TestHowOldTheListMayBe(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	short := func(s *scene) string { return s.bearer(starts(s.now())) }
	long := func(s *scene) string {
		return s.bearer(starts(s.now()), func(h *pass.Header) { h.TTL = 91 })
	}
	phone := func(began time.Duration) func(*scene) string {
		return func(s *scene) string {
			return s.phone(func(h *pass.Header) {
				h.NotBefore = uint32(begin.Add(began).Unix())
				h.TTL = 60480
			}).Show(s.now(), 0)
		}
	}
	for _, c := range []struct {
		name   string
		age    time.Duration
		code   func(*scene) string
		want   gate.Reason
		marked bool
	}{
		{"15 minutes, any pass", 15 * time.Minute, long, gate.OK, false},
		{"a second more is marked", 15*time.Minute + time.Second, long, gate.OK, true},
		{"a day, any pass", day, long, gate.OK, true},
		{"a day, any credential", day, phone(-time.Hour), gate.OK, true},
		{"a second more, a pass of over 15 minutes", day + time.Second, long, gate.ListTooOld, true},
		{"a second more, a pass of 15 minutes", day + time.Second, short, gate.OK, true},
		{"a second more, a credential from after the heartbeat", day + time.Second, phone(time.Second), gate.OK, true},
		{"a second more, a credential as old as the heartbeat", day + time.Second, phone(0), gate.ListTooOld, true},
		{"a week, a pass of 15 minutes", 7 * day, short, gate.OK, true},
		{"a second more, a pass of 15 minutes", 7*day + time.Second, short, gate.ListTooOld, true},
		{"a second more, a credential from after the heartbeat, 8 days", 7*day + time.Second, phone(time.Hour), gate.ListTooOld, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.clock.Set(begin.Add(c.age), gate.ClockSynced)
			d := s.scan(c.code(s), in)
			want(t, d, c.want)
			if d.Marked != c.marked || d.Fresh != int64(c.age/time.Second) {
				t.Fatalf("marked %t, fresh %d", d.Marked, d.Fresh)
			}
		})
	}
}

// starts makes a pass begin then.
func starts(at time.Time) func(*pass.Header) {
	return func(h *pass.Header) { h.NotBefore = uint32(at.Unix()) }
}

func TestASiteHasItsOwnSteps(t *testing.T) {
	t.Parallel()
	mark, restrict, refuse := int64(10), int64(20), int64(30)
	for age, c := range map[int64]struct {
		want   gate.Reason
		marked bool
	}{10: {gate.OK, false}, 11: {gate.OK, true}, 20: {gate.OK, true}, 21: {gate.ListTooOld, true}} {
		s := newScene(t)
		s.rules(func(r *trust.RulesJSON) {
			r.Stale = &trust.StaleJSON{Mark: &mark, Restrict: &restrict, Refuse: &refuse}
		})
		s.clock.Set(begin.Add(time.Duration(age)*time.Second), gate.ClockSynced)
		d := s.scan(s.bearer(func(h *pass.Header) { h.TTL = 91 }), in)
		want(t, d, c.want)
		if d.Marked != c.marked {
			t.Fatalf("age %d: marked %t", age, d.Marked)
		}
	}
}

func TestTheAgeCountsUpToTheTimeOfThePass(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.clock.Set(begin, gate.ClockFloor) // it has been off for longer than it knows
	later := uint32(begin.Add(2 * 24 * time.Hour).Unix())
	want(t, s.scan(s.bearer(func(h *pass.Header) { h.NotBefore, h.TTL = later, 180 }), in), gate.ListTooOld)
	want(t, s.scan(s.bearer(func(h *pass.Header) { h.NotBefore = later }), in), gate.OK)
	p := s.phone(func(h *pass.Header) { h.NotBefore -= 60; h.TTL = 60480 })
	want(t, s.scan(p.Show(begin.Add(25*time.Hour), 0), in), gate.ListTooOld)
	want(t, s.scan(p.Show(begin.Add(23*time.Hour), 0), in), gate.OK)
}

func TestAfterABootWithoutClockOrNetworkTheListIs15MinutesOld(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.clock.Set(begin.Add(time.Second), gate.ClockFloor)
	if d := s.scan(s.bearer(), in); d.Fresh != 900 {
		t.Fatalf("fresh %d", d.Fresh)
	}
	mark := int64(600)
	s.rules(func(r *trust.RulesJSON) { r.Stale = &trust.StaleJSON{Mark: &mark} })
	if d := s.scan(s.bearer(), in); !d.Marked {
		t.Fatal("not marked")
	}
	s.v.Enforce(s.Deliver(&verify.Documents{}, s.clock.Now()))
	if d := s.scan(s.bearer(), in); d.Fresh != 1 || d.Marked {
		t.Fatalf("after a heartbeat: fresh %d, marked %t", d.Fresh, d.Marked)
	}
}
