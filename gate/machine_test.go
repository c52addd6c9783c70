package gate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
)

var update = flag.Bool("update", false, "write testdata/door-*.txt anew; then read every changed line")

// hinge is a machine and the time of its own world.
type hinge struct {
	*gate.DoorMachine
	cfg gate.DoorConfig
	now time.Time
}

func newHinge(cfg gate.DoorConfig) *hinge {
	h := &hinge{gate.NewDoorMachine(cfg), cfg, time.Unix(1_800_000_000, 0)}
	if cfg.Contact {
		h.Contact(h.now, false)
	}
	return h
}

// wait lets d go by, and has the machine advanced whenever that is due.
func (h *hinge) wait(d time.Duration) {
	end := h.now.Add(d)
	for at, ok := h.Next(); ok && !at.After(end); at, ok = h.Next() {
		h.now = at
		h.Advance(h.now)
	}
	h.now = end
	h.Advance(h.now)
}

// due lets time go on until the machine changes by itself.
func (h *hinge) due() {
	if at, ok := h.Next(); ok {
		h.wait(at.Sub(h.now))
	}
}

// code is a pass that is good, button a press.
func (h *hinge) code() string {
	if r := h.Refuse(); r != "" {
		return "refused " + string(r)
	}
	h.Admit(h.now)
	return ""
}

func (h *hinge) button()   { h.Expect(h.now); h.Admit(h.now) }
func (h *hinge) hold()     { h.HoldOpen(h.now, h.now.Add(time.Hour)) }
func (h *hinge) lockdown() { h.Lockdown(h.now, h.now.Add(2*time.Hour)) }

// is describes the machine: what holds the relay, and what the door does.
func (h *hinge) is() string {
	var parts []string
	s := h.Picture()
	for _, p := range []struct {
		is   bool
		word string
	}{{s.Relay, "ON"}, {!s.Relay, "off"}, {h.Pulse(), "pulse"}, {h.Waiting(), "waiting"}, {s.Held, "held"}, {s.Locked, "locked"}, {s.Fire, "fire"}} {
		if p.is {
			parts = append(parts, p.word)
		}
	}
	return strings.TrimSpace(strings.Join(parts, " ") + ", " + s.Door + " " + string(s.Fault))
}

// doorStates are all states that a door can be brought into, and how.
var doorStates = []struct {
	name string
	only gate.Mode // empty: both
	to   func(*hinge)
}{
	{"rest", "", func(*hinge) {}},
	{"pulse", "", func(h *hinge) { h.code() }},
	{"pulse of two riders", "", func(h *hinge) { h.code(); h.code() }},
	{"rest between pulses, one waits", "", func(h *hinge) { h.code(); h.due(); h.code() }},
	{"full", gate.Impulse, func(h *hinge) { h.code(); h.code(); h.code(); h.code() }},
	{"a rider walks through", "", func(h *hinge) { h.code(); h.wait(sec / 4); h.Contact(h.now, true); h.wait(sec) }},
	{"another is let in meanwhile", "", func(h *hinge) {
		h.code()
		h.wait(sec / 4)
		h.Contact(h.now, true)
		h.wait(2 * sec)
		h.code()
	}},
	{"soon held open", "", func(h *hinge) { h.code(); h.Contact(h.now, true); h.wait(12 * sec) }},
	{"held open", "", func(h *hinge) { h.code(); h.Contact(h.now, true); h.wait(25 * sec) }},
	{"forced", "", func(h *hinge) { h.Contact(h.now, true) }},
	{"hold-open", gate.Hold, func(h *hinge) { h.hold() }},
	{"hold-open, and a rider in it", gate.Hold, func(h *hinge) { h.hold(); h.code() }},
	{"hold-open, door open", gate.Hold, func(h *hinge) { h.hold(); h.Contact(h.now, true); h.wait(time.Minute) }},
	{"lockdown", "", func(h *hinge) { h.lockdown() }},
	{"lockdown, button pressed", "", func(h *hinge) { h.lockdown(); h.wait(3 * sec); h.button() }},
	{"lockdown, door open", "", func(h *hinge) { h.code(); h.Contact(h.now, true); h.wait(sec / 4); h.lockdown() }},
	{"fire", "", func(h *hinge) { h.Fire(h.now, true) }},
	{"fire, door open", "", func(h *hinge) { h.Fire(h.now, true); h.Contact(h.now, true); h.wait(time.Minute) }},
	{"fire at an open door", "", func(h *hinge) { h.code(); h.wait(sec / 4); h.Contact(h.now, true); h.wait(sec); h.Fire(h.now, true) }},
	{"fire in a lockdown", "", func(h *hinge) { h.lockdown(); h.Fire(h.now, true) }},
	{"fire in a hold-open", gate.Hold, func(h *hinge) { h.hold(); h.Fire(h.now, true) }},
}

// doorEvents are all that can happen to a door.
var doorEvents = []struct {
	name string
	do   func(*hinge) string // says why it was refused
}{
	{"code", func(h *hinge) string { return h.code() }},
	{"exit button", func(h *hinge) string { h.button(); return "" }},
	{"hold-open", func(h *hinge) string {
		if r := h.RefuseHold(); r != "" {
			return "refused " + string(r)
		}
		h.hold()
		return ""
	}},
	{"lockdown", func(h *hinge) string { h.lockdown(); return "" }},
	{"release", func(h *hinge) string { h.Release(h.now); return "" }},
	{"fire begins", func(h *hinge) string { h.Fire(h.now, true); return "" }},
	{"fire ends", func(h *hinge) string { h.Fire(h.now, false); return "" }},
	{"contact opens", func(h *hinge) string { h.Contact(h.now, true); return "" }},
	{"contact shuts", func(h *hinge) string { h.Contact(h.now, false); return "" }},
	{"time", func(h *hinge) string { h.due(); return "" }},
}

// TestDoorTable has every event in every state, in the three kinds of door. The
// tables in testdata were read line by line; each line is
// state | event | what became of it | events told.
func TestDoorTable(t *testing.T) {
	for name, cfg := range map[string]gate.DoorConfig{
		"hold":    {Mode: gate.Hold, Contact: true},
		"impulse": {Mode: gate.Impulse, Contact: true},
		"step":    {Mode: gate.Impulse, Contact: true, Step: true},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, s := range doorStates {
				if s.only != "" && s.only != cfg.Mode {
					continue
				}
				for _, e := range doorEvents {
					h := newHinge(cfg)
					s.to(h)
					h.Take()
					before := h.is()
					refused := e.do(h)
					var told []string
					for _, w := range h.Take() {
						told = append(told, string(w))
					}
					after := h.is()
					fmt.Fprintf(&got, "%s (%s) | %s | %s | %s\n", s.name, before, e.name, after, strings.Join(append(told, refused), " "))
				}
			}
			file := filepath.Join("testdata", "door-"+name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
				t.Errorf("the door's table (-want +got):\n%s", diff)
			}
		})
	}
}
