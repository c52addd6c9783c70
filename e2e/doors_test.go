package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// airlock is a gate box of two lanes of which one may open at a time, each with a
// contact.
type airlock struct {
	*stage.World
	t     *testing.T
	lanes map[string]*airlockLane
}

type airlockLane struct {
	number  int // in the status
	scanner *stage.Scanner
	trace   stage.Trace
	contact string
}

func newAirlock(t *testing.T) *airlock {
	t.Helper()
	w := newWorld(t)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	dir := w.Box.Dir
	a := &airlock{w, t, map[string]*airlockLane{
		"in":  {0, w.Box.Scanner, w.Box.Trace, filepath.Join(dir, "contact-in")},
		"out": {1, w.NewScanner(filepath.Join(dir, "scanner-out")), stage.Trace(filepath.Join(dir, "out.trace")), filepath.Join(dir, "contact-out")},
	}}
	raw, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	const door = `door = { kind = "sim",`
	text := strings.Replace(string(raw), door, fmt.Sprintf("airlock = \"hall\"\n%s contact = { line = %q },", door, a.lanes["in"].contact), 1)
	text += fmt.Sprintf(`
[[lane]]
name = "out"
direction = "out"
airlock = "hall"
scanner = { device = %q }
door = { kind = "sim", trace = %q, pulse = "300ms", contact = { line = %q } }
signal = { kind = "sim" }
`, a.lanes["out"].scanner.Port, string(a.lanes["out"].trace), a.lanes["out"].contact)
	if err := os.WriteFile(w.Box.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.lanes["out"].scanner.PlugIn(); err != nil {
		t.Fatal(err)
	}
	for _, l := range a.lanes {
		if err := os.WriteFile(l.contact, []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.start()
	return a
}

func (a *airlock) start() {
	a.t.Helper()
	if err := a.Box.Start(); err != nil {
		a.t.Fatal(err)
	}
	status(a.t, a.World, func(s stage.Status) bool {
		return s.Ready && s.Online && s.Lanes[0].Scanner.Up && s.Lanes[1].Scanner.Up && s.Lanes[0].Door != "" && s.Lanes[1].Door != ""
	})
}

// move opens or shuts a door, and waits until the box has heard it.
func (a *airlock) move(lane, level, door string) {
	a.t.Helper()
	l := a.lanes[lane]
	if err := os.WriteFile(l.contact, []byte(level), 0o600); err != nil {
		a.t.Fatal(err)
	}
	status(a.t, a.World, func(s stage.Status) bool { return s.Lanes[l.number].Door == door })
}

// at shows a new code at a lane and insists on what comes of it.
func (a *airlock) at(lane string, rider int, want gate.Reason) {
	a.t.Helper()
	l := a.lanes[lane]
	was := status(a.t, a.World, func(stage.Status) bool { return true }).Lanes[l.number].Last.At
	if _, err := l.scanner.Read(issue(a.t, a.World, rider)); err != nil {
		a.t.Fatal(err)
	}
	now := status(a.t, a.World, func(s stage.Status) bool { return string(s.Lanes[l.number].Last.At) != string(was) })
	if got := now.Lanes[l.number].Last.Reason; got != want {
		a.t.Fatalf("lane %s said %s, want %s", lane, got, want)
	}
}

// found is what the box says of a lane's door at its n-th start, once it is kept.
func (a *airlock) found(lane string, n int) string {
	a.t.Helper()
	var said []string
	err := stage.Until(soon(a.t), 20*time.Millisecond, func() (bool, error) {
		leaves, err := a.Box.Journal(soon(a.t))
		said = said[:0]
		for _, l := range leaves {
			if l.Event == string(gate.DoorFound) && l.Lane == lane {
				said = append(said, l.Detail)
			}
		}
		return len(said) >= n, err
	})
	if err != nil {
		a.t.Fatalf("%q: %v", said, err)
	}
	return said[n-1]
}

// edges is how often the relays have moved.
func (a *airlock) edges() (n int) {
	a.t.Helper()
	for _, l := range a.lanes {
		c, err := l.trace.Count()
		if err != nil {
			a.t.Fatal(err)
		}
		n += c
	}
	return n
}

// Two doors of one hall are never open at once; what was ordered and what the
// doors did is taken up as promised after the box was killed.
func TestAirlockLockdownAndHoldOpenOverAKill(t *testing.T) {
	t.Parallel()
	a := newAirlock(t)
	a.at("in", 1, gate.OK)
	a.move("in", "1", "open")
	a.at("out", 2, gate.Interlock)
	a.move("in", "0", "shut")
	a.at("out", 3, gate.OK)
	a.move("out", "1", "open")
	a.at("in", 5, gate.Interlock)
	a.move("out", "0", "shut")

	do(t, a.World, "hold-open", "--gate", stage.GateID, "--lane", "out", "--for", "1h", "--reason", "moving house", "--by", "the guard")
	status(t, a.World, func(s stage.Status) bool { return s.Lanes[1].HoldOpen && s.Lanes[1].Relay })
	a.at("in", 6, gate.Interlock)
	a.neverBoth()
	if err := a.Box.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	edges := a.edges()
	a.start()
	if s := status(t, a.World, func(stage.Status) bool { return true }); s.Lanes[1].HoldOpen || s.Lanes[1].Relay || a.edges() != edges {
		t.Errorf("a hold-open survived the kill: %+v, %d edges before and %d after", s.Lanes[1], edges, a.edges())
	}

	do(t, a.World, "lockdown", "--gate", stage.GateID, "--for", "1h", "--reason", "search", "--by", "the guard")
	status(t, a.World, func(s stage.Status) bool { return s.Lanes[0].Lockdown && s.Lanes[1].Lockdown })
	if err := a.Box.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.lanes["in"].contact, []byte("1"), 0o600); err != nil { // somebody moves the door meanwhile
		t.Fatal(err)
	}
	a.start()
	s := status(t, a.World, func(stage.Status) bool { return true })
	if !s.Lanes[0].Lockdown || !s.Lanes[1].Lockdown || s.Lanes[0].Door != "open" || a.edges() != edges {
		t.Errorf("after the kill: %+v, %d edges before and %d after", s.Lanes, edges, a.edges())
	}
	a.at("in", 7, gate.Lockdown)
	starts := map[string]int{"in": 4, "out": 3} // lane out was not there at the first
	for lane, want := range map[string]string{
		"in":  "relay off; the contact says open; before the box was away it said shut: the door has moved",
		"out": "relay off; the contact says shut, as before",
	} {
		if got := a.found(lane, starts[lane]); got != want {
			t.Errorf("lane %s: %q, want %q", lane, got, want)
		}
	}
	if err := a.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	a.start() // and is not told a second time
	if got := a.found("in", 5); got != "relay off; the contact says open, as before" {
		t.Errorf("lane in at the next start: %q", got)
	}
	do(t, a.World, "release", "--gate", stage.GateID)
	status(t, a.World, func(s stage.Status) bool { return !s.Lanes[0].Lockdown && !s.Lanes[1].Lockdown })
}

// neverBoth insists that never both relays were on.
func (a *airlock) neverBoth() {
	a.t.Helper()
	var all []stage.Edge
	for _, l := range a.lanes {
		edges, err := l.trace.Edges()
		if err != nil {
			a.t.Fatal(err)
		}
		all = append(all, edges...)
	}
	slices.SortFunc(all, func(x, y stage.Edge) int { return x.At.Compare(y.At) })
	on, times := 0, 0
	for _, e := range all {
		switch {
		case e.On:
			on++
			times++
		case on > 0: // and not that of its opening
			on--
		}
		if on > 1 {
			a.t.Errorf("both relays were on: %v", all)
		}
	}
	if times != 3 {
		a.t.Errorf("the relays were on %d times, want 3: %v", times, all)
	}
}
