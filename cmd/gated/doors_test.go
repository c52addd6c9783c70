package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/door"
	"gated/gate"
)

// boxOf is a running box of one lane, in, whose scanner is not there.
func boxOf(t *testing.T) *box {
	t.Helper()
	b, _ := running(t, `{ device = "`+filepath.Join(t.TempDir(), "none")+`" }`)
	return b
}

// writeLevel gives a simulated wire a level.
func writeLevel(t *testing.T, file, level string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(level), 0o600); err != nil {
		t.Fatal(err)
	}
}

// keep commits a record of lane out, and waits until it is on the disk.
func keep(t *testing.T, b *box, r gate.Record) {
	t.Helper()
	r.At, r.Lane, r.Fresh = b.clock.Now(), "out", -1
	if receipt := <-b.store.Commit(r); receipt.Err != nil {
		t.Fatal(receipt.Err)
	}
}

// TestWhatADoorDidIsReadFromTheRecords: each of them changes what is known before
// the next start.
func TestWhatADoorDidIsReadFromTheRecords(t *testing.T) {
	b := boxOf(t)
	event := func(e gate.Event, detail string) gate.Record {
		return gate.Record{Kind: gate.KindDoor, Event: e, Detail: detail}
	}
	seen := func() (s string) {
		m := b.lastSeen()["out"]
		if m.Open != nil {
			s = map[bool]string{true: "open", false: "shut"}[*m.Open]
		}
		if !m.Opened.Time.IsZero() {
			s += ", been through"
		}
		return s
	}
	if got := seen(); got != "" {
		t.Errorf("before any record: %q", got)
	}
	for _, tc := range []struct {
		name string
		r    gate.Record
		want string
	}{
		{"a door without a contact", event(gate.DoorFound, "relay off; no contact"), ""},
		{"found open", event(gate.DoorFound, "relay off; the contact says open"), "open"},
		{"found shut", event(gate.DoorFound, "relay off; the contact says shut; before the box was away it said open: the door has moved"), "shut"},
		{"admitted", gate.Record{Kind: gate.KindAccess, Verdict: gate.Open, Reason: gate.OK}, "shut"},
		{"opened", event(gate.DoorOpened, ""), "open, been through"},
		{"shut", event(gate.DoorShut, ""), "shut, been through"},
		{"refused", gate.Record{Kind: gate.KindAccess, Verdict: gate.Refused, Reason: gate.Expired}, "shut, been through"},
		{"the next is admitted, and has not been through", gate.Record{Kind: gate.KindAccess, Verdict: gate.Open, Reason: gate.OK}, "shut"},
		{"forced", event(gate.DoorForced, ""), "open, been through"},
	} {
		keep(t, b, tc.r)
		if got := seen(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if m := b.lastSeen()["in"]; m.Open != nil {
		t.Error("what one door did is told of another")
	}
}

func TestALockdownIsKeptWithTheNextRecord(t *testing.T) {
	b := boxOf(t)
	if until := b.lockedUntil("out"); until != 0 {
		t.Errorf("locked until %d before anything was said", until)
	}
	for _, until := range []int64{1800000000, 0} {
		b.remember("out")(until)
		keep(t, b, gate.Record{Kind: gate.KindDoor, Event: gate.RelayOff})
		if got := b.lockedUntil("out"); got != until || b.lockedUntil("in") != 0 {
			t.Errorf("locked until %d, want %d; the other lane %d", got, until, b.lockedUntil("in"))
		}
	}
}

// TestAnAlarmOfADoorIsTheOneThatHolds: a worse one takes its place, and it is
// taken back when the door is shut. The pre-alarm is the signal's alone.
func TestAnAlarmOfADoorIsTheOneThatHolds(t *testing.T) {
	b := boxOf(t)
	tell := b.doorAlarm("out")
	for _, tc := range []struct {
		e    gate.Event
		want []string
	}{
		{gate.PreAlarm, nil},
		{gate.HeldOpen, []string{"lane out: the door has been open for too long"}},
		{gate.DoorForced, []string{"lane out: the door was opened although nobody"}},
		{gate.PreAlarm, nil},
		{gate.DoorForced, []string{"lane out: the door was opened although nobody"}},
		{"", nil},
	} {
		tell(tc.e)
		var raised []string
		for _, a := range in(gate.English, b.alarms.list()) {
			if strings.HasPrefix(a, "lane out: the door") {
				raised = append(raised, a[:len("lane out: the door was opened although nobody")])
			}
		}
		if !slices.EqualFunc(raised, tc.want, strings.HasPrefix) {
			t.Errorf("after %q: %q, want %q", tc.e, raised, tc.want)
		}
	}
}

// TestWiresOfALane: the contact is made while the door is shut, and what is not
// wired says nothing.
func TestWiresOfALane(t *testing.T) {
	dir := t.TempDir()
	input := func(name, level string) *door.Input {
		writeLevel(t, filepath.Join(dir, name), level)
		in, err := openInput(InputConfig{Line: filepath.Join(dir, name)}, "sim", "")
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	for _, tc := range []struct {
		name                string
		contact, exit, fire string // level of the wire; empty: not wired
		want                gate.Levels
	}{
		{"a door that is shut", "0", "", "", gate.Levels{}},
		{"a door that is open, or whose wire is cut", "1", "", "", gate.Levels{Open: true}},
		{"no contact is no open door", "", "1", "", gate.Levels{}},
		{"a button that is pressed", "0", "0", "1", gate.Levels{Exit: true}},
		{"fire", "0", "1", "0", gate.Levels{Fire: true}},
	} {
		l, w := &lane{}, &boxWires{}
		if tc.contact != "" {
			l.contact = input("contact", tc.contact)
		}
		if tc.exit != "" {
			l.exit = input("exit", tc.exit)
		}
		if tc.fire != "" {
			w.fire = input("fire", tc.fire)
		}
		got, err := l.hears(w).Read()
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", tc.name, err, diff)
		}
	}
	if in := new(lane).hears(&boxWires{}); in != nil {
		t.Errorf("nothing is wired, and %v is heard", in)
	}
	gone := input("gone", "0")
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := (&lane{exit: gone}).hears(&boxWires{}).Read(); err == nil {
		t.Error("an input that cannot be read is no error")
	}
}
