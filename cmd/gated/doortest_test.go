package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/local"
)

// TestWhatADoorTestFinds: each way in which a door can be wrong is told by its
// own name, and nothing else is called wrong.
func TestWhatADoorTestFinds(t *testing.T) {
	const ms = time.Millisecond
	hold := gate.DoorConfig{Mode: gate.Hold, Contact: true}
	impulse := gate.DoorConfig{Mode: gate.Impulse, Contact: true}
	step := gate.DoorConfig{Mode: gate.Impulse, Contact: true, Step: true}
	for _, tc := range []struct {
		name    string
		door    gate.DoorConfig
		open    bool // before
		relay   []time.Duration
		contact []time.Duration
		rattle  uint64
		want    []string // findings, a - before those that are not normal
	}{
		{"a door that is pushed", hold, false, at(20*ms, 820*ms), at(800*ms, 4*time.Second), 0, []string{"relay", "opened", "relocked", "shut"}},
		{"a turnstile", impulse, false, at(20*ms, 520*ms), at(2*time.Second, 4*time.Second), 0, []string{"relay", "opened", "shut"}},
		{"no contact", gate.DoorConfig{}, false, at(20*ms, 3020*ms), nil, 0, []string{"relay", "no-contact"}},
		{"nobody pushes, or the wire is cut", hold, false, at(20*ms, 3020*ms), nil, 0, []string{"relay", "-never-opened"}},
		{"the contact is the wrong way round", hold, true, at(20*ms, 3020*ms), at(900*ms, 3*time.Second), 0, []string{"relay", "-inverted"}},
		{"the contact says open all the time", hold, true, at(20*ms, 3020*ms), nil, 0, []string{"relay", "-was-open"}},
		{"the door stays open", hold, false, at(20*ms, 820*ms), at(800 * ms), 0, []string{"relay", "opened", "relocked", "-never-shut"}},
		{"the relay stays on after the opening", hold, false, at(20*ms, 3020*ms), at(800*ms, 4*time.Second), 0, []string{"relay", "opened", "-not-relocked", "shut"}},
		{"a wire that rattles", hold, false, at(20*ms, 820*ms), at(800*ms, 4*time.Second), 40, []string{"relay", "opened", "relocked", "shut", "-rattles"}},
		{"a slow card", hold, false, at(900*ms, 1200*ms), at(1150*ms, 4*time.Second), 0, []string{"-relay-late", "opened", "relocked", "shut"}},
		{"somebody else's pulse", hold, false, nil, nil, 0, []string{"-relay-never"}},
		{"a relay that stays on", gate.DoorConfig{}, false, at(20 * ms), nil, 0, []string{"-relay-stays", "no-contact"}},
		{"a pulse that somebody prolonged", gate.DoorConfig{}, false, at(20*ms, 9*time.Second), nil, 0, []string{"-relay-pulse", "no-contact"}},
		{"a sliding gate that stands open", step, true, nil, nil, 0, []string{"-step-open"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := play(t, tc.door, tc.open, tc.relay, tc.contact, tc.rattle)
			var got []string
			for _, f := range r.Findings {
				got = append(got, pick(f.OK, "", "-")+f.Name)
				if strings.Contains(f.Say, "%!") {
					t.Errorf("badly told: %s", f.Say)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if wrong := slices.ContainsFunc(tc.want, func(s string) bool { return s[0] == '-' }); r.Fine == wrong {
				t.Errorf("fine: %v", r.Fine)
			}
		})
	}
}

func at(d ...time.Duration) []time.Duration { return d }

// play shows a trial what the wires do, every 100 ms, until it has seen enough.
func play(t *testing.T, door gate.DoorConfig, open bool, relay, contact []time.Duration, rattle uint64) doorReport {
	t.Helper()
	start := time.Unix(1800000000, 0)
	wires := func(after time.Duration) local.IO {
		story := func(name string, active bool, changes []time.Duration) local.Line {
			l := local.Line{Lane: "in", Name: name, Line: "GPIO1", Level: "low"}
			for _, d := range changes {
				if d <= after {
					active = !active
					l.Recent = append(l.Recent, local.Change{At: start.Add(d), Active: active})
					l.Changes++
				}
			}
			l.Active, l.Edges = active, l.Changes
			return l
		}
		s := local.IO{At: start.Add(after), Lines: []local.Line{story("relay", false, relay)}}
		if door.Contact {
			l := story("contact", !open, contact)
			if after > 0 {
				l.Edges += rattle
			}
			s.Lines = append(s.Lines, l)
		}
		return s
	}
	tr := trial{lane: "in", door: door.WithDefaults(), wait: 10 * time.Second, before: wires(0), answer: local.Opened{Verdict: "open", Reason: "ok"}}
	for after := time.Duration(0); ; after += lookEach {
		if after > 2*time.Minute {
			t.Fatal("the test of the door never ends")
		}
		if tr.look(wires(after)) {
			return tr.report(gate.English)
		}
	}
}

func TestWordsOfTheDoorTestAreInBothLanguages(t *testing.T) {
	for name, text := range doorWordsFor {
		if text.ZH == "" || text.EN == "" || strings.Count(text.ZH, "%") != strings.Count(text.EN, "%") {
			t.Errorf("%s lacks a language or says not the same: %+v", name, text)
		}
	}
}

// doored is a running box whose lane, in, has wires in files.
type doored struct {
	*testing.T
	b             *box
	lanes         []*lane
	c             *common
	contact, fire string // files
}

func newDoored(t *testing.T) *doored {
	t.Helper()
	dir := t.TempDir()
	d := &doored{T: t, contact: filepath.Join(dir, "contact"), fire: filepath.Join(dir, "fire")}
	writeLevel(t, d.contact, "0")
	text := strings.NewReplacer("SCANNER", `{ device = "/dev/ttyNONE" }`,
		`{ kind = "sim" }`, `{ kind = "sim", pulse = "1s", contact = { line = "`+d.contact+`" } }`).Replace(oneLane)
	text += fmt.Sprintf("\n[inputs]\nkind = \"sim\"\nfire = { line = %q }\n", d.fire)
	var file string
	d.b, d.lanes, file = runningAs(t, text)
	d.c = &common{Config: file}
	client := local.NewClient(d.b.cfg.Gate.Socket)
	drivertest.Eventually(t, "it answers", func() bool { return client.Ask(t.Context(), "/v1/io", nil, new(local.IO)) == nil })
	return d
}

// await waits until a wire of the box says so.
func (d *doored) await(name string, active bool) {
	d.Helper()
	client := local.NewClient(d.b.cfg.Gate.Socket)
	drivertest.Eventually(d, fmt.Sprintf("%s: %v", name, active), func() bool {
		var now local.IO
		return client.Ask(d.Context(), "/v1/io", nil, &now) == nil &&
			slices.ContainsFunc(now.Lines, func(l local.Line) bool { return l.Name == name && l.Active == active })
	})
}

// recorded waits for a record with that text.
func (d *doored) recorded(text string) {
	d.Helper()
	drivertest.Eventually(d, "a record of "+text, func() bool {
		return slices.ContainsFunc(leaves(d.T, d.b), func(leaf string) bool { return strings.Contains(leaf, text) })
	})
}

// order has the central server's command obeyed.
func (d *doored) order(v gate.Verb) {
	d.Helper()
	if _, err := d.lanes[0].obey(d.Context(), gate.Order{Command: gate.Command{Verb: v}, Source: gate.FromCommand}); err != nil {
		d.Fatal(err)
	}
}

// TestADoorIsTestedThroughTheDaemon moves a real loop's simulated door and its
// contact, and looks at what is recorded.
func TestADoorIsTestedThroughTheDaemon(t *testing.T) {
	d := newDoored(t)
	done := make(chan error, 1)
	go func() { done <- (&doorTestCmd{Lane: "in", Yes: true, JSON: true, Wait: time.Minute}).Run(d.c) }()
	d.await("relay", true)
	writeLevel(t, d.contact, "1")
	d.await("contact", false)
	d.await("relay", false)
	writeLevel(t, d.contact, "0")
	if err := <-done; err != nil {
		t.Errorf("a door in order: %v", err)
	}
	d.recorded(fmt.Sprintf(`"verdict":"open","reason":"ok","source":"cli","ref":"%d"`, os.Getuid()))
}

// TestADoorIsNotTestedAgainstARule, nor without being asked.
func TestADoorIsNotTestedAgainstARule(t *testing.T) {
	d := newDoored(t)
	if err := (&doorTestCmd{Lane: "in", JSON: true}).Run(d.c); !errors.As(err, new(askedWrongly)) {
		t.Errorf("without a person and without --yes: %v", err)
	}
	if err := (&doorTestCmd{Lane: "side", Yes: true}).Run(d.c); !errors.As(err, new(askedWrongly)) {
		t.Errorf("a lane that is not there: %v", err)
	}
	d.order(gate.VerbLockdown)
	if err := (&doorTestCmd{Lane: "in", Yes: true}).Run(d.c); !errors.Is(err, errNo) {
		t.Errorf("in a lockdown: %v", err)
	}
	d.recorded(`"verdict":"refused","reason":"lockdown","source":"cli"`)
	d.order(gate.VerbRelease)

	writeLevel(t, d.fire, "0")
	d.await("fire", true)
	client := local.NewClient(d.b.cfg.Gate.Socket)
	for lang, want := range map[gate.Language]string{gate.English: "the fire input is active", gate.Chinese: "消防输入有效"} {
		client.Language = lang
		if err := client.Ask(t.Context(), "/v1/open", []byte(`{"lane":"in"}`), new(local.Opened)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("while it burns: %v, want %s", err, want)
		}
	}
}
