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

func TestALaneOutOpensForWhateverAnEntranceWouldRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		entrance gate.Reason
		do       func(*scene) gate.Decision
	}{
		{"a void key", gate.KeyVoid, func(s *scene) gate.Decision {
			s.Trust.Keys[0].State = "void"
			s.enforce()
			return s.scan(s.bearer(), out)
		}},
		{"a key for another site", gate.KeyNotForSite, func(s *scene) gate.Decision {
			s.Trust.Keys[0].Sites = []string{"7"}
			s.enforce()
			return s.scan(s.bearer(), out)
		}},
		{"a box that does not know the time", gate.ClockUnknown, func(s *scene) gate.Decision {
			s.clock.Set(s.now(), gate.ClockLost)
			return s.scan(s.bearer(), out)
		}},
		{"a pass that begins later", gate.NotYetValid, func(s *scene) gate.Decision {
			return s.scan(s.bearer(func(h *pass.Header) { h.NotBefore += 86400 }), out)
		}},
		{"a pass that ended days ago", gate.Expired, func(s *scene) gate.Decision {
			code := s.bearer()
			return s.later(72*time.Hour).scan(code, out)
		}},
		{"a pass for another site", gate.WrongSite, func(s *scene) gate.Decision {
			return s.scan(s.bearer(func(h *pass.Header) { h.Site = 1002 }), out)
		}},
		{"a pass for the way in", gate.WrongDirection, func(s *scene) gate.Decision {
			return s.scan(s.bearer(func(h *pass.Header) { h.Direction = pass.In }), out)
		}},
		{"a weak holder key", gate.WeakKey, func(s *scene) gate.Decision { return s.scan(weakCode(s), out) }},
		{"a code for another gate", gate.BadHolderSignature, func(s *scene) gate.Decision {
			return s.scan(s.phone().Show(s.now(), 9), out)
		}},
		{"a screenshot", gate.StaleCode, func(s *scene) gate.Decision {
			return s.scan(s.phone().Show(s.now().Add(-time.Hour), verifytest.Tag), out)
		}},
		{"a revoked rider", gate.Revoked, func(s *scene) gate.Decision {
			s.List(revokedRider, verifytest.Rider)
			s.enforce()
			return s.scan(s.bearer(), out)
		}},
		{"a rider on hold", gate.OnHold, func(s *scene) gate.Decision {
			s.List(heldRider, verifytest.Rider)
			s.enforce()
			return s.scan(s.bearer(), out)
		}},
		{"an old list", gate.ListTooOld, func(s *scene) gate.Decision {
			s.At = verifytest.Begin - 8*86400
			s.enforce()
			return s.scan(s.bearer(), out)
		}},
		{"a second exit", gate.UsedUp, func(s *scene) gate.Decision {
			code := s.bearer()
			s.scan(code, out)
			return s.later(time.Minute).scan(code, out)
		}},
		{"an issuer that is not admitted", gate.NotAdmitted, func(s *scene) gate.Decision {
			s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{} })
			return s.scan(s.bearer(), out)
		}},
		{"the wrong hour", gate.OutsideHours, func(s *scene) gate.Decision {
			s.rules(func(r *trust.RulesJSON) {
				r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}, From: "01:00", To: "02:00"}}
			})
			return s.scan(s.bearer(), out)
		}},
		{"a pause after too many attempts", gate.TooManyAttempts, func(s *scene) gate.Decision {
			code := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
			for range 10 {
				s.later(4*time.Second).scan(code, in)
			}
			return s.scan(code, out)
		}},
		{"a box that has lost its site's document", gate.NotReady, func(s *scene) gate.Decision {
			d := *s.Documents()
			d.Site = nil
			s.v.Enforce(&d)
			return s.scan(s.bearer(), out)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			for _, r := range []gate.Reason{"", gate.DoorFault, gate.NotReady} {
				s.door.Refuse = r
				d := c.do(s)
				if r == "" {
					wantExit(t, d, c.entrance)
				} else {
					want(t, d, gate.ExitLate) // what came before has left its traces
				}
				if d.Person == nil || d.Use != nil {
					t.Fatalf("person %v, use %v: nobody had entered", d.Person, d.Use)
				}
			}
		})
	}
}

func TestOnlyLockdownAndInterlockHoldAnExit(t *testing.T) {
	t.Parallel()
	for _, r := range []gate.Reason{gate.Lockdown, gate.Interlock} {
		s := newScene(t)
		code, late := s.bearer(), s.bearer(func(h *pass.Header) { h.Direction = pass.In })
		s.door.Refuse = r
		want(t, s.scan(code, out), r)
		d := s.scan(late, out)
		want(t, d, r)
		if d.Entrance != "" || d.Use != nil {
			t.Fatalf("decision %+v", d)
		}
		s.door.Refuse = gate.DoorFault
		want(t, s.later(4*time.Second).scan(code, out), gate.OK)
	}
}

func TestALateExitIsCountedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	d := s.later(time.Hour).scan(code, out)
	wantExit(t, d, gate.Expired)
	if d.Use == nil || d.Use.Left != s.now().Unix() {
		t.Fatalf("use %+v", d.Use)
	}
	if d = s.later(time.Minute).scan(code, out); d.Reason != gate.ExitLate || d.Use != nil {
		t.Fatalf("%s, use %+v", d.Reason, d.Use)
	}
	want(t, s.scan(code, both), gate.Expired)
}

func TestAForgedCodeOpensNoExit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	good := s.Key
	s.Key = verifytest.PrivateKey("thief")
	want(t, s.scan(s.bearer(), out), gate.BadSignature)
	s.Key = good
	s.Trust.Keys[0].State = "void"
	s.enforce()
	s.Key = verifytest.PrivateKey("thief")
	d := s.scan(s.bearer(), out)
	want(t, d, gate.KeyVoid)
	if d.Person != nil {
		t.Fatalf("a forger is named %+v", d.Person)
	}
	s.v.Enforce(&verify.Documents{})
	want(t, s.scan(s.bearer(), out), gate.NotReady)
}

func TestALaneBothTakesTheFirstAsEntryAndTheNextAsExit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, both), gate.OK)
	s.door.Opened = s.clock.Now()
	want(t, s.later(26*time.Second).scan(code, both), gate.UsedUp)
	want(t, s.later(4*time.Second).scan(code, both), gate.OK)
	want(t, s.later(time.Minute).scan(code, both), gate.UsedUp)
	if u := s.kept[gate.PassID{Kid: verifytest.Kid, Serial: 1}]; u.Left-u.Entered != 30 {
		t.Fatalf("use %+v", u)
	}
}

func TestAPassThatEnteredByAnotherLaneLeavesByALaneBoth(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	want(t, s.later(29*time.Second).scan(code, both), gate.UsedUp)
	want(t, s.later(4*time.Second).scan(code, both), gate.OK)
	want(t, s.later(time.Minute).scan(code, in), gate.UsedUp)
}

func TestAPassForTheWayOutOnlyLeavesOnceByALaneBoth(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
	want(t, s.scan(code, both), gate.OK)
	want(t, s.later(time.Minute).scan(code, both), gate.UsedUp)
}

func TestAPassWithoutNumberGoesInAndOutByALaneBoth(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(func(h *pass.Header) { h.Unlimited = true })
	id := gate.PassID{Kid: verifytest.Kid, Serial: 1}
	for i := range 6 {
		want(t, s.later(time.Minute).scan(code, both), gate.OK)
		u := s.kept[id]
		if inside := u.Left == 0; inside != (i%2 == 0) {
			t.Fatalf("after %d passages: %+v", i+1, u)
		}
	}
}

func TestTwoLanesAtOneInstantAreOnePassage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(unlimited)
	want(t, s.scan(code, in), gate.OK)
	if d := s.scan(code, both); d.Reason != gate.OK || d.Use.Left != 0 {
		t.Fatalf("%s, use %+v", d.Reason, d.Use)
	}
}

func TestAPhoneThatShowsAgainWithinTheTurnIsTheSamePassage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone()
	want(t, s.scan(p.Show(s.now(), 0), both), gate.OK)
	want(t, s.later(25*time.Second).scan(p.Show(s.now(), 0), both), gate.OK)
	if u := s.kept[gate.PassID{Kid: verifytest.Kid, Serial: p.Serial}]; u.Left != 0 {
		t.Fatalf("the same passage was taken for the exit: %+v", u)
	}
	want(t, s.later(31*time.Second).scan(p.Show(s.now(), 0), both), gate.OK)
	if u := s.kept[gate.PassID{Kid: verifytest.Kid, Serial: p.Serial}]; u.Left == 0 {
		t.Fatalf("the next passage was not taken for the exit: %+v", u)
	}
}

func TestWhoHasEnteredByALaneBothGetsOutForAWhile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		entrance gate.Reason
		happen   func(*scene)
	}{
		{"after the end", gate.Expired, func(s *scene) { s.later(15*time.Minute + 2*time.Hour - time.Minute - time.Second) }},
		{"after the rider was put on hold", gate.OnHold, func(s *scene) { s.List(heldRider, verifytest.Rider) }},
		{"after the order was cancelled", gate.Revoked, func(s *scene) { s.List(revokedPass, 1) }},
		{"after the key was voided", gate.KeyVoid, func(s *scene) { s.Trust.Keys[0].State = "void" }},
		{"after hours", gate.NotAdmitted, func(s *scene) { s.Site.Rules.Admit = []trust.AdmitJSON{} }},
		{"when the clock is lost", gate.ClockUnknown, func(s *scene) { s.clock.Set(s.now(), gate.ClockLost) }},
		{"when the list is old", gate.ListTooOld, func(s *scene) { s.At = verifytest.Begin - 8*86400 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			code, stranger := s.bearer(), s.bearer()
			want(t, s.scan(code, both), gate.OK)
			s.later(time.Minute)
			c.happen(s)
			s.enforce()
			if c.entrance != gate.Revoked {
				want(t, s.scan(stranger, both), c.entrance)
			}
			d := s.scan(code, both)
			if c.name == "after the end" {
				want(t, d, gate.Expired) // a minute too late
				return
			}
			wantExit(t, d, c.entrance)
			s.door.Opened = s.clock.Now()
			for _, wait := range []time.Duration{10 * time.Second, time.Minute} {
				if d := s.later(wait).scan(code, both); d.Verdict != gate.Refused {
					t.Fatalf("it left twice: %s", d.Reason)
				}
			}
		})
	}
}

func TestExitGraceEndsToTheSecond(t *testing.T) {
	t.Parallel()
	grace := int64(600)
	for late, reason := range map[time.Duration]gate.Reason{
		9*time.Minute + 59*time.Second: gate.ExitLate,
		10 * time.Minute:               gate.Expired,
	} {
		s := newScene(t)
		s.rules(func(r *trust.RulesJSON) { r.ExitGrace = &grace })
		code := s.bearer()
		want(t, s.scan(code, both), gate.OK)
		s.clock.Set(time.Unix(verifytest.Begin+900, 0).Add(late), gate.ClockSynced)
		s.later(time.Minute) // for the boot clock
		s.clock.Set(time.Unix(verifytest.Begin+900, 0).Add(late), gate.ClockSynced)
		want(t, s.scan(code, both), reason)
	}
}

func TestWhoMissedTheDoorOnTheWayOutHasASecondChance(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(*scene) func() string{
		"with a bearer pass": func(s *scene) func() string {
			code := s.bearer()
			return func() string { return code }
		},
		"with a phone": func(s *scene) func() string {
			p := s.phone()
			return func() string { return p.Show(s.now(), 0) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			code := show(s)
			want(t, s.scan(code(), both), gate.OK)
			s.later(time.Minute)
			s.List(heldRider, verifytest.Rider)
			s.enforce()
			for range 3 {
				wantExit(t, s.later(5*time.Second).scan(code(), both), gate.OnHold)
			}
			want(t, s.later(5*time.Second).scan(code(), both), gate.OnHold)
		})
	}
}

func TestAScreenshotDoesNotLeaveForItsOwner(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone()
	code := p.Show(s.now(), 0)
	want(t, s.scan(code, both), gate.OK)
	want(t, s.later(31*time.Second).scan(code, both), gate.Replayed)
	want(t, s.later(5*time.Minute).scan(p.Show(s.now().Add(-2*time.Minute), 0), both), gate.StaleCode)
	want(t, s.scan(p.Show(s.now(), 9), both), gate.BadHolderSignature)
	s.later(3 * time.Hour)
	want(t, s.scan(p.Show(s.now().Add(-2*time.Minute), 0), both), gate.Expired)
	wantExit(t, s.scan(p.Show(s.now(), 0), both), gate.Expired)
}

func TestWhatIsPresentedAtAnExitMustBeGenuineAndNew(t *testing.T) {
	t.Parallel()
	for _, lane := range []gate.Lane{out, both} {
		s := newScene(t)
		s.rules(func(r *trust.RulesJSON) { r.Present = true })
		p := s.phone()
		draw := func(tag uint16) string { return p.Show(s.now(), tag) }
		want(t, s.present(draw(verifytest.Tag), lane), gate.OK)
		s.later(time.Minute)
		s.List(heldRider, verifytest.Rider)
		s.enforce()
		kept := draw(verifytest.Tag)
		wantExit(t, s.present(kept, lane), gate.OnHold) // whoever is inside gets out
		want(t, s.later(4*time.Second).present(kept, lane), gate.OnHold)
		want(t, s.present(draw(0), lane), gate.BadHolderSignature)
		want(t, s.present(s.bearer(), lane), gate.Unsupported)
		want(t, s.later(10*time.Minute).present(kept, lane), gate.StaleCode)
		s.later(time.Minute)
		s.rules(func(r *trust.RulesJSON) { r.Present = false })
		want(t, s.present(draw(verifytest.Tag), lane), gate.OnHold)
		s.Unlist(heldRider, verifytest.Rider)
		s.enforce()
		want(t, s.later(4*time.Second).present(draw(verifytest.Tag), lane), gate.NotAdmitted)
	}
}

func TestAnOldCodeAtAnExitForgetsNoNewerOne(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone()
	s.clock.Set(s.now(), gate.ClockFloor)
	ahead, old := p.Show(s.now().Add(time.Hour), 0), p.Show(s.now(), 0)
	want(t, s.scan(ahead, in), gate.OK)
	wantExit(t, s.later(10*time.Second).scan(old, out), gate.Replayed)
	want(t, s.scan(ahead, in), gate.Replayed)
}
