package verify_test

import (
	"fmt"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

func TestACodeOnTheGlassIsJudgedOnceHoweverLongItStays(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	for range 20 {
		want(t, s.later(time.Second).scan(code, in), gate.Repeat)
	}
	want(t, s.later(3*time.Second).scan(code, in), gate.UsedUp)
}

func TestARepeatIsOfOneCodeAtOneLane(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(unlimited)
	want(t, s.scan(code, in), gate.OK)
	want(t, s.scan(s.bearer(), in), gate.OK)
	want(t, s.scan(code, out), gate.OK)
	want(t, s.scan(code, in), gate.Repeat)
	want(t, s.later(time.Second).scan("nonsense", in), gate.Malformed)
	want(t, s.later(time.Second).scan("nonsense", in), gate.Repeat)
	want(t, s.scan("nonsense", out), gate.Malformed)
}

func TestARepeatSaysNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	s.scan(code, in)
	d := s.scan(code, in)
	if d.Verdict != gate.Ignored || d.Person != nil || d.Use != nil {
		t.Fatalf("decision %+v", d)
	}
}

func TestAFloodOfCodesDoesNotHideARepeat(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for range 3 {
		code := s.bearer()
		want(t, s.scan(code, in), gate.OK)
		for i := range 14 { // 5 a second, for 3 s
			s.later(200 * time.Millisecond)
			want(t, s.scan(fmt.Sprintf("noise %d", i), in), gate.Malformed)
		}
		want(t, s.scan(code, in), gate.Repeat)
		s.later(time.Minute)
	}
}

func TestTooManyAttemptsAreCountedForOnePass(t *testing.T) {
	t.Parallel()
	outOnly := func(h *pass.Header) { h.Direction = pass.Out }
	s := newScene(t)
	code, other := s.bearer(outOnly), s.bearer(outOnly)
	for range 10 {
		want(t, s.later(4*time.Second).scan(code, in), gate.WrongDirection)
	}
	want(t, s.scan(other, in), gate.WrongDirection)
	want(t, s.later(29*time.Second).scan(code, in), gate.TooManyAttempts)
	want(t, s.later(4*time.Second).scan(code, in), gate.WrongDirection) // the attempt in the pause did not count
	for range 8 {
		want(t, s.later(4*time.Second).scan(code, in), gate.WrongDirection)
	}
	s.later(30 * time.Second) // the first of these is a minute old
	want(t, s.scan(code, in), gate.WrongDirection)
	want(t, s.later(4*time.Second).scan(code, in), gate.WrongDirection)
}

func TestTenAttemptsInOverAMinuteAreNotTooMany(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
	for range 40 {
		want(t, s.later(6700*time.Millisecond).scan(code, in), gate.WrongDirection)
	}
}

func TestAPauseLasts30SecondsToTheInstant(t *testing.T) {
	t.Parallel()
	v := newScene(t).v
	id := gate.PassID{Kid: verifytest.Kid, Serial: 1}
	for i := range 10 {
		v.Refuse(id, time.Duration(i)*time.Second)
	}
	const last = 9 * time.Second
	if !v.Paused(id, last) || !v.Paused(id, last+30*time.Second-1) || v.Paused(id, last+30*time.Second) {
		t.Fatal("the pause does not last 30 s")
	}
	for i := range 10 {
		v.Refuse(id, time.Hour+time.Duration(i)*time.Minute/9)
	}
	if v.Paused(id, time.Hour+time.Minute) {
		t.Fatal("10 refusals from the first to the last second of a minute are not within it")
	}
}

func TestTheMemoryOfAttemptsIsBounded(t *testing.T) {
	t.Parallel()
	v := newScene(t).v
	id := func(i int) gate.PassID { return gate.PassID{Kid: verifytest.Kid, Serial: uint32(i)} }
	for i := range verify.MostAttempts {
		v.Refuse(id(i), 0)
	}
	for range 10 { // one of them is paused from the 59th second on
		v.Refuse(id(0), 59*time.Second)
	}
	v.Refuse(id(verify.MostAttempts), time.Minute-1)
	if n := v.Watched(); n != verify.MostAttempts {
		t.Fatalf("%d passes are watched", n)
	}
	v.Refuse(id(verify.MostAttempts), time.Minute)
	if n := v.Watched(); n != 2 || !v.Paused(id(0), time.Minute) {
		t.Fatalf("%d passes are watched, of which one was paused", n)
	}
}

func TestAPauseThatIsOverMakesRoom(t *testing.T) {
	t.Parallel()
	for at, watched := range map[time.Duration]int{2*time.Minute - 1: verify.MostAttempts, 2 * time.Minute: verify.MostAttempts - 1} {
		v := newScene(t).v
		id := func(i int) gate.PassID { return gate.PassID{Kid: verifytest.Kid, Serial: uint32(i)} }
		for range 10 { // two of them are paused until the second minute is over
			v.Refuse(id(0), 90*time.Second)
			v.Refuse(id(1), 90*time.Second)
		}
		for i := 2; i < verify.MostAttempts; i++ {
			v.Refuse(id(i), 90*time.Second)
		}
		v.Refuse(id(verify.MostAttempts), at)
		if n := v.Watched(); n != watched {
			t.Errorf("%d passes are watched after %s, want %d", n, at, watched)
		}
	}
}

func TestForgedCodesBlockNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	h := s.header()
	honest := s.Bearer(h)
	good := s.Key
	s.Key = verifytest.PrivateKey("thief")
	forged := s.Bearer(h)
	for range 30 {
		want(t, s.later(4*time.Second).scan(forged, in), gate.BadSignature)
	}
	s.Key = good
	want(t, s.scan(honest, in), gate.OK)
}
