package gate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
)

const tick = gate.InputsEvery

var withContact = gate.DoorConfig{Contact: true}

func wired(b *bench) { b.wires = &wires{} }

func TestInputsMoveTheDoor(t *testing.T) {
	tests := []struct {
		name    string
		door    gate.DoorConfig
		story   func(*bench)
		want    []edge
		records []string
	}{
		{"it relocks when the door opens", withContact, func(b *bench) {
			b.show(gate.OK)
			b.pass(sec)
			b.wire(gate.Levels{Open: true})
			b.pass(sec)
			b.wire(gate.Levels{})
		}, []edge{{true, 0}, {false, sec + tick}}, []string{"access ok", "door relay-on", "door opened", "door relay-off", "door shut"}},
		{"the exit button opens, recorded first", withContact, func(b *bench) {
			b.journal.slow = 100 * time.Millisecond
			b.wire(gate.Levels{Exit: true})
			b.pass(10 * sec)
			b.wire(gate.Levels{})
			b.pass(sec)
		}, []edge{{true, tick + 100*time.Millisecond}, {false, tick + 3100*time.Millisecond}}, []string{"door exit-button", "door relay-on", "door relay-off"}},
		{"a button that is wired to the lock makes no alarm", withContact, func(b *bench) {
			b.wire(gate.Levels{Exit: true, Open: true})
			b.wire(gate.Levels{Open: true})
		}, []edge{{true, tick}}, []string{"door opened", "door exit-button", "door relay-on", "door relay-off"}},
		{"fire releases at once and holds, whatever else is ordered", withContact, func(b *bench) {
			b.wire(gate.Levels{Fire: true})
			b.order(gate.Order{Command: gate.Command{Verb: gate.VerbLockdown}})
			b.pass(5 * time.Minute)
			b.wire(gate.Levels{})
		}, []edge{{true, tick}, {false, 5*time.Minute + 2*tick}}, []string{"door fire", "door relay-on", "command lockdown", "door fire-ended", "door relay-off"}},
		{"a fire that broke out before the start is heard", withContact, func(b *bench) {
			b.wire(gate.Levels{})
		}, []edge{{true, 0}, {false, tick}}, []string{"door fire", "door relay-on", "door fire-ended", "door relay-off"}},
		{"a door that is forced, and left open", withContact, func(b *bench) {
			b.wire(gate.Levels{Open: true})
			b.pass(time.Minute)
			b.wire(gate.Levels{})
		}, nil, []string{"door forced", "door pre-alarm", "door held-open", "door shut"}},
		{"no impulse while the gate stands open", gate.DoorConfig{Mode: gate.Impulse, Step: true, Contact: true}, func(b *bench) {
			b.show(gate.OK)
			b.pass(sec)
			b.wire(gate.Levels{Open: true})
			b.show(gate.OK)
			b.pass(5 * sec)
		}, []edge{{true, 0}, {false, sec / 2}}, []string{"access ok", "door relay-on", "door relay-off", "door opened", "access ok", "door already-open"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := play(t, tt.door, func(b *bench) {
				wired(b)
				b.wires.levels.Fire = strings.Contains(tt.name, "before the start")
			}, tt.story)
			if b.err != nil {
				t.Errorf("Run: %v", b.err)
			}
			edges := b.relay.edges()
			if len(tt.want) == 1 { // left on by the story: the end of the test switches it off
				edges = edges[:1]
			}
			if diff := cmp.Diff(tt.want, edges, cmp.AllowUnexported(edge{})); diff != "" {
				t.Errorf("relay's edges (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.records, kinds(b.journal.records())); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatFollowsAnOpeningIsOneCommit(t *testing.T) {
	b := play(t, withContact, wired, func(b *bench) {
		b.show(gate.OK)
		b.wire(gate.Levels{Open: true})
		b.pass(5 * sec)
		b.wire(gate.Levels{})
		b.pass(time.Minute)
	})
	if b.journal.commits != 2 || b.journal.follows != 1 { // what was found, the admission; what followed
		t.Errorf("%d commits, want 2, and %d that follow, want 1: %v", b.journal.commits, b.journal.follows, kinds(b.journal.records()))
	}
}

// What nobody expects is no part of a passage: it does not wait to be synced.
func TestAForcedDoorIsOnDiskAtOnce(t *testing.T) {
	b := play(t, withContact, wired, func(b *bench) {
		b.wire(gate.Levels{Open: true})
		b.pass(time.Minute)
	})
	if b.journal.commits < 3 || b.journal.follows > 0 { // what was found, forced, held open
		t.Errorf("%d commits, %d that only follow: %v", b.journal.commits, b.journal.follows, kinds(b.journal.records()))
	}
}

func TestTheJudgeKnowsWhenTheDoorOpened(t *testing.T) {
	b := play(t, withContact, wired, func(b *bench) {
		b.show(gate.OK)
		b.wire(gate.Levels{Open: true})
		b.show(gate.Revoked)
	})
	if got := b.judge.states; got[0].Opened != (gate.Moment{}) || got[1].Opened.Up != tick {
		t.Errorf("the judge was told %+v", got)
	}
}

func TestAlarmsBeginAndEnd(t *testing.T) {
	b := play(t, withContact, wired, func(b *bench) {
		b.show(gate.OK)
		b.wire(gate.Levels{Open: true})
		b.pass(time.Minute)
		b.wire(gate.Levels{})
		b.pass(sec)
		b.wire(gate.Levels{Open: true})
		b.wire(gate.Levels{})
	})
	want := []gate.Event{gate.PreAlarm, gate.HeldOpen, "", gate.DoorForced, ""}
	if diff := cmp.Diff(want, b.alarms); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
}

func TestTheStartSaysWhetherTheDoorHasMoved(t *testing.T) {
	open, shut := true, false
	for want, c := range map[string]struct {
		before *bool
		now    bool
	}{
		"relay off; the contact says shut":                                                           {nil, false},
		"relay off; the contact says open, as before":                                                {&open, true},
		"relay off; the contact says open; before the box was away it said shut: the door has moved": {&shut, true},
	} {
		b := play(t, withContact, func(b *bench) {
			wired(b)
			b.wires.levels.Open, b.before.Open = c.now, c.before
		}, func(b *bench) {
			b.pass(sec)
			if len(b.journal.all()) != 1 {
				t.Errorf("%q is not kept at once", want)
			}
		})
		if r := b.journal.all()[0]; r.Event != gate.DoorFound || r.Detail != want {
			t.Errorf("record %+v, want %q", r, want)
		}
		if open, known := gate.Found(want); open != c.now || !known {
			t.Errorf("%q: read as open: %v, known: %v", want, open, known)
		}
	}
}

func TestTheStartSaysWhenTheRelayDoesNotObey(t *testing.T) {
	b := play(t, gate.DoorConfig{}, func(b *bench) { b.relay.shorted = true }, func(b *bench) {})
	if r := b.journal.all()[0]; !strings.Contains(r.Detail, "relay on although it was switched off") {
		t.Errorf("record %+v", r)
	}
}

func TestAnInputThatCannotBeReadEndsTheController(t *testing.T) {
	b := play(t, withContact, wired, func(b *bench) {
		b.show(gate.OK)
		b.wires.mu.Lock()
		b.wires.fail = errStuck
		b.wires.mu.Unlock()
		b.pass(sec)
	})
	if edges := b.relay.edges(); !errors.Is(b.err, errStuck) || len(edges) != 2 || edges[1].on || edges[1].at > 2*tick {
		t.Errorf("Run: %v, edges %v", b.err, edges)
	}
}

func TestInputsAreHeardWhileTheDiskIsWaitedFor(t *testing.T) {
	b := play(t, withContact, func(b *bench) { wired(b); b.journal.slow = 140 * time.Millisecond }, func(b *bench) {
		b.scans <- gate.Scan{Code: "ok", At: time.Now()}
		b.wire(gate.Levels{Fire: true})
	})
	if edges := b.relay.edges(); len(edges) == 0 || edges[0].at != tick {
		t.Errorf("edges %v: fire waited for the disk", edges)
	}
}
