package sync_test

import (
	"context"
	"fmt"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"gated/gate"
	"gated/sync"
)

// actor notes what reaches it, and answers presented passes.
type actor struct {
	hold chan struct{} // if not nil, what begins with "slow" waits until it is closed

	mu   stdsync.Mutex
	seen []string
}

func (a *actor) take(ctx context.Context, what string, raw []byte) {
	if a.hold != nil && contains(string(raw), "slow") {
		select {
		case <-a.hold:
		case <-ctx.Done():
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, what+" "+string(raw))
}

func (a *actor) Command(ctx context.Context, raw []byte) { a.take(ctx, "command", raw) }
func (a *actor) Heard(ctx context.Context, raw []byte)   { a.take(ctx, "used", raw) }

func (a *actor) Present(ctx context.Context, raw []byte) []byte {
	a.take(ctx, "present", raw)
	if string(raw) == "nobody" {
		return nil
	}
	return fmt.Appendf(nil, "verdict on %s", raw)
}

// took are the messages that have reached it.
func (a *actor) took() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.seen)
}

func usedTopic() string { return prefix + "/sites/1001/used" }

// acting runs a story about a gate that others act on. Verdicts are what it
// published, when.
func acting(t *testing.T, story func(r *rig, a *actor, verdicts func() []string)) {
	t.Helper()
	virtual(t, func(r *rig) {
		a := &actor{}
		r.acts = a
		var mu stdsync.Mutex
		var said []string
		r.broker.watch(gateTopic("verdict"), func(m sync.Message) {
			mu.Lock()
			defer mu.Unlock()
			if m.Retained {
				t.Error("a verdict is retained")
			}
			said = append(said, string(m.Payload))
		})
		story(r, a, func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(said)
		})
	})
}

func TestActsReachTheGateAndAreAnswered(t *testing.T) {
	acting(t, func(r *rig, a *actor, verdicts func() []string) {
		r.start()
		pass(time.Second)
		r.broker.publish(gateTopic("command"), []byte("open"), false)
		r.broker.publish(gateTopic("present"), []byte("p1"), false)
		r.broker.publish(gateTopic("present"), []byte("nobody"), false)
		r.broker.publish(usedTopic(), []byte("u1"), false)
		pass(time.Millisecond)
		got := a.took()
		slices.Sort(got)
		if want := []string{"command open", "present nobody", "present p1", "used u1"}; !slices.Equal(got, want) {
			t.Errorf("reached it: %q, want %q", got, want)
		}
		if got := verdicts(); !slices.Equal(got, []string{"verdict on p1"}) {
			t.Errorf("verdicts %q", got)
		}
	})
}

func TestARetainedActIsInert(t *testing.T) {
	acting(t, func(r *rig, a *actor, verdicts func() []string) {
		for _, topic := range []string{gateTopic("command"), gateTopic("present"), usedTopic()} {
			r.broker.publish(topic, []byte("kept"), true)
		}
		r.start()
		pass(time.Second)
		r.broker.publish(prefix+"/trust", []byte("trust 2"), true) // everything is subscribed afresh
		pass(time.Second)
		if got := a.took(); len(got)+len(verdicts()) != 0 {
			t.Errorf("what a broker had retained was taken: %q", got)
		}
	})
}

func TestActsWaitForNothing(t *testing.T) {
	acting(t, func(r *rig, a *actor, verdicts func() []string) {
		a.hold, r.docs.held = make(chan struct{}), make(chan struct{})
		r.start()
		pass(time.Second)
		r.broker.publish(prefix+"/trust", []byte("trust 2"), true) // takes as long as the disk
		r.broker.publish(gateTopic("command"), []byte("slow"), false)
		r.broker.publish(gateTopic("present"), []byte("slow"), false)
		r.broker.publish(usedTopic(), []byte("slow"), false)
		pass(time.Second)
		r.broker.publish(gateTopic("present"), []byte("p2"), false)
		pass(time.Millisecond)
		if got := verdicts(); !slices.Equal(got, []string{"verdict on p2"}) {
			t.Errorf("while all else stands still, the verdicts are %q", got)
		}
		close(r.docs.held)
		close(a.hold)
		pass(time.Millisecond)
		if got := a.took(); len(got) != 4 {
			t.Errorf("in the end it has %q", got)
		}
	})
}

func TestNothingActsLate(t *testing.T) {
	acting(t, func(r *rig, a *actor, verdicts func() []string) {
		a.hold = make(chan struct{})
		r.start()
		pass(time.Second)
		for range 4 { // as many doors as are asked at a time are busy
			r.broker.publish(gateTopic("present"), []byte("slow"), false)
		}
		r.broker.publish(gateTopic("command"), []byte("slow"), false)
		pass(time.Second)
		r.broker.publish(gateTopic("present"), []byte("late"), false)
		r.broker.publish(gateTopic("command"), []byte("late"), false)
		pass(1100 * time.Millisecond)
		r.broker.publish(gateTopic("present"), []byte("soon"), false)
		r.broker.publish(gateTopic("command"), []byte("soon"), false)
		pass(time.Second)
		close(a.hold)
		pass(time.Second)
		got := a.took()
		if len(got) != 7 || !slices.Contains(got, "present soon") || !slices.Contains(got, "command soon") {
			t.Errorf("what had waited for 2.1 s, or not what had waited for 1 s: %q", got)
		}
		if answers := verdicts(); slices.Contains(answers, "verdict on late") {
			t.Errorf("verdicts %q", answers)
		}
	})
}

func TestAFloodOfActsIsBoundedAndHoldsUpNothing(t *testing.T) {
	acting(t, func(r *rig, a *actor, _ func() []string) {
		a.hold = make(chan struct{})
		r.start()
		pass(time.Second)
		for i := range 2000 {
			topic := []string{gateTopic("command"), gateTopic("present"), usedTopic()}[i%3]
			r.broker.publish(topic, fmt.Appendf(nil, "slow %d", i), false)
			if i%100 == 0 {
				pass(time.Millisecond)
			}
		}
		r.broker.publish(gateTopic("command"), make([]byte, 17<<10), false)
		r.broker.publish(prefix+"/trust", []byte("trust 2"), true)
		pass(time.Second)
		if trust, _ := r.docs.at(); trust != 2 || r.broker.attempts() != 1 {
			t.Errorf("trust list %d, %d connections: a flood of acts stands in the way of documents", trust, r.broker.attempts())
		}
		close(a.hold)
		pass(time.Second)
		if got := len(a.took()); got < 100 || got > 16+64+256+6 {
			t.Errorf("%d of 2000 messages were kept for later", got)
		}
	})
}

func TestNeighboursAreTold(t *testing.T) {
	acting(t, func(r *rig, a *actor, _ func() []string) {
		admitted := make(chan gate.Use, 4)
		r.cfg.Used = admitted
		r.cfg.UsedNote = func(u gate.Use) []byte {
			if u.Pass.Serial == 2 {
				return nil // Nobody is to know.
			}
			return fmt.Appendf(nil, "used %d", u.Pass.Serial)
		}
		r.start()
		pass(time.Second)
		for serial := range uint32(3) {
			admitted <- gate.Use{Pass: gate.PassID{Kid: 257, Serial: serial + 1}}
		}
		pass(time.Millisecond)
		// It comes back to us: MQTT 3.1.1 knows no way not to.
		if got, want := a.took(), []string{"used used 1", "used used 3"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		if r.broker.retained(usedTopic()) != "" {
			t.Error("a used note is retained")
		}
	})
}

func TestAGateThatNobodyMayActOnStillGates(t *testing.T) {
	acting(t, func(r *rig, a *actor, _ func() []string) {
		r.broker.rules.set(func() {
			for _, topic := range []string{gateTopic("command"), gateTopic("present"), usedTopic()} {
				r.broker.rules.forbid[topic] = true
			}
		})
		r.out.add(1)
		r.start()
		pass(time.Second)
		if !r.sync.Online() || r.broker.attempts() != 1 || r.out.Cosigned() != 1 {
			t.Errorf("online %t after %d connections, %d records cosigned", r.sync.Online(), r.broker.attempts(), r.out.Cosigned())
		}
	})
}

var _ sync.Acts = (*actor)(nil)
