package signal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/signal"
	"gated/gate"
)

var (
	_ gate.Signal   = signal.Signal(nil)
	_ signal.Signal = (*drivertest.Signal)(nil)
)

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

// play runs a player for the time of d and returns what its lights did.
func play(t *testing.T, d time.Duration, news ...shown) []change {
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
		for _, n := range news {
			<-time.After(time.Until(began.Add(time.Duration(n.ms) * time.Millisecond)))
			s.Show(gate.Decision{Verdict: n.verdict})
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

func TestShowNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := signal.NewPlayer(func(signal.Lights) error { return nil }, slog.New(slog.DiscardHandler))
		for range 1000 { // nobody runs it
			s.Show(gate.Decision{Verdict: gate.Open})
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
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
