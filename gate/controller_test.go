package gate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
)

const sec = time.Second

func TestRelayFollowsTheDecision(t *testing.T) {
	hold := gate.DoorConfig{Mode: gate.Hold, Pulse: 3 * sec, Longest: 8 * sec}
	impulse := gate.DoorConfig{Mode: gate.Impulse, Pulse: sec / 2, Gap: sec}
	tests := []struct {
		name  string
		door  gate.DoorConfig
		story func(*bench)
		want  []edge
	}{
		{"an admission is one pulse", hold, func(b *bench) {
			b.show(gate.OK)
			b.pass(10 * sec)
		}, []edge{{true, 0}, {false, 3 * sec}}},
		{"a refusal moves nothing", hold, func(b *bench) {
			b.show(gate.Revoked)
			b.show(gate.Malformed)
			b.show(gate.Repeat)
			b.pass(10 * sec)
		}, nil},
		{"a second rider extends the pulse", hold, func(b *bench) {
			b.show(gate.OK)
			b.pass(2 * sec)
			b.show(gate.OK)
			b.pass(10 * sec)
		}, []edge{{true, 0}, {false, 5 * sec}}},
		{"never beyond the longest pulse", hold, func(b *bench) {
			for range 7 {
				b.show(gate.OK)
				b.pass(sec)
			}
			b.pass(10 * sec)
		}, []edge{{true, 0}, {false, 8 * sec}}},
		{"impulses are never merged and keep their gap", impulse, func(b *bench) {
			b.show(gate.OK)
			b.show(gate.OK)
			b.pass(10 * sec)
		}, []edge{{true, 0}, {false, sec / 2}, {true, 3 * sec / 2}, {false, 2 * sec}}},
		{"an impulse that would come too late is not given", impulse, func(b *bench) {
			for range 9 {
				b.show(gate.OK)
			}
			b.pass(60 * sec)
		}, []edge{
			{true, 0},
			{false, sec / 2},
			{true, 3 * sec / 2},
			{false, 2 * sec},
			{true, 3 * sec},
			{false, 7 * sec / 2},
			{true, 9 * sec / 2},
			{false, 5 * sec},
		}},
		{"stopped in mid-pulse the relay is off at once", hold, func(b *bench) {
			b.show(gate.OK)
			b.pass(sec)
			b.stop()
			b.pass(0)
		}, []edge{{true, 0}, {false, sec}}},
		{"a scan that waited too long opens nothing", hold, func(b *bench) {
			b.scans <- gate.Scan{Code: "ok", At: time.Now().Add(-3 * sec)}
			b.pass(sec)
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := play(t, tt.door, nil, tt.story)
			if diff := cmp.Diff(tt.want, b.relay.edges(), cmp.AllowUnexported(edge{})); diff != "" {
				t.Errorf("relay's edges (-want +got):\n%s", diff)
			}
			if b.err != nil {
				t.Errorf("Run: %v", b.err)
			}
		})
	}
}

func TestRelayIsToldOffBeforeAnythingElse(t *testing.T) {
	b := play(t, gate.DoorConfig{}, nil, func(b *bench) {})
	if len(b.relay.told) == 0 || b.relay.told[0].on {
		t.Fatalf("relay was told %v; the first word must be off", b.relay.told)
	}
	if last := b.relay.told[len(b.relay.told)-1]; last.on || len(b.relay.told) < 2 {
		t.Errorf("relay was told %v; the last word at the end must be off", b.relay.told)
	}
}

// kinds makes a list of records readable in a test's table.
func kinds(recs []gate.Record) []string {
	var out []string
	for _, r := range recs {
		switch r.Kind {
		case gate.KindAccess:
			out = append(out, "access "+string(r.Reason))
		default:
			out = append(out, string(r.Kind)+" "+string(r.Event))
		}
	}
	return out
}

func TestRecordIsOnDiskBeforeTheRelayMoves(t *testing.T) {
	tests := []struct {
		name    string
		slow    time.Duration
		fail    error
		want    []edge
		records []string
	}{
		{
			"a disk of 100 ms delays the door", 100 * time.Millisecond, nil,
			[]edge{{true, 100 * time.Millisecond}, {false, 3100 * time.Millisecond}},
			[]string{"access ok", "door relay-on", "door relay-off"},
		},
		{
			"a disk of 2 s does not lock riders out, and a record says so", 2 * sec, nil,
			[]edge{{true, 150 * time.Millisecond}, {false, 3150 * time.Millisecond}},
			[]string{"access ok", "system late-record", "door relay-on", "door relay-off"},
		},
		{
			"a dead disk does not lock riders out", 0, errors.New("input/output error"),
			[]edge{{true, 0}, {false, 3 * sec}},
			[]string{"access ok", "door relay-on", "door relay-off"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := play(t, gate.DoorConfig{}, func(b *bench) { b.journal.slow, b.journal.fail = tt.slow, tt.fail },
				func(b *bench) {
					b.show(gate.OK)
					b.pass(20 * sec)
				})
			if diff := cmp.Diff(tt.want, b.relay.edges(), cmp.AllowUnexported(edge{})); diff != "" {
				t.Errorf("relay's edges (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.records, kinds(b.journal.records())); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLateRecordNamesTheOpening(t *testing.T) {
	b := play(t, gate.DoorConfig{}, func(b *bench) { b.journal.slow = sec }, func(b *bench) {
		b.show(gate.Revoked)
		b.show(gate.OK)
		b.pass(20 * sec)
	})
	for _, r := range b.journal.records() {
		if r.Event == gate.LateRecord {
			if r.About == nil || *r.About != 2 {
				t.Errorf("late record is about %v, want record 2", r.About)
			}
			return
		}
	}
	t.Error("no late record was kept")
}

func TestPulseEndsOnTimeWhileAnotherRecordIsWaitedFor(t *testing.T) {
	b := play(t, gate.DoorConfig{Pulse: 3 * sec}, func(b *bench) { b.journal.slow = 140 * time.Millisecond }, func(b *bench) {
		b.show(gate.OK)
		b.pass(3100 * time.Millisecond) // 40 ms before the pulse ends
		b.show(gate.OK)
		b.pass(10 * sec)
	})
	want := []edge{{true, 140 * time.Millisecond}, {false, 3140 * time.Millisecond}, {true, 3240 * time.Millisecond}, {false, 6240 * time.Millisecond}}
	if diff := cmp.Diff(want, b.relay.edges(), cmp.AllowUnexported(edge{})); diff != "" {
		t.Errorf("relay's edges (-want +got):\n%s", diff)
	}
}

func TestFloodOfUnsignedCodesIsCounted(t *testing.T) {
	b := play(t, gate.DoorConfig{}, nil, func(b *bench) {
		for range 250 { // 50 s of five a second
			b.show(gate.Malformed)
			b.pass(sec / 5)
		}
		b.show(gate.BadSignature)
		b.pass(2 * time.Minute)
		b.show(gate.TooManyAttempts)
		b.show(gate.TooManyAttempts)
	})
	type row struct {
		Reason gate.Reason
		Count  uint64
		Named  bool
	}
	var got []row
	for _, r := range b.journal.records() {
		got = append(got, row{r.Reason, r.Count, r.Person != nil})
	}
	want := []row{
		{gate.Malformed, 1, false},
		{gate.BadSignature, 1, false},
		{gate.Malformed, 249, false},
		{gate.TooManyAttempts, 1, false},
		{gate.TooManyAttempts, 1, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestRelayThatDoesNotAnswerEndsTheController(t *testing.T) {
	b := play(t, gate.DoorConfig{}, func(b *bench) { b.relay.fail = errStuck }, func(b *bench) { b.show(gate.OK) })
	if !errors.Is(b.err, errStuck) {
		t.Fatalf("Run: %v, want the relay's error", b.err)
	}
	if last := b.relay.told[len(b.relay.told)-1]; last.on {
		t.Error("the relay was not told off at the end")
	}
}

// TestPanicLeavesTheDoorShut breaks the judge on purpose while the relay is on.
func TestPanicLeavesTheDoorShut(t *testing.T) {
	r := &relay{began: time.Now()}
	c := gate.NewController(gate.ControllerConfig{
		Lane: gate.Lane{Name: "in"}, Judge: &panicking{}, Journal: &journal{}, Relay: r, Signal: &display{},
		Moment: func() gate.Moment { return gate.Moment{} },
	})
	scans := make(chan gate.Scan, 2)
	scans <- gate.Scan{Code: "ok", At: time.Now()}
	scans <- gate.Scan{Code: "panic", At: time.Now()}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed: the process must end")
			}
		}()
		_ = c.Run(t.Context(), scans, nil)
	}()
	if e := r.edges(); len(e) != 2 || e[1].on {
		t.Errorf("relay's edges %v: want on, and off by the panic", e)
	}
}

type panicking struct{ judge }

func (p *panicking) Judge(s gate.Scan, l gate.Lane, d gate.DoorState) gate.Decision {
	if s.Code == "panic" {
		panic("broken on purpose")
	}
	return p.judge.Judge(s, l, d)
}

func TestStateShowsTheLastVerdictAndTheRelay(t *testing.T) {
	play(t, gate.DoorConfig{}, nil, func(b *bench) {
		b.show(gate.OK)
		if s := b.State(); !s.Relay || s.Reason != gate.OK {
			t.Errorf("after an admission: %+v", s)
		}
		b.pass(5 * sec)
		b.show(gate.Revoked)
		b.show(gate.Repeat)
		if s := b.State(); s.Relay || s.Reason != gate.Revoked || s.Verdict != gate.Refused {
			t.Errorf("after a refusal: %+v", s)
		}
	})
}

// TestOpenedTellsHowLongARiderWaited: for his record, and of an opening alone.
func TestOpenedTellsHowLongARiderWaited(t *testing.T) {
	var told []time.Duration
	prepare := func(b *bench) {
		b.journal.slow = 40 * time.Millisecond
		b.settings = func(cfg *gate.ControllerConfig) {
			cfg.Opened = func(s gate.Source, took time.Duration) {
				if s != gate.FromScanner {
					t.Errorf("from %s", s)
				}
				told = append(told, took)
			}
		}
	}
	play(t, gate.DoorConfig{Mode: gate.Hold, Pulse: 3 * sec}, prepare, func(b *bench) {
		b.show(gate.OK)
		b.pass(sec)
		b.show(gate.OK) // the relay is on already
		b.show(gate.Revoked)
		b.pass(10 * sec)
		b.show(gate.OK)
		b.pass(sec)
	})
	if want := []time.Duration{40 * time.Millisecond, 40 * time.Millisecond}; !cmp.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}
