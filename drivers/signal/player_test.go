package signal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/signal"
	"gated/gate"
)

var _ gate.Signal = signal.Signal(nil)

// change is a change of the lights, in milliseconds since the start.
type change struct {
	MS     int64
	Lights signal.Lights
}

// shown is when a decision is shown, in milliseconds since the start.
type shown struct {
	ms      int
	verdict gate.Verdict
}

// idling is when a state of health is told.
type idling struct {
	ms     int
	health signal.Health
}

// play runs a player for the time of d and returns what its lights did.
func play(t *testing.T, d time.Duration, news ...shown) []change {
	t.Helper()
	return playBoth(t, d, nil, news)
}

func playIdle(t *testing.T, d time.Duration, states ...idling) []change {
	t.Helper()
	return playBoth(t, d, states, nil)
}

func playBoth(t *testing.T, d time.Duration, states []idling, news []shown) []change {
	t.Helper()
	var got []change
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := signal.NewPlayer(func(l signal.Lights) error {
			if len(got) == 0 && l == (signal.Lights{}) || len(got) > 0 && got[len(got)-1].Lights == l {
				return nil
			}
			got = append(got, change{time.Since(began).Milliseconds(), l})
			return nil
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		for len(states) > 0 || len(news) > 0 {
			idle := len(states) > 0 && (len(news) == 0 || states[0].ms <= news[0].ms)
			var ms int
			if idle {
				ms = states[0].ms
			} else {
				ms = news[0].ms
			}
			<-time.After(time.Until(began.Add(time.Duration(ms) * time.Millisecond)))
			if idle {
				s.Idle(states[0].health)
				states = states[1:]
			} else {
				s.Show(gate.Decision{Verdict: news[0].verdict})
				news = news[1:]
			}
			synctest.Wait()
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return got
}

var (
	dark      signal.Lights
	greenBeep = signal.Lights{Green: true, Buzzer: true}
	green     = signal.Lights{Green: true}
	red       = signal.Lights{Red: true}
	redBeep   = signal.Lights{Red: true, Buzzer: true}
)

func TestPatterns(t *testing.T) {
	for _, tc := range []struct {
		name string
		news []shown
		want []change
	}{
		{"open is one long green and one short beep", []shown{{100, gate.Open}}, []change{{100, greenBeep}, {220, green}, {2220, dark}}},
		{"refused is three blinks and three short beeps", []shown{{100, gate.Refused}}, []change{
			{100, redBeep}, {250, dark}, {400, redBeep}, {550, dark}, {700, redBeep}, {850, dark},
		}},
		{"ignored is nothing", []shown{{100, gate.Ignored}}, nil},
		{"the newest replaces what is being played", []shown{{100, gate.Refused}, {500, gate.Open}}, []change{
			{100, redBeep}, {250, dark}, {400, redBeep}, {500, greenBeep}, {620, green}, {2620, dark},
		}},
		{"what is ignored replaces nothing", []shown{{100, gate.Open}, {500, gate.Ignored}}, []change{{100, greenBeep}, {220, green}, {2220, dark}}},
		{"the same again begins again", []shown{{100, gate.Open}, {1100, gate.Open}}, []change{
			{100, greenBeep}, {220, green}, {1100, greenBeep}, {1220, green}, {3220, dark},
		}},
		{"everything is off at the end", []shown{{3900, gate.Open}}, []change{{3900, greenBeep}, {4000, dark}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, play(t, 4*time.Second, tc.news...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestThePlayerPassesTheSuite(t *testing.T) {
	drivertest.TestSignal(t, func(*testing.T) signal.Signal {
		return signal.NewPlayer(func(signal.Lights) error { return nil }, slog.New(slog.DiscardHandler))
	})
}

// blinksOf is the times at which something goes on, in milliseconds, while a
// player is idle for the time of d.
func blinksOf(t *testing.T, h signal.Health, d time.Duration) (on []int64, heard bool) {
	t.Helper()
	for _, c := range playIdle(t, d, idling{0, h}) {
		if c.Lights != dark {
			on = append(on, c.MS)
		}
		heard = heard || c.Lights.Buzzer
	}
	return on, heard
}

func TestEachStateOfHealthHasARhythmOfItsOwnAndOnlyTheDoorIsHeard(t *testing.T) {
	for h, want := range map[signal.Health][]int64{
		signal.PreAlarm:     {0, 1000, 2000, 3000, 4000, 5000},
		signal.HeldOpen:     {0, 750, 2250, 3000, 4500, 5250},
		signal.Healthy:      {0, 5050},
		signal.NoNetwork:    {0, 400, 3550, 3950},
		signal.ListOld:      {0, 400, 800, 3950, 4350, 4750},
		signal.ClockUnknown: {0, 400, 800, 1200, 4350, 4750, 5150, 5550},
		signal.NoScanner:    {0, 2000, 4000},
		"":                  nil,
	} {
		on, heard := blinksOf(t, h, 5900*time.Millisecond)
		door := h == signal.PreAlarm || h == signal.HeldOpen
		if diff := cmp.Diff(want, on); diff != "" || heard != door {
			t.Errorf("%s (heard: %v): %s", h, heard, diff)
		}
	}
	if on, heard := blinksOf(t, signal.DoorForced, 900*time.Millisecond); len(on) != 5 || on[4] != 800 || !heard {
		t.Errorf("forced (heard: %v): %v", heard, on)
	}
}

func TestADoorIsSeenForeverAndHeardForFiveMinutes(t *testing.T) {
	got := playBoth(t, 306*time.Second, []idling{{0, signal.HeldOpen}}, []shown{{302_000, gate.Open}})
	var seen, heard int64
	for _, c := range got {
		if c.MS < 302_000 && c.Lights.Red {
			seen = c.MS
		}
		if c.MS < 302_000 && c.Lights.Buzzer {
			heard = c.MS
		}
	}
	if seen < 300_000 || heard < 297_000 || heard > 300_000 {
		t.Errorf("last seen at %d ms and heard at %d ms", seen, heard)
	}
	if !slices.Contains(got, change{302_000, greenBeep}) {
		t.Error("whoever is answered afterwards does not hear it")
	}
}

func TestAVerdictIsShownOverHealthWhichComesBack(t *testing.T) {
	got := playIdle(t, 4*time.Second, idling{0, signal.NoScanner}, idling{1500, ""}, idling{1600, signal.NoScanner})
	want := []change{{0, red}, {1000, dark}, {1600, red}, {2600, dark}, {3600, red}, {4000, dark}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = playBoth(t, 5*time.Second, []idling{{0, signal.NoScanner}, {700, signal.Healthy}}, []shown{{500, gate.Open}})
	want = []change{{0, red}, {500, greenBeep}, {620, green}, {2620, green}, {2670, dark}}
	if diff := cmp.Diff(want[:3], got[:3]); diff != "" {
		t.Error(diff)
	}
	// The change of health in the middle of the verdict does not cut it short.
	if last := got[3]; last.MS != 2670 || last.Lights != dark {
		t.Errorf("after the verdict: %v", got[3:])
	}
}

func TestALightThatFailsIsLoggedOnceAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		tries := 0
		s := signal.NewPlayer(func(signal.Lights) error {
			tries++
			return errors.New("remote I/O error")
		}, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		s.Show(gate.Decision{Verdict: gate.Refused})
		if err := s.Run(ctx); err != nil {
			t.Errorf("a light ends the program: %v", err)
		}
		if n := strings.Count(log.String(), "signal does not answer"); n != 1 || tries < 6 {
			t.Errorf("%d lines for %d failures:\n%s", n, tries, log.String())
		}
	})
}
