package drivertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"gated/drivers/signal"
	"gated/gate"
)

// TestSignal is the suite that each kind of signal passes. It gets a way to open
// a fresh one.
func TestSignal(t *testing.T, open func(t *testing.T) signal.Signal) {
	told := func(s signal.Signal) {
		s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.OK})
		s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.EntryProhibited, Notice: &gate.Text{ZH: "请放到一号柜", EN: "Use locker one"}})
		s.Show(gate.Decision{Verdict: gate.Ignored, Reason: gate.Repeat})
		s.Show(gate.Decision{})
		for _, h := range []signal.Health{signal.NoScanner, signal.Healthy, "what is this"} {
			s.Idle(h)
		}
	}
	t.Run("does not keep anybody waiting while nobody runs it", func(t *testing.T) {
		s := open(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 1000 {
				told(s)
			}
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatal("it keeps the lane waiting")
		}
		must(t, errors.Join(s.Close(), s.Close()))
	})
	t.Run("runs until its context ends, and may be told more after that", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		for range 100 {
			told(s)
		}
		cancel()
		select {
		case err := <-ended:
			must(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("Run goes on after its context ended")
		}
		told(s)
		must(t, errors.Join(s.Close(), s.Close()))
		told(s)
	})
}
