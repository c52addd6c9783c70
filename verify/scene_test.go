package verify_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// The lanes that the tests know.
var (
	in   = gate.Lane{Name: "in", Direction: gate.In}
	out  = gate.Lane{Name: "out", Direction: gate.Out}
	both = gate.Lane{Name: "both", Direction: gate.Both}
)

// Sections that the tests put people on.
var (
	revokedPass  = revocation.Section{Kind: revocation.Passes, ID: verifytest.Kid}
	revokedRider = revocation.Section{Kind: revocation.Riders, ID: verifytest.Issuer}
	heldPass     = revocation.Section{Kind: revocation.Passes, ID: verifytest.Kid, Class: revocation.HoldClass}
	heldRider    = revocation.Section{Kind: revocation.Riders, ID: verifytest.Issuer, Class: revocation.HoldClass}
	cutoff       = revocation.Section{Kind: revocation.Cutoff, ID: verifytest.Kid}
)

// scene is a world, a clock and a verifier in it. The clock stands a minute
// after everything was issued.
type scene struct {
	*verifytest.World
	clock *verifytest.Clock
	v     *verify.Verifier
	kept  map[gate.PassID]gate.Use // what the store would hold
	door  gate.DoorState
	shown func(code string, l gate.Lane) // is told of each scan, if it is set
}

func newScene(tb testing.TB) *scene {
	tb.Helper()
	s := &scene{World: verifytest.New(tb), clock: verifytest.NewClock(), kept: map[gate.PassID]gate.Use{}}
	s.clock.Advance(time.Minute)
	s.v = verify.New(s.Box, s.clock.Now)
	s.enforce()
	return s
}

// enforce puts what the world says now into force.
func (s *scene) enforce() { s.v.Enforce(s.Documents()) }

// scan shows a code at a lane, and keeps what the store would keep.
func (s *scene) scan(code string, l gate.Lane) gate.Decision {
	if s.shown != nil {
		s.shown(code, l)
	}
	d := s.v.Judge(gate.Scan{Code: code, Source: gate.FromScanner}, l, s.door)
	if d.Use != nil {
		s.kept[d.Use.Pass] = *d.Use
	}
	return d
}

// present has a platform present a code at a lane.
func (s *scene) present(code string, l gate.Lane) gate.Decision {
	return s.v.Judge(gate.Scan{Code: code, Source: gate.FromPresent}, l, s.door)
}

// later lets time pass.
func (s *scene) later(d time.Duration) *scene {
	s.clock.Advance(d)
	return s
}

// now is the time of the clock, whatever it is worth.
func (s *scene) now() time.Time { return s.clock.Now().Time }

// restart starts the process anew, with what the store has kept.
func (s *scene) restart() {
	s.clock.Restart()
	s.reload()
}

// reboot starts the machine anew after it was off for a while. With its clock in
// state floor it knows nothing of that while.
func (s *scene) reboot(off time.Duration, state gate.ClockState) {
	at := s.now()
	if state == gate.ClockSynced || state == gate.ClockRTC {
		at = at.Add(off)
	}
	s.clock.Reboot()
	s.clock.Set(at, state)
	s.reload()
}

func (s *scene) reload() {
	s.v = verify.New(s.Box, s.clock.Now)
	uses := make([]gate.Use, 0, len(s.kept))
	for _, u := range s.kept {
		uses = append(uses, u)
	}
	s.v.Remember(uses)
	s.enforce()
}

// bearer is a fresh pass, with one field changed.
func (s *scene) bearer(change ...func(*pass.Header)) string { return s.Bearer(s.header(change...)) }

func (s *scene) header(change ...func(*pass.Header)) pass.Header {
	h := s.Header()
	for _, c := range change {
		c(&h)
	}
	return h
}

// phone is a phone with a credential for two hours from Begin on and a window of
// 30 s.
func (s *scene) phone(change ...func(*pass.Header)) *verifytest.Phone {
	h := s.header(func(h *pass.Header) { h.TTL, h.Window = 720, 1 })
	for _, c := range change {
		c(&h)
	}
	return s.Phone(h)
}

// want fails the test unless the decision has that reason, and the verdict that
// goes with it.
func want(tb testing.TB, d gate.Decision, r gate.Reason) {
	tb.Helper()
	if d.Reason != r || d.Verdict != r.Verdict() {
		tb.Fatalf("got %s, %s (entrance %q); want %s", d.Verdict, d.Reason, d.Entrance, r)
	}
}

// wantExit fails the test unless the decision lets out a pass that an entrance
// would have refused for that reason.
func wantExit(tb testing.TB, d gate.Decision, entrance gate.Reason) {
	tb.Helper()
	want(tb, d, gate.ExitLate)
	if d.Entrance != entrance {
		tb.Fatalf("entrance is %q, want %q", d.Entrance, entrance)
	}
}

// rules changes the site's rules and puts them into force.
func (s *scene) rules(change func(*trust.RulesJSON)) {
	change(&s.Site.Rules)
	s.enforce()
}
