package verify_test

import (
	"sync"
	"testing"
	"time"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// unlimited is a pass with any number of uses.
func unlimited(h *pass.Header) { h.Unlimited = true }

func TestASecondChanceIsForWhoDidNotGetThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		happen func(*scene)
		lane   gate.Lane
		want   gate.Reason
	}{
		{"20 s later", func(s *scene) { s.later(20 * time.Second) }, in, gate.Again},
		{"a moment after that", func(s *scene) { s.later(20*time.Second + time.Millisecond) }, in, gate.UsedUp},
		{"at another lane", func(s *scene) { s.later(5 * time.Second) }, gate.Lane{Name: "in-2", Direction: gate.In}, gate.UsedUp},
		{"after the door was seen open", func(s *scene) { s.later(5 * time.Second); s.door.Opened = s.clock.Now() }, in, gate.UsedUp},
		{"with a door that was seen open before", func(s *scene) {
			s.door.Opened = s.clock.Now()
			s.door.Opened.Up -= time.Millisecond
			s.later(5 * time.Second)
		}, in, gate.Again},
		{"after the door was seen open and a restart", func(s *scene) { s.later(time.Second); s.door.Opened = s.clock.Now(); s.restart() }, in, gate.UsedUp},
		{"with a door that was seen open in the start before", func(s *scene) { s.later(5 * time.Second); s.door.Opened = gate.Moment{Up: 99 * time.Hour} }, in, gate.Again},
		{"after a restart", func(s *scene) { s.later(119 * time.Second); s.restart() }, in, gate.Again},
		{"long after a restart", func(s *scene) { s.restart(); s.later(121 * time.Second) }, in, gate.UsedUp},
		{"after a power cut of a minute", func(s *scene) { s.reboot(time.Minute, gate.ClockSynced) }, in, gate.Again},
		{"after a power cut of 3 minutes", func(s *scene) { s.reboot(3*time.Minute, gate.ClockSynced) }, in, gate.UsedUp},
		{"after a power cut that took the time away", func(s *scene) { s.reboot(time.Hour, gate.ClockFloor) }, in, gate.Again},
		{"after a power cut, with a clock that was set back", func(s *scene) { s.reboot(-3*time.Minute, gate.ClockSynced) }, in, gate.UsedUp},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			code := s.bearer(func(h *pass.Header) { h.NotBefore -= 600; h.TTL = 150 })
			want(t, s.scan(code, in), gate.OK)
			c.happen(s)
			want(t, s.scan(code, c.lane), c.want)
		})
	}
}

func TestThereAreTwoSecondChances(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	first := s.scan(code, in)
	want(t, first, gate.OK)
	for i := range 2 {
		d := s.later(5*time.Second).scan(code, in)
		want(t, d, gate.Again)
		if d.Use.Again != i+1 || d.Use.Entered != first.Use.Entered {
			t.Fatalf("use %+v", d.Use)
		}
	}
	want(t, s.later(5*time.Second).scan(code, in), gate.UsedUp)
}

func TestAUseIsConsumedByAnOpeningAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	s.door.Refuse = gate.Interlock
	want(t, s.scan(code, in), gate.Interlock)
	s.door.Refuse = ""
	want(t, s.later(4*time.Second).scan(code, in), gate.OK)
	want(t, s.later(time.Minute).scan(code, out), gate.OK)
	want(t, s.later(time.Minute).scan(code, in), gate.UsedUp)
}

func TestAPassWithoutNumberEntersAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(unlimited)
	for range 5 {
		want(t, s.later(time.Minute).scan(code, in), gate.OK)
	}
}

func TestUsesSurviveWhateverHappensToTheBox(t *testing.T) {
	t.Parallel()
	for name, happen := range map[string]func(*scene){
		"a restart":                   func(s *scene) { s.later(3 * time.Minute); s.restart() },
		"a power cut":                 func(s *scene) { s.reboot(5*time.Minute, gate.ClockSynced) },
		"a power cut without a clock": func(s *scene) { s.reboot(5*time.Minute, gate.ClockFloor); s.later(3 * time.Minute) },
		"a clock set back": func(s *scene) {
			s.later(3 * time.Minute)
			s.clock.Set(time.Unix(verifytest.Begin, 0), gate.ClockSynced)
		},
		"a clock set back by a reboot":     func(s *scene) { s.later(5 * time.Minute); s.reboot(-2*time.Minute, gate.ClockSynced) },
		"documents that change":            func(s *scene) { s.later(3 * time.Minute); s.Site.Name = "another"; s.enforce() },
		"a floor that has not reached it":  func(s *scene) { s.later(3 * time.Minute); s.v.Forget(verifytest.Begin + 86400) },
		"a heartbeat after the wall clock": func(s *scene) { s.later(10 * time.Minute); s.At += 600; s.enforce() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			single := s.bearer(func(h *pass.Header) { h.TTL = 8640 })
			phone := s.phone(func(h *pass.Header) { h.TTL = 8640; h.Window = 3 })
			moving := phone.Show(s.now(), verifytest.Tag)
			want(t, s.scan(single, in), gate.OK)
			want(t, s.scan(moving, in), gate.OK)
			happen(s)
			want(t, s.scan(single, in), gate.UsedUp)
			if d := s.scan(moving, in); d.Verdict != gate.Refused {
				t.Fatalf("the moving code came to %s", d.Reason)
			}
		})
	}
}

func TestAUseIsForgottenOnlyWhenSignedTimeIsPastIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	until := s.kept[gate.PassID{Kid: verifytest.Kid, Serial: 1}].Until
	if least := int64(verifytest.Begin + 900 + 7200); until < least {
		t.Fatalf("until %d is before the end of the exit grace, %d", until, least)
	}
	s.later(3 * time.Minute)
	s.v.Forget(until)
	want(t, s.scan(code, in), gate.UsedUp)
	s.v.Forget(until + 1)
	want(t, s.later(4*time.Second).scan(code, in), gate.OK) // it is gone: nobody asks for it any more
}

func TestAHeartbeatForgetsToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	s.At = s.kept[gate.PassID{Kid: verifytest.Kid, Serial: 1}].Until + 1
	s.enforce()
	want(t, s.later(4*time.Second).scan(code, in), gate.OK)
}

func TestHeartbeatsForgetEveryFiveMinutes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	until := s.kept[gate.PassID{Kid: verifytest.Kid, Serial: 1}].Until
	for _, step := range []struct {
		at     int64
		reason gate.Reason
	}{
		{until - 200, gate.UsedUp}, // the sweep that the next ones are counted from
		{until + 99, gate.UsedUp},  // past its end, and 299 s later
		{until + 100, gate.OK},     // it was dropped, and is now taken in again
		{until + 100, gate.UsedUp}, // the same heartbeat once more sweeps nothing
	} {
		s.At = step.at
		s.enforce()
		if d := s.later(time.Minute).scan(code, in); d.Reason != step.reason {
			t.Errorf("%d s past its end: %s, want %s", step.at-until, d.Reason, step.reason)
		}
	}
}

func TestOfTwoLanesAtOneInstantOneOpens(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	lanes := []gate.Lane{in, {Name: "in-2", Direction: gate.In}, {Name: "in-3", Direction: gate.In}, both}
	for round := range 40 {
		code := s.bearer()
		if round%2 == 1 {
			code = s.phone().Show(s.now(), 0)
		}
		opened := make(chan gate.Reason, len(lanes))
		var start, done sync.WaitGroup
		start.Add(1)
		for _, l := range lanes {
			done.Go(func() {
				start.Wait()
				opened <- s.v.Judge(gate.Scan{Code: code, Source: gate.FromScanner}, l, gate.DoorState{}).Reason
			})
		}
		start.Done()
		done.Wait()
		close(opened)
		n := 0
		for r := range opened {
			switch r {
			case gate.OK:
				n++
			case gate.UsedUp, gate.Replayed:
			default:
				t.Fatalf("a lane said %s", r)
			}
		}
		if n != 1 {
			t.Fatalf("round %d: %d lanes opened", round, n)
		}
	}
}

func TestALaneSeesWhatAnotherAdmittedWhileItChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code func(*scene) string
		want gate.Reason
	}{
		"a bearer pass": {func(s *scene) string { return s.bearer() }, gate.UsedUp},
		"a moving code": {func(s *scene) string { return s.phone().Show(s.now(), 0) }, gate.Replayed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			scan := gate.Scan{Code: c.code(s)}
			first := s.v.Begin(scan, in)
			second := s.v.Begin(scan, gate.Lane{Name: "in-2", Direction: gate.In})
			want(t, second(), gate.OK)
			want(t, first(), c.want)
		})
	}
}

func TestDocumentsMayChangeWhileLanesJudge(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	codes := make([]string, 50)
	for i := range codes {
		codes[i] = s.bearer()
	}
	var lanes sync.WaitGroup
	for _, l := range []gate.Lane{in, out} {
		lanes.Go(func() {
			for _, c := range codes {
				if d := s.v.Judge(gate.Scan{Code: c}, l, gate.DoorState{}); d.Verdict != gate.Open {
					t.Errorf("lane %s: %s", l.Name, d.Reason)
				}
			}
		})
	}
	for range 50 {
		s.At++
		s.enforce()
	}
	lanes.Wait()
}

func TestAMovingCodeMustBeDrawnLaterThanTheLast(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone()
	now := s.now()
	want(t, s.scan(p.Show(now, 0), in), gate.OK)
	want(t, s.scan(p.Show(now.Add(-time.Second), 0), out), gate.ExitLate)
	want(t, s.scan(p.Show(now.Add(-time.Second), 0), in), gate.Replayed)
	want(t, s.scan(p.Show(now.Add(time.Second), 0), in), gate.OK)
	want(t, s.scan(p.Show(now.Add(2*time.Second), 0), out), gate.OK)
	want(t, s.scan(p.Show(now.Add(2*time.Second), 0), in), gate.Replayed)
}

func TestWithoutAClockAPhoneThatIsAheadIsNotShutOut(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	p := s.phone()
	s.clock.Set(s.now(), gate.ClockFloor)
	ahead := p.Show(s.now().Add(time.Hour), 0)
	d := s.scan(ahead, in)
	want(t, d, gate.OK)
	if got, want := int64(d.Use.ShownAt), s.now().Unix()+150; got != want {
		t.Fatalf("shown_at is remembered as %d, want %d", got, want)
	}
	want(t, s.later(10*time.Second).scan(ahead, in), gate.Replayed)
	want(t, s.scan(p.Show(time.Unix(int64(d.Use.ShownAt), 0), 0), in), gate.Replayed)
	want(t, s.later(150*time.Second).scan(p.Show(s.now(), 0), in), gate.OK)
}

func TestTimedPassbackCountsFromTheEntry(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	seconds := int64(60)
	s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "timed", Seconds: &seconds} })
	code := s.bearer(unlimited)
	want(t, s.scan(code, in), gate.OK)
	want(t, s.later(5*time.Second).scan(code, in), gate.Again)
	s.door.Opened = s.clock.Now()
	want(t, s.later(5*time.Second).scan(code, in), gate.Passback)
	want(t, s.later(5*time.Second).scan(code, out), gate.OK)
	want(t, s.later(44*time.Second).scan(code, in), gate.Passback)
	want(t, s.later(4*time.Second).scan(code, in), gate.OK)
	s.door.Opened = s.clock.Now()
	s.clock.Set(s.now().Add(-time.Hour), gate.ClockSynced)
	s.Trust.Keys[0].NotBefore -= 86400
	want(t, s.scan(s.bearer(func(h *pass.Header) { h.Serial = 1; h.Unlimited = true; h.NotBefore -= 7200; h.TTL = 8640 }), in), gate.OK)
}

func TestPassbackEndsToTheSecond(t *testing.T) {
	t.Parallel()
	for later, reason := range map[time.Duration]gate.Reason{
		299 * time.Second: gate.Passback, 300 * time.Second: gate.OK,
		-299 * time.Second: gate.Passback, -300 * time.Second: gate.OK,
	} {
		s := newScene(t)
		s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "timed"} })
		code := s.bearer(unlimited, func(h *pass.Header) { h.NotBefore -= 3600; h.TTL = 720 })
		want(t, s.scan(code, in), gate.OK)
		at := s.now().Add(later)
		s.later(time.Minute) // by the boot clock, in which nothing lies on the glass
		s.clock.Set(at, gate.ClockSynced)
		want(t, s.scan(code, in), reason)
	}
}

func TestAPhoneThatMissedTheDoorIsNoPassback(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "timed"} })
	p := s.phone()
	want(t, s.scan(p.Show(s.now(), 0), in), gate.OK)
	want(t, s.later(5*time.Second).scan(p.Show(s.now(), 0), in), gate.Again)
	want(t, s.later(5*time.Second).scan(p.Show(s.now(), 0), in), gate.Again)
	want(t, s.later(5*time.Second).scan(p.Show(s.now(), 0), in), gate.Passback)
}

func TestSoftPassbackRefusesNobodyAndIsNoted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "soft"} })
	code := s.bearer(unlimited)
	scan := func(l gate.Lane, r, noted gate.Reason) {
		t.Helper()
		d := s.scan(code, l)
		want(t, d, r)
		if d.Entrance != noted {
			t.Fatalf("noted is %q, want %q", d.Entrance, noted)
		}
	}
	scan(in, gate.OK, "")
	s.later(5 * time.Second)
	scan(in, gate.Again, "") // who missed the door has not entered twice
	s.later(30 * time.Second)
	scan(in, gate.OK, gate.Passback)
	s.later(299 * time.Second)
	scan(in, gate.OK, gate.Passback) // counted from the newest entry
	scan(out, gate.OK, "")
	s.later(300 * time.Second)
	scan(in, gate.OK, "")
	s.door.Refuse = gate.DoorFault
	s.later(time.Minute)
	scan(in, gate.DoorFault, "")
}
