package gate_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
)

// order gives a command and returns its answer.
func (b *bench) order(o gate.Order) gate.Answer {
	reply := make(chan gate.Answer, 1)
	if o.At.IsZero() {
		o.At = time.Now()
	}
	o.Reply = reply
	b.orders <- o
	return <-reply
}

func TestAnOpenCommandIsRecordedThenOpens(t *testing.T) {
	b := play(t, gate.DoorConfig{}, func(b *bench) { b.journal.slow = 100 * time.Millisecond }, func(b *bench) {
		a := b.order(gate.Order{Command: gate.Command{ID: "c-1", Verb: gate.VerbOpen}, Source: gate.FromCommand})
		if want := (gate.Answer{Lane: "in", Verdict: gate.Open, Reason: gate.OK}); a != want {
			t.Errorf("answer %+v, want %+v", a, want)
		}
		b.pass(10 * sec)
	})
	want := []edge{{true, 100 * time.Millisecond}, {false, 3100 * time.Millisecond}}
	if diff := cmp.Diff(want, b.relay.edges(), cmp.AllowUnexported(edge{})); diff != "" {
		t.Errorf("relay's edges (-want +got):\n%s", diff)
	}
	r := b.journal.records()[0]
	if r.Kind != gate.KindCommand || r.Ref != "c-1" || r.Source != gate.FromCommand || r.Verdict != gate.Open || r.Event != "open" {
		t.Errorf("record %+v", r)
	}
}

func TestACommandThatIsRefusedIsRecordedAndMovesNothing(t *testing.T) {
	open := gate.Command{Verb: gate.VerbOpen}
	for want, cmd := range map[gate.Reason]gate.Order{
		gate.ClockUnknown: {Command: open, Refuse: gate.ClockUnknown},
		gate.Expired:      {Command: open},
	} {
		b := play(t, gate.DoorConfig{}, nil, func(b *bench) {
			if want == gate.Expired {
				cmd.At = time.Now().Add(-3 * sec)
			}
			if a := b.order(cmd); a.Verdict != gate.Refused || a.Reason != want {
				t.Errorf("answer %+v, want %s", a, want)
			}
			b.pass(sec)
		})
		recs := b.journal.records()
		if len(recs) != 1 || recs[0].Kind != gate.KindCommand || recs[0].Reason != want || len(b.relay.edges()) != 0 {
			t.Errorf("%s: records %+v, edges %v", want, recs, b.relay.edges())
		}
	}
}

func TestWhoPresentsAPassIsAnswered(t *testing.T) {
	play(t, gate.DoorConfig{}, nil, func(b *bench) {
		for _, r := range []gate.Reason{gate.OK, gate.Revoked, gate.Repeat} {
			reply := make(chan gate.Answer, 1)
			b.scans <- gate.Scan{Code: string(r), At: time.Now(), Source: gate.FromPresent, Ref: "p-1", Reply: reply}
			if a := <-reply; a.Reason != r || a.Verdict != r.Verdict() {
				t.Errorf("answer %+v to %s", a, r)
			}
		}
		// Nobody takes this answer, and the loop goes on all the same.
		b.scans <- gate.Scan{Code: "revoked", At: time.Now(), Reply: make(chan gate.Answer)}
		b.show(gate.OK)
		synctest.Wait()
		if s := b.State(); !s.Relay {
			t.Error("the loop waited for somebody who does not take his answer")
		}
	})
}
