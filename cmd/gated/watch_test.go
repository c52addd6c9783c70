package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
	"gated/local"
	"gated/verify"
	"gated/verify/verifytest"
)

// oneLane is a configuration of one lane, in, with a simulated door and signal,
// and no network.
const oneLane = `[gate]
id = "east"
site = 1001
state_dir = "STATE"
socket = "STATE/gated.sock"

[trust]
roots = ["ROOT"]

[clock]
trust = "always"

[[lane]]
name = "in"
direction = "in"
scanner = SCANNER
door = { kind = "sim" }
signal = { kind = "sim", trace = "STATE/signal" }
`

// opened is a box that does nothing yet, of one lane with that scanner
// configuration.
func opened(t *testing.T, scanner string) (*box, []*lane) {
	t.Helper()
	b, lanes, _ := openedAs(t, strings.Replace(oneLane, "SCANNER", scanner, 1))
	return b, lanes
}

// openedAs is a box of that configuration, which it writes into a file.
func openedAs(t *testing.T, text string) (b *box, lanes []*lane, file string) {
	t.Helper()
	file = writeConfig(t, strings.NewReplacer("STATE", t.TempDir(), "ROOT", testRoot).Replace(text))
	cfg, err := loadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if lanes, err = openLanes(cfg, log); err != nil {
		t.Fatal(err)
	}
	if b, err = openBox(t.Context(), cfg, log, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, err := range []error{closeLanes(lanes), b.store.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return b, lanes, file
}

// running is a whole daemon inside the test, on an opened box.
func running(t *testing.T, scanner string) (*box, []*lane) {
	t.Helper()
	b, lanes, _ := runningAs(t, strings.Replace(oneLane, "SCANNER", scanner, 1))
	return b, lanes
}

// runningAs is a whole daemon of that configuration.
func runningAs(t *testing.T, text string) (b *box, lanes []*lane, file string) {
	t.Helper()
	b, lanes, file = openedAs(t, text)
	wires, err := openWires(b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.control(lanes, wires)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.serve(ctx, lanes, wires) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, wires.Close()); err != nil {
			t.Error(err)
		}
	})
	return b, lanes, file
}

// leaves are the records of the box so far.
func leaves(t *testing.T, b *box) (all []string) {
	t.Helper()
	_, size := b.store.Log()
	entries, err := b.store.List(t.Context(), 0, size)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, string(e.Leaf))
	}
	return all
}

// alarm waits for an alarm with that text, and for its record.
func alarm(t *testing.T, b *box, lanes []*lane, text string) {
	t.Helper()
	has := func(s string) bool { return strings.Contains(s, text) }
	drivertest.Eventually(t, "the alarm: "+text, func() bool { return slices.ContainsFunc(b.status(lanes, nil, gate.English).Alarms, has) })
	drivertest.Eventually(t, "its record", func() bool {
		return slices.ContainsFunc(leaves(t, b), func(leaf string) bool { return has(leaf) && strings.Contains(leaf, `"event":"alarm"`) })
	})
}

func TestASetupCodeShownToAModuleIsAnAlarmAndARecord(t *testing.T) {
	c := drivertest.NewCable(t)
	g := drivertest.NewGM65(t, c)
	b, lanes := running(t, `{ device = "`+c.Path()+`", profile = "gm65" }`)
	scanner := func() local.ScannerStatus { return b.status(lanes, nil, gate.English).Lanes[0].Scanner }
	drivertest.Eventually(t, "the module is set", func() bool { return scanner().Up })
	if s := scanner(); s.Baud != 115200 || s.Module == nil || s.Module.Checked.IsZero() || s.Module.Fault != "" || g.Reg(0x0003) != 2 {
		t.Fatalf("scanner %+v, module %+v, register 3 is %#02x", s, s.Module, g.Reg(0x0003))
	}
	g.ShowSetup("S_CMD_FFFF", 0x0003, 0)
	alarm(t, b, lanes, "lane in: somebody showed the scanner a setup code")
	if g.Reg(0x0003) != 2 {
		t.Error("the module obeyed")
	}
	// Somebody had a hand on it: now it obeys, and does not tell.
	g.Poke(0x0003, 0)
	g.ShowSetup("S_CMD_FFFF", 0x0060, 0x01|0x20)
	g.Show("S_CMD_FFFF")
	alarm(t, b, lanes, "the scanner's settings had changed (setup codes 0x00, suffix 0x21) and were put right")
	drivertest.Eventually(t, "all is as it was", func() bool { return g.Reg(0x0003) == 2 && g.Reg(0x0060) == 1 })
}

func TestTheSignalShowsTheBoxsHealth(t *testing.T) {
	c := drivertest.NewCable(t)
	b, lanes := running(t, `{ device = "`+c.Path()+`" }`)
	trace := filepath.Join(b.cfg.Gate.StateDir, "signal")
	shows := func(h signal.Health) {
		drivertest.Eventually(t, "the signal shows "+string(h), func() bool {
			lines := strings.Split(strings.TrimSpace(readText(t, trace)), "\n")
			return strings.HasSuffix(lines[len(lines)-1], " idle "+string(h))
		})
	}
	shows(signal.ListOld) // there is none
	c.Pull()
	shows(signal.NoScanner)
	alarm(t, b, lanes, "no code can be read at this lane")
	c.Plug()
	shows(signal.ListOld)
}

func TestHealthIsTheWorstThatIsTrue(t *testing.T) {
	up, down := scanner.Health{Up: true}, scanner.Health{}
	synced, lost := gate.Moment{State: gate.ClockSynced}, gate.Moment{State: gate.ClockLost}
	none, w := &verify.Documents{}, verifytest.New(t)
	at := func(s int64) gate.Moment {
		return gate.Moment{Time: time.Unix(verifytest.Begin+s, 0), State: gate.ClockSynced}
	}
	held := w.Deliver(none, at(0))
	for _, tc := range []struct {
		name    string
		door    gate.Event
		scanner scanner.Health
		now     gate.Moment
		docs    *verify.Documents
		offline bool
		want    signal.Health
	}{
		{"all at once", gate.DoorForced, down, lost, none, true, signal.DoorForced},
		{"a door that should be shut soon", gate.PreAlarm, up, synced, none, true, signal.PreAlarm},
		{"a door that should be shut", gate.HeldOpen, down, synced, none, true, signal.HeldOpen},
		{"all but the door", "", down, lost, none, true, signal.NoScanner},
		{"a lost clock", "", up, lost, none, true, signal.ClockUnknown},
		{"no list", "", up, synced, none, true, signal.ListOld},
		{"a list that refuses some", "", up, at(2 * 86400), held, true, signal.ListOld},
		{"a list that admits all, and no broker", "", up, at(60), held, true, signal.NoNetwork},
		{"nothing", "", up, at(60), held, false, signal.Healthy},
	} {
		if got := health(tc.door, tc.scanner, tc.now, tc.docs, tc.offline); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	for step, want := range map[verify.Step]bool{verify.Normal: true, verify.Marked: true, verify.Restricted: false, verify.TooOld: false, verify.Unknown: false} {
		if full(step) != want {
			t.Errorf("a list that is %s is full: %v", step, !want)
		}
	}
}

// watched is a scannerWatch whose alarms and records are in the order in which
// they came.
func watched() (*scannerWatch, *[]string) {
	var said []string
	w := &scannerWatch{
		lane: "in", up: true,
		raise: func(s gate.Text) { said = append(said, "+"+s.EN[:20]) },
		clear: func(s gate.Text) { said = append(said, "-"+s.EN[:20]) },
		keep:  func(e gate.Event) { said = append(said, string(e)) },
	}
	return w, &said
}

func TestAlarmsOfAScannerEnd(t *testing.T) {
	w, said := watched()
	at := func(minutes int) time.Time { return time.Unix(0, 0).Add(time.Duration(minutes) * time.Minute) }
	counts := func(setups, drifts uint64) map[string]uint64 {
		return map[string]uint64{"setup-codes": setups, "drifts": drifts}
	}
	ok := &scanner.Module{}
	for i, h := range []scanner.Health{
		{Up: false, Error: gate.Text{EN: "it is not there at all"}, Counters: counts(0, 0)},
		{Up: false, Error: gate.Text{EN: "another reason, which changes nothing"}, Counters: counts(0, 0)},
		{Up: true, Counters: counts(0, 0), Module: &scanner.Module{Fault: gate.Text{EN: "it does not answer"}}},
		{Up: true, Counters: counts(0, 0), Module: ok},
		{Up: true, Counters: counts(1, 0), Module: ok},
		{Up: true, Counters: counts(2, 0), Module: ok},
	} {
		w.look(h, at(i))
	}
	w.look(scanner.Health{Up: true, Counters: counts(2, 0), Module: ok}, at(64)) // 59 minutes after the last
	w.look(scanner.Health{Up: true, Counters: counts(2, 0), Module: ok}, at(66))
	want := []string{
		"scanner-lost", "+lane in: it is not t", "scanner-found", "-lane in: it is not t",
		"+lane in: it does not", "-lane in: it does not", "+lane in: somebody sh", "-lane in: somebody sh",
	}
	if diff := cmp.Diff(want, *said); diff != "" {
		t.Error(diff)
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProbeSaysWhatAModuleIsAndWhetherItIsSet(t *testing.T) {
	c := drivertest.NewCable(t)
	g := drivertest.NewGM65(t, c)
	plain := LaneConfig{Name: "in", Scanner: ScannerConfig{Device: c.Path(), Baud: "auto"}}
	if p := plain.probe(false, local.Status{}, gate.English); p.well() || p.Profile != "gm65" || g.Reg(0x0003) != 0 {
		t.Errorf("under no profile: %+v, register 3 is %#02x", p, g.Reg(0x0003))
	}
	asked := plain
	asked.Scanner.Profile = "gm65"
	if p := asked.probe(false, local.Status{}, gate.English); !p.well() || p.Baud != 115200 || g.Reg(0x0003) != 2 {
		t.Errorf("under its profile: %+v, register 3 is %#02x", p, g.Reg(0x0003))
	}
}
