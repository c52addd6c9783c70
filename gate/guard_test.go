package gate_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gated/gate"
)

// hanging is a judge that never comes back from the code "hang".
type hanging struct {
	judge
	free chan struct{}
}

func (h *hanging) Judge(s gate.Scan, l gate.Lane, d gate.DoorState) gate.Decision {
	if s.Code == "hang" {
		<-h.free
		return gate.Decision{Verdict: gate.Ignored}
	}
	return h.judge.Judge(s, l, d)
}

// hung plays a story at a door whose loop has been made to hang a second after
// it let somebody in, with the guard beside it.
func hung(t *testing.T, open func(*bench), story func(*bench)) *bench {
	h := &hanging{free: make(chan struct{})}
	return play(t, gate.DoorConfig{}, func(b *bench) {
		wired(b)
		h.free = make(chan struct{}) // a channel of the bubble
		b.settings = func(cfg *gate.ControllerConfig) { cfg.Judge = h }
	}, func(b *bench) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.Guard(ctx) }()
		open(b)
		b.pass(sec)
		b.scans <- gate.Scan{Code: "hang", At: time.Now()}
		story(b)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Guard: %v", err)
		}
		close(h.free)
		synctest.Wait()
	})
}

func TestTheGuardSwitchesOffWhatItsLoopDoesNot(t *testing.T) {
	for name, c := range map[string]struct {
		open func(*bench)
		want time.Duration // the end of what was ordered
	}{
		"a pulse":     {func(b *bench) { b.show(gate.OK) }, 3 * sec},
		"a hold-open": {func(b *bench) { b.order(verb(gate.VerbHoldOpen, time.Minute)) }, time.Minute},
		"fire":        {func(b *bench) { b.wire(gate.Levels{Fire: true}) }, 31 * sec},
	} {
		t.Run(name, func(t *testing.T) {
			b := hung(t, c.open, func(b *bench) {
				beat := b.Beat()
				b.pass(30 * sec)
				if name == "fire" && len(b.relay.edges()) != 1 {
					t.Errorf("edges %v: the door was shut in a fire", b.relay.edges())
				}
				b.wire(gate.Levels{})
				b.pass(time.Minute)
				if !b.Beat().Equal(beat) {
					t.Error("a loop that hangs has beaten")
				}
				e := b.relay.edges()
				if len(e) != 2 || e[1].on || e[1].at < c.want || e[1].at > c.want+sec+200*time.Millisecond {
					t.Errorf("edges %v: want off within 1.2 s after %s", e, c.want)
				}
			})
			last := b.journal.records()
			if !hasEvent(last, gate.GuardTripped) {
				t.Errorf("records %v: none of the guard", kinds(last))
			}
		})
	}
}

func hasEvent(recs []gate.Record, e gate.Event) bool {
	for _, r := range recs {
		if r.Event == e {
			return true
		}
	}
	return false
}

func TestTheGuardTriesAgainAtARelayThatDoesNotObey(t *testing.T) {
	hung(t, func(b *bench) { b.show(gate.OK) }, func(b *bench) {
		b.relay.mu.Lock()
		b.relay.stuck = true
		b.relay.mu.Unlock()
		b.pass(10 * sec)
		b.relay.mu.Lock()
		b.relay.stuck = false
		b.relay.mu.Unlock()
		b.pass(sec)
		if e := b.relay.edges(); len(e) != 2 || e[1].on || e[1].at < 11*sec {
			t.Errorf("edges %v", e)
		}
	})
}

func TestTheGuardLeavesALoopThatLivesAlone(t *testing.T) {
	b := play(t, gate.DoorConfig{Longest: 20 * sec}, func(b *bench) { b.journal.slow = 140 * time.Millisecond }, func(b *bench) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.Guard(ctx) }()
		for range 30 {
			b.show(gate.OK)
			b.pass(2 * sec)
		}
		b.order(verb(gate.VerbHoldOpen, 2*time.Hour))
		b.pass(3 * time.Hour)
		if age := time.Since(b.Beat()); age > sec {
			t.Errorf("the loop beat %s ago", age)
		}
		cancel()
		<-done
	})
	if hasEvent(b.journal.records(), gate.GuardTripped) {
		t.Error("the guard tripped")
	}
}
