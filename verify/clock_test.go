package verify_test

import (
	"sync"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
)

// built is the build time of the clocks under test, in unix seconds.
const built = 1_800_000_000

// wristwatch is a kernel whose readings the test sets.
type wristwatch struct {
	verify.Kernel
	clock *verify.Clock
}

func newWristwatch(always bool) *wristwatch {
	w := &wristwatch{Kernel: verify.Kernel{Wall: time.Unix(built, 0).Add(-time.Hour), Up: time.Minute, Boot: "first"}}
	w.restart(always)
	return w
}

// restart is a new process on the same kernel, with nothing restored.
func (w *wristwatch) restart(always bool) {
	w.clock = verify.NewClock(func() verify.Kernel { return w.Kernel }, always, time.Unix(built, 0), 7)
}

// pass lets real time pass.
func (w *wristwatch) pass(d time.Duration) {
	w.Wall, w.Up = w.Wall.Add(d), w.Up+d
}

// set sets the wall clock, in seconds after the build, and looks at it.
func (w *wristwatch) set(sec int64, synced, rtc bool) {
	w.Wall, w.Synced, w.RTC = time.Unix(built+sec, 0), synced, rtc
	w.clock.Now()
}

// anHour and aDay are in seconds.
const anHour, aDay = int64(3600), int64(86400)

// clockStories are lives of a box, and what its clock must say at the end.
var clockStories = []struct {
	name   string
	always bool
	story  func(w *wristwatch)
	state  gate.ClockState
	at     int64 // seconds after the build
	alarm  bool
}{
	{"nobody ever told the time", false, func(w *wristwatch) {}, gate.ClockLost, 0, false},
	{"the build time does not run", false, func(w *wristwatch) { w.pass(9 * time.Hour) }, gate.ClockLost, 0, false},
	{"the kernel is synchronised", false, func(w *wristwatch) { w.set(aDay, true, false) }, gate.ClockSynced, aDay, false},
	{"the configuration says that somebody keeps it", true, func(w *wristwatch) { w.set(aDay, false, false) }, gate.ClockSynced, aDay, false},
	{"even then it is not believed far below the floor", true, func(w *wristwatch) { w.set(-61, false, false) }, gate.ClockLost, 0, true},
	{"an RTC", false, func(w *wristwatch) { w.set(aDay, false, true) }, gate.ClockRTC, aDay, false},
	{"an RTC at the floor", false, func(w *wristwatch) { w.set(0, false, true) }, gate.ClockRTC, 0, false},
	{"an RTC a second below the floor", false, func(w *wristwatch) { w.set(-1, false, true) }, gate.ClockLost, 0, false},
	{"an RTC without its battery", false, func(w *wristwatch) { w.set(-built, false, true) }, gate.ClockLost, 0, true},
	{"a box without a clock starts in 1970, which is no fault", false, func(w *wristwatch) {
		w.set(-built, false, false)
		w.clock.Raise(built + aDay)
	}, gate.ClockFloor, aDay, false},
	{"a heartbeat is carried on at 0.9998 of boot time", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.pass(10_000 * time.Second)
	}, gate.ClockFloor, aDay + 9998, false},
	{"an older heartbeat raises nothing", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.clock.Raise(built + anHour)
	}, gate.ClockFloor, aDay, false},
	{"a heartbeat from before the build raises nothing", false, func(w *wristwatch) { w.clock.Raise(built - anHour) }, gate.ClockLost, 0, false},
	{"but boot time carries it past the build", false, func(w *wristwatch) {
		w.clock.Raise(built - 9998)
		w.pass(20_000 * time.Second)
	}, gate.ClockFloor, 9998, false},
	{"a kept clock may be 60 s below the floor", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.set(aDay-60, true, false)
	}, gate.ClockSynced, aDay - 60, false},
	{"but not 61 s", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.set(aDay-61, true, false)
	}, gate.ClockFloor, aDay, true},
	{"the first synchronisation is believed, however far ahead", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.set(900*aDay, true, false)
	}, gate.ClockSynced, 900 * aDay, false},
	{"the first synchronisation corrects an RTC", false, func(w *wristwatch) {
		w.set(40*aDay, false, true)
		w.set(2*aDay, true, false)
	}, gate.ClockSynced, 2 * aDay, false},
	{"a later step of an hour is believed", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(aDay+anHour, true, false)
	}, gate.ClockSynced, aDay + anHour, false},
	{"a later step of over an hour is not", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.clock.Raise(built + aDay)
		w.set(aDay+anHour+1, true, false)
	}, gate.ClockFloor, aDay, true},
	{"nor one back", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(aDay-anHour-1, true, false)
	}, gate.ClockLost, 0, true},
	{"nor an RTC that steps", false, func(w *wristwatch) {
		w.set(aDay, false, true)
		w.set(aDay+anHour+1, false, true)
	}, gate.ClockLost, 0, true},
	{"two small steps are one large one", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(aDay+2400, true, false)
		w.set(aDay+4800, true, false)
	}, gate.ClockLost, 0, true},
	{"time that passes is no step", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.pass(24 * time.Hour)
	}, gate.ClockSynced, 2 * aDay, false},
	{"a clock that steps back to where it was is believed again", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(2*aDay, true, false)
		w.set(aDay, true, false)
	}, gate.ClockSynced, aDay, false},
	{"a heartbeat confirms a step", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(2*aDay, true, false)
		w.clock.Raise(built + 2*aDay - 300)
	}, gate.ClockSynced, 2 * aDay, false},
	{"a heartbeat of another time does not", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(2*aDay, true, false)
		w.clock.Raise(built + 2*aDay - 301)
	}, gate.ClockFloor, 2*aDay - 301, true},
	{"a heartbeat that comes before the first look counts as well", false, func(w *wristwatch) {
		w.Wall, w.Synced = time.Unix(built+aDay, 0), true
		w.clock.Raise(built + aDay)
		w.set(2*aDay, true, false)
	}, gate.ClockFloor, aDay, true},
	{"a second synchronisation is not a first one because an RTC was confirmed in between", false, func(w *wristwatch) {
		w.set(aDay, true, true)
		w.set(aDay, false, true)
		w.clock.Raise(built + aDay)
		w.set(2*aDay, true, true)
	}, gate.ClockFloor, aDay, true},
	{"confirmed steps do not add up", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.set(aDay+2400, true, false)
		w.clock.Raise(built + aDay + 2400)
		w.set(aDay+4800, true, false)
	}, gate.ClockSynced, aDay + 4800, false},
	{"a synchronisation that is lost leaves the floor", false, func(w *wristwatch) {
		w.set(aDay, true, false)
		w.clock.Raise(built + aDay - 100)
		w.set(aDay, false, false)
	}, gate.ClockFloor, aDay - 100, false},
	{"a new epoch lowers the floor", false, func(w *wristwatch) {
		w.clock.Raise(built + 900*aDay)
		w.clock.Reset(built + aDay)
	}, gate.ClockFloor, aDay, false},
	{"a new epoch raises it", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.clock.Reset(built + 2*aDay)
	}, gate.ClockFloor, 2 * aDay, false},
	{"a new epoch from before the build leaves the build", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.clock.Reset(built - aDay)
	}, gate.ClockLost, 0, false},
	{"a boot clock that runs backwards takes nothing away", false, func(w *wristwatch) {
		w.clock.Raise(built + aDay)
		w.pass(10_000 * time.Second)
		w.clock.Now()
		w.Up = 0
	}, gate.ClockFloor, aDay + 9998, false},
	{"after a new epoch the kept clock is believed again", false, func(w *wristwatch) {
		w.clock.Raise(built + 900*aDay)
		w.set(aDay, true, false)
		w.clock.Reset(built + aDay - anHour)
	}, gate.ClockSynced, aDay, false},
	{"the largest time that a document can name", false, func(w *wristwatch) { w.clock.Raise(1<<53 - 1) }, gate.ClockFloor, 1<<53 - 1 - built, false},
}

func TestClockStates(t *testing.T) {
	for _, tt := range clockStories {
		t.Run(tt.name, func(t *testing.T) {
			w := newWristwatch(tt.always)
			tt.story(w)
			m := w.clock.Now()
			if got := m.Time.Unix() - built; m.State != tt.state || got != tt.at {
				t.Errorf("%s at build + %d s, want %s at build + %d s", m.State, got, tt.state, tt.at)
			}
			if a := w.clock.Alarm(); (a.EN != "") != tt.alarm {
				t.Errorf("alarm %q, want one: %v", a, tt.alarm)
			}
			if m.Up != w.Up || m.Boot != w.Boot || m.Start != 7 {
				t.Errorf("moment %+v does not carry the reading", m)
			}
		})
	}
}

func TestMonotonicReadingDoesNotHideAStep(t *testing.T) {
	now, up := time.Now(), time.Hour // now carries Go's monotonic reading
	k := verify.Kernel{Wall: now, Synced: true, Up: up, Boot: "first"}
	c := verify.NewClock(func() verify.Kernel { return k }, false, now.Add(-time.Hour), 1)
	if m := c.Now(); m.Time != now.Round(0).UTC() {
		t.Errorf("time %v still carries a monotonic reading or a zone", m.Time)
	}
	k.Up += 3 * time.Hour // and the wall clock has not moved
	if s := c.Now().State; s == gate.ClockSynced {
		t.Error("a clock that stood still for three hours is believed")
	}
}

func TestAlarmIsOneSentenceForOneDoubt(t *testing.T) {
	w := newWristwatch(false)
	w.set(10_000, true, false)
	w.set(20_000, true, false)
	first := w.clock.Alarm()
	w.pass(time.Hour)
	if again := w.clock.Alarm(); again != first || first.EN == "" {
		t.Errorf("alarm %q an hour after %q; it should not change while the doubt lasts", again, first)
	}
}

func TestSkew(t *testing.T) {
	want := map[gate.ClockState]int64{gate.ClockSynced: 30, gate.ClockRTC: 120, gate.ClockFloor: 30, gate.ClockLost: 30}
	for s, sec := range want {
		if got := verify.Skew(s); got != sec {
			t.Errorf("skew of %s is %d s, want %d", s, got, sec)
		}
	}
}

func TestClockIsSafeForConcurrentUse(t *testing.T) {
	w := newWristwatch(false)
	var wg sync.WaitGroup
	for i := range int64(8) {
		wg.Go(func() {
			for n := range int64(200) {
				w.clock.Raise(built + i*1000 + n)
				w.clock.Floor()
				w.clock.Held()
				w.clock.Alarm()
			}
		})
	}
	wg.Wait()
	if got := w.clock.Now().Time.Unix(); got != built+7199 {
		t.Errorf("floor %d, want the latest that was raised, %d", got, built+7199)
	}
}

func TestNowAllocatesNothing(t *testing.T) {
	w := newWristwatch(false)
	w.set(10_000, true, false)
	w.set(20_000, true, false) // in doubt, and all the same
	if n := testing.AllocsPerRun(100, func() { w.clock.Now() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
