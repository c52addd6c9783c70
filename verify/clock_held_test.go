package verify_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"gated/gate"
)

func TestFloorRunsSlowHoweverOftenItIsRead(t *testing.T) {
	w := newWristwatch(false)
	w.clock.Raise(built + 1000)
	for range 10_000 {
		w.pass(time.Microsecond)
		w.clock.Now()
	}
	if got := w.floor().Sub(time.Unix(built+1000, 0)); got > 9998*time.Microsecond {
		t.Errorf("the floor moved by %v in 10 ms", got)
	}
}

func TestStoredFloor(t *testing.T) {
	tests := []struct {
		name  string
		story func(w *wristwatch) // between the store and the restart
		want  int64               // seconds after the build
	}{
		{"a restart at once", func(w *wristwatch) {}, 50_000},
		{"a restart within one boot counts boot time since the store", func(w *wristwatch) { w.pass(10_000 * time.Second) }, 59_998},
		{"a reboot counts boot time since boot", func(w *wristwatch) { w.Boot, w.Up = "second", 5000*time.Second }, 54_999},
		{"without a boot id nothing is counted", func(w *wristwatch) { w.Boot, w.Up = "", 5000*time.Second }, 50_000},
		{"a boot clock that ran backwards counts nothing", func(w *wristwatch) { w.Up = 0 }, 50_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWristwatch(false)
			w.clock.Raise(built + 50_000)
			held := w.clock.Held()
			tt.story(w)
			w.restart(false)
			if err := w.clock.Restore(held); err != nil {
				t.Fatal(err)
			}
			m := w.clock.Now()
			if got := m.Time.Unix() - built; got != tt.want || m.State != gate.ClockFloor {
				t.Errorf("%s at build + %d s, want floor at build + %d s", m.State, got, tt.want)
			}
		})
	}
}

func TestStoredFloorOfABoxThatKnowsNothing(t *testing.T) {
	w := newWristwatch(false)
	w.clock.Raise(built + 50_000)
	w.clock.Reset(built - 1000) // a floor was stored before this
	held := w.clock.Held()
	w.Boot, w.Up = "second", time.Minute
	w.restart(false)
	if err := w.clock.Restore(held); err != nil {
		t.Fatal(err)
	}
	if s := w.clock.Now().State; s != gate.ClockLost {
		t.Errorf("state %s after a reset and a restart, want unknown", s)
	}
	w = newWristwatch(false)
	held = w.clock.Held() // nothing is known, and a restart later nothing is
	w.pass(time.Hour)
	w.restart(false)
	if err := w.clock.Restore(held); err != nil {
		t.Fatal(err)
	}
	if again := w.clock.Held(); !bytes.Contains(again, []byte(`{"floor":0,"nanos":0,`)) {
		t.Errorf("stored is %s, and no time was ever told", again)
	}
}

func TestAFloorStoredAtTheInstantOfTheBootIsRestored(t *testing.T) {
	w := newWristwatch(false)
	if err := w.clock.Restore([]byte(`{"floor":1900000000,"nanos":0,"up":0}`)); err != nil {
		t.Fatal(err)
	}
	if got := w.floor().Unix(); got != 1_900_000_000 {
		t.Errorf("the floor is at %d", got)
	}
}

func TestDamagedFloorIsRefusedAndChangesNothing(t *testing.T) {
	for _, held := range []string{"", "{", "[]", `{"floor":-1}`, `{"floor":1900000000,"nanos":1000000000}`, `{"floor":1900000000,"up":-1}`, `{"floor":"1900000000"}`} {
		w := newWristwatch(false)
		if err := w.clock.Restore([]byte(held)); err == nil {
			t.Errorf("restored %q", held)
		}
		if s := w.clock.Now().State; s != gate.ClockLost {
			t.Errorf("%q: state %s, want unknown", held, s)
		}
	}
}

func TestRestartWithinABootForgetsNothingOfIt(t *testing.T) {
	w := newWristwatch(false)
	w.set(10_000, true, false)
	w.clock.Raise(built + 10_000)
	held := w.clock.Held()
	for _, boot := range []string{"first", "second", ""} {
		if w.Boot = boot; boot == "" {
			held = bytes.Replace(held, []byte(`"first"`), []byte(`""`), 1) // nothing is known of it
		}
		w.restart(false)
		if err := w.clock.Restore(held); err != nil {
			t.Fatal(err)
		}
		w.set(20_000, true, false)
		first := boot != "first" // in a new boot this is the first synchronisation
		if got := w.clock.Now().State == gate.ClockSynced; got != first {
			t.Errorf("boot %q: a step across the restart believed: %v, want %v", boot, got, first)
		}
	}
}

// TestFloorNeverFalls plays random lives of a box, and compares the floor with
// what can be known of it from outside.
func TestFloorNeverFalls(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := newWristwatch(false)
		low, high := w.floor(), w.floor() // what it must not fall below, and cannot have passed
		for step := range 200 {
			op := r.IntN(8)
			switch op {
			case 0:
				d := time.Duration(r.Int64N(int64(100 * time.Hour)))
				w.pass(d)
				high = high.Add(d)
			case 1:
				at := built + r.Int64N(1e7) - 1e6
				w.clock.Raise(at)
				if u := time.Unix(at, 0).UTC(); u.After(high) {
					high = u
				}
			case 2:
				w.Wall = time.Unix(built+r.Int64N(1e9)-5e8, 0)
			case 3:
				w.Synced, w.RTC = r.IntN(2) == 0, r.IntN(2) == 0
			case 4, 5:
				held := w.clock.Held()
				if op == 5 {
					w.Boot, w.Up = w.Boot+"'", time.Duration(r.Int64N(int64(time.Minute)))
					high = high.Add(w.Up)
				}
				w.restart(false)
				if err := w.clock.Restore(held); err != nil {
					t.Fatal(err)
				}
			case 6:
				for range 20 {
					w.pass(time.Duration(r.IntN(3)))
					high = high.Add(2)
					w.clock.Now()
				}
			case 7:
				if r.IntN(10) == 0 {
					at := built + r.Int64N(1e7) - 1e6
					w.clock.Reset(at)
					low = time.Unix(max(built, at), 0).UTC()
					high = low
				}
			}
			now := w.floor()
			if now.Before(low) || now.After(high) {
				t.Fatalf("seed %d, step %d, op %d: floor %v is not between %v and %v", seed, step, op, now, low, high)
			}
			low = now
		}
	}
}

// floor is the floor alone, whatever the wall clock is worth.
func (w *wristwatch) floor() time.Time {
	synced, rtc := w.Synced, w.RTC
	w.Synced, w.RTC = false, false
	defer func() { w.Synced, w.RTC = synced, rtc }()
	return w.clock.Now().Time
}

// FuzzRestore: whatever lies in the store, a clock is never before the build or
// its own floor for it; what is refused has changed nothing, and what is taken is
// kept again as it is.
func FuzzRestore(f *testing.F) {
	w := newWristwatch(false)
	w.set(10_000, true, false)
	w.clock.Raise(built + 10_000)
	f.Add(w.clock.Held())
	for _, held := range []string{`{"floor":1,"nanos":1}`, `{"floor":0,"nanos":0,"boot":"first","up":1,"zero":1,"kept":true}`, `{"floor":9007199254740991,"nanos":999999999,"boot":"","up":9223372036854775807}`, `{"zero":-9223372036854775808,"boot":"first"}`, "null", "{"} {
		f.Add([]byte(held))
	}
	f.Fuzz(func(t *testing.T, held []byte) {
		w := newWristwatch(false)
		w.clock.Raise(built + 1000)
		before, was := w.floor(), w.clock.Held()
		err := w.clock.Restore(held)
		if err != nil && !bytes.Equal(w.clock.Held(), was) {
			t.Fatalf("refused, and yet it keeps %s", w.clock.Held())
		}
		if w.floor().Before(before) || w.clock.Floor().Before(before) {
			t.Fatalf("the floor fell to %v", w.floor())
		}
		kept, floor := w.clock.Held(), w.floor()
		w.restart(false)
		if err := w.clock.Restore(kept); err != nil {
			t.Fatalf("what it keeps, %s, it does not take: %v", kept, err)
		}
		if !w.floor().Equal(floor) {
			t.Fatalf("the floor was %v and is %v after a restart", floor, w.floor())
		}
	})
}
