package gate_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
)

func verb(v gate.Verb, lasts time.Duration) gate.Order {
	o := gate.Order{Command: gate.Command{ID: "c-1", Verb: v}, Source: gate.FromCommand}
	if lasts != 0 {
		o.Until = time.Now().Add(lasts)
	}
	return o
}

func TestAHoldOpenEnds(t *testing.T) {
	for name, c := range map[string]struct {
		lasts time.Duration
		story func(*bench)
		want  time.Duration
	}{
		"when it was ordered to":          {time.Hour, func(b *bench) { b.pass(13 * time.Hour) }, time.Hour},
		"after 12 h without an end":       {0, func(b *bench) { b.pass(13 * time.Hour) }, 12 * time.Hour},
		"after 12 h whatever was ordered": {24 * time.Hour, func(b *bench) { b.pass(13 * time.Hour) }, 12 * time.Hour},
		"by a release":                    {time.Hour, func(b *bench) { b.pass(sec); b.order(verb(gate.VerbRelease, 0)) }, sec},
		"by a lockdown":                   {time.Hour, func(b *bench) { b.pass(sec); b.order(verb(gate.VerbLockdown, 0)) }, sec},
		"when the box is stopped":         {time.Hour, func(b *bench) { b.pass(sec); b.stop() }, sec},
	} {
		b := play(t, gate.DoorConfig{}, nil, func(b *bench) {
			if a := b.order(verb(gate.VerbHoldOpen, c.lasts)); a.Verdict != gate.Open || a.Reason != gate.OK {
				t.Errorf("%s: answer %+v", name, a)
			}
			c.story(b)
		})
		if diff := cmp.Diff([]edge{{true, 0}, {false, c.want}}, b.relay.edges(), cmp.AllowUnexported(edge{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if (len(b.locked) == 1) != (name == "by a lockdown") {
			t.Errorf("%s: remembered %v", name, b.locked)
		}
	}
}

func TestALockdownRefusesUntilItEnds(t *testing.T) {
	b := play(t, gate.DoorConfig{}, wired, func(b *bench) {
		b.show(gate.OK)
		b.pass(sec)
		if a := b.order(verb(gate.VerbLockdown, time.Hour)); a.Verdict != "" || a.Reason != gate.OK {
			t.Errorf("answer %+v", a)
		}
		for _, v := range []gate.Verb{gate.VerbOpen, gate.VerbHoldOpen} {
			if a := b.order(verb(v, time.Hour)); a.Reason != gate.Lockdown {
				t.Errorf("%s: answer %+v", v, a)
			}
		}
		b.show(gate.Lockdown)
		b.wire(gate.Levels{Exit: true}) // nobody is locked in
		b.pass(time.Hour)
		b.show(gate.OK)
	})
	if got := []gate.Reason{b.judge.states[1].Refuse, b.judge.states[2].Refuse}; got[0] != gate.Lockdown || got[1] != "" {
		t.Errorf("the judge was told %v", got)
	}
	const rested = 1100 * time.Millisecond // the pulse that was cut off must end first
	want := []edge{{true, 0}, {false, sec}, {true, rested}, {false, rested + 3*sec}, {true, time.Hour + sec + tick}}
	if diff := cmp.Diff(want, b.relay.edges()[:5], cmp.AllowUnexported(edge{})); diff != "" {
		t.Errorf("relay's edges (-want +got):\n%s", diff)
	}
}

func TestALockdownSurvivesARestartAndFollowsTheClock(t *testing.T) {
	first := play(t, gate.DoorConfig{}, nil, func(b *bench) { b.order(verb(gate.VerbLockdown, time.Hour)) })
	if len(first.locked) != 1 {
		t.Fatalf("remembered %v", first.locked)
	}
	var wrong atomic.Int64 // how far the clock is behind
	b := play(t, gate.DoorConfig{}, func(b *bench) {
		b.before.Locked = first.locked[0]
		b.settings = func(cfg *gate.ControllerConfig) {
			cfg.Moment = func() gate.Moment { return gate.Moment{Time: time.Now().Add(-time.Duration(wrong.Load()))} }
		}
	}, func(b *bench) {
		wrong.Store(int64(10 * time.Minute))
		b.pass(time.Hour) // 50 minutes by the box's clock
		b.show(gate.Lockdown)
		wrong.Store(0)
		b.pass(time.Minute)
		b.show(gate.OK)
	})
	if got := b.judge.states; got[0].Refuse != gate.Lockdown || got[1].Refuse != "" {
		t.Errorf("the judge was told %+v", got)
	}
	if got := kinds(b.journal.all())[:2]; got[0] != "door lockdown-restored" || got[1] != "door found" {
		t.Errorf("records %v", got)
	}
	if !slices.Equal(b.locked, []int64{0}) {
		t.Errorf("remembered %v: the lockdown has ended", b.locked)
	}
}

func TestAReleaseIsForgottenByNoRestart(t *testing.T) {
	b := play(t, gate.DoorConfig{}, nil, func(b *bench) {
		b.order(verb(gate.VerbLockdown, time.Hour))
		b.order(verb(gate.VerbRelease, 0))
	})
	if len(b.locked) != 2 || b.locked[1] != 0 {
		t.Errorf("remembered %v", b.locked)
	}
}

func TestOnlyOneDoorOfAnAirlockOpens(t *testing.T) {
	a := gate.NewAirlock()
	b := play(t, withContact, func(b *bench) { wired(b); b.airlock = a }, func(b *bench) {
		outer := &bench{relay: &relay{began: time.Now()}, journal: &journal{}, judge: &judge{}, display: &display{}, airlock: a, wires: &wires{}}
		cfg := outer.config(withContact)
		cfg.Lane.Name = "outer"
		c := gate.NewController(cfg)
		outer.scans = make(chan gate.Scan)
		done := make(chan error, 1)
		var ctx context.Context
		ctx, outer.stop = context.WithCancel(context.Background())
		go func() { done <- c.Run(ctx, outer.scans, nil) }()

		b.show(gate.OK) // inner is about to be opened
		outer.show(gate.Interlock)
		b.wire(gate.Levels{Open: true})
		b.pass(5 * sec) // its relay is off, and it stands open
		outer.show(gate.Interlock)
		b.wire(gate.Levels{})
		outer.show(gate.Revoked) // a refusal takes nothing
		b.show(gate.Revoked)
		outer.show(gate.OK)
		b.show(gate.Interlock)
		b.wire(gate.Levels{Exit: true}) // and never holds who wants out
		b.pass(sec)
		outer.stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		var got []gate.Reason
		for _, s := range outer.judge.states {
			got = append(got, s.Refuse)
		}
		if diff := cmp.Diff([]gate.Reason{gate.Interlock, gate.Interlock, "", ""}, got); diff != "" {
			t.Errorf("what the outer door's judge was told (-want +got):\n%s", diff)
		}
		if n := len(outer.relay.edges()); n != 2 {
			t.Errorf("%d edges at the outer door, want 2", n)
		}
	})
	if got := b.judge.states; got[0].Refuse != "" || got[1].Refuse != "" || got[2].Refuse != gate.Interlock {
		t.Errorf("the inner door's judge was told %+v", got)
	}
	if n := len(b.relay.edges()); n != 4 {
		t.Errorf("%d edges at the inner door, want 4", n)
	}
}
