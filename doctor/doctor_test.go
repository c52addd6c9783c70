package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gated/doctor"
	"gated/gate"
)

var now = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// well is a box with everything on it, and nothing wrong.
func well() *doctor.Facts {
	day := 24 * time.Hour
	step := doctor.Step{Tried: true, Took: time.Millisecond, Detail: "fine"}
	until := func(d time.Duration) doctor.Certificate {
		return doctor.Certificate{Subject: "x", Begins: now.Add(-day), Ends: now.Add(d), File: "x.pem"}
	}
	f := &doctor.Facts{
		Now:  now,
		Card: doctor.Card{Path: "/var/lib/gated", Free: 8 << 30, Size: 16 << 30},
		Clock: doctor.Clock{
			State: doctor.Reading[gate.ClockState]{Value: gate.ClockSynced}, Synced: true,
			Floor: doctor.Reading[time.Time]{Value: now.Add(-time.Minute)}, Battery: doctor.Reading[string]{Value: "ds3231"}, Keeper: "chronyd",
		},
		Program: doctor.Program{
			Config: "gated.toml", Socket: "sock", Running: true, PID: 7, Version: "1", Ours: "1",
			User: doctor.User{Name: "gated", UID: 900, Groups: []int{900}, Known: true},
			Unit: doctor.Unit{Path: "/lib/systemd/system/gated.service", Enabled: true, Set: map[string]string{"WatchdogSec": "10", "Restart": "always"}},
			Process: doctor.Reading[doctor.Protection]{Value: doctor.Protection{
				NoNewPrivileges: true, Seccomp: true, Watchdog: true, ByUnit: true,
			}},
			State: doctor.StateDir{Path: "/var/lib/gated"},
		},
		Pins:   []doctor.Pin{{Key: "lane[0].door.relay", Looked: true}},
		Inputs: []doctor.Input{{Name: "fire", Span: time.Second}},
		Lanes: []doctor.Lane{{
			Name: "in", Up: true, Baud: 9600, Profile: "gm65", Model: "GM65", Counts: map[string]uint64{"bytes": 200},
			Port: doctor.Port{Device: "/dev/ttyUSB0", Owner: "root dialout 0660", Group: "dialout", Access: doctor.Reading[bool]{Value: true}},
		}},
		Line: doctor.Line{
			Broker: "tls://central.example", Host: "central.example", Secure: true, Route: doctor.Reading[string]{Value: "eth0"},
			Own: until(90 * day), CA: until(900 * day), Peer: until(90 * day),
			Name: step, TCP: step, TLS: step, MQTT: step, Subscribe: step, Trust: true, Site: true, Heartbeat: true,
		},
		Held: doctor.Held{
			Trust: 3, TrustIssued: now, Site: 2, SiteNumber: 1001, SiteIssued: now, Listed: true, KeyMatches: doctor.Reading[bool]{Value: true},
			State: true, Rev: 9, Fresh: 12, Step: "normal", Keys: 1, KeysEnd: now.Add(90 * day),
		},
		Journal: doctor.Journal{
			Log: "a", Records: 9, Cosigned: 8, Durable: true, Most: 1 << 30,
			Oldest: doctor.Reading[time.Time]{Value: now.Add(-time.Minute)}, Central: doctor.Reading[string]{Value: "a"},
		},
	}
	for _, key := range []string{
		"User", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute",
		"RestrictAddressFamilies", "SystemCallFilter", "DevicePolicy", "ProtectKernelTunables", "ProtectKernelModules",
	} {
		f.Program.Unit.Set[key] = "yes"
	}
	f.Card.Inodes.Value, f.Card.Sync.Value = 1e6, doctor.Syncs{N: 40, P50: 2 * time.Millisecond, P99: 9 * time.Millisecond}
	f.Board.Celsius.Value, f.Board.MemoryMB.Value, f.Board.Watchdog.Value = 50, 400, true
	return f
}

// in says which checks are in a state.
func in(found []doctor.Finding, s doctor.State) []string {
	var all []string
	for _, f := range found {
		if f.State == s {
			all = append(all, f.Name)
		}
	}
	return all
}

func TestAWellBoxIsWell(t *testing.T) {
	found := doctor.Examine(well())
	for _, f := range found {
		if f.State != doctor.OK {
			t.Errorf("%s is %s: %s", f.Name, f.State, f.Measured.EN)
		}
	}
	if len(found) < 40 {
		t.Errorf("%d checks; the issue wants some 40", len(found))
	}
	if doctor.Worst(found) != doctor.OK {
		t.Errorf("worst is %s", doctor.Worst(found))
	}
}

// fault is one thing that is wrong, what it must be called, and how bad it is.
type fault struct {
	what   string
	state  doctor.State
	inject func(*doctor.Facts)
}

// faults is what is wrong and the one check that must say so, alone.
var faults = map[string]fault{
	"under-voltage now":      {"power", doctor.Fail, func(f *doctor.Facts) { f.Board.Power.Value = 0x1 }},
	"under-voltage before":   {"power", doctor.Warn, func(f *doctor.Facts) { f.Board.Power.Value = 0x10000 }},
	"slowed down":            {"throttling", doctor.Warn, func(f *doctor.Facts) { f.Board.Power.Value = 0x4 }},
	"hot":                    {"temperature", doctor.Fail, func(f *doctor.Facts) { f.Board.Celsius.Value = 86 }},
	"warm":                   {"temperature", doctor.Warn, func(f *doctor.Facts) { f.Board.Celsius.Value = 76 }},
	"no memory":              {"memory", doctor.Fail, func(f *doctor.Facts) { f.Board.MemoryMB.Value = 3 }},
	"board's watchdog off":   {"board-watchdog", doctor.Warn, func(f *doctor.Facts) { f.Board.Watchdog.Value = false }},
	"lines keep their level": {"gpio-persistence", doctor.Warn, func(f *doctor.Facts) { f.Board.Kept.Value = true }},
	"read-only":              {"card-writable", doctor.Fail, func(f *doctor.Facts) { f.Card.ReadOnly, f.Journal.Durable = true, false }},
	"full":                   {"card-space", doctor.Fail, func(f *doctor.Facts) { f.Card.Free, f.Journal.Durable = 0, false }},
	"soon full":              {"card-space", doctor.Warn, func(f *doctor.Facts) { f.Card.Free = 100 << 20 }},
	"no inodes":              {"card-inodes", doctor.Fail, func(f *doctor.Facts) { f.Card.Inodes.Value = 0 }},
	"slow card":              {"card-sync", doctor.Fail, func(f *doctor.Facts) { f.Card.Sync.Value.P50 = 300 * time.Millisecond }},
	"card slow at times":     {"card-sync", doctor.Warn, func(f *doctor.Facts) { f.Card.Sync.Value.P99 = 300 * time.Millisecond }},
	"worn card":              {"card-wear", doctor.Fail, func(f *doctor.Facts) { f.Card.Wear.Value = 110 }},
	"clock behind": {"clock", doctor.Fail, func(f *doctor.Facts) {
		f.Clock.Floor.Value = now.Add(time.Hour)
		f.Clock.State.Value = gate.ClockFloor
		expire(&f.Line.Peer)
	}},
	"clock not believed":    {"clock", doctor.Fail, func(f *doctor.Facts) { f.Clock.Alarm = "a step of 2 h" }},
	"no time":               {"clock-state", doctor.Fail, func(f *doctor.Facts) { f.Clock.State.Value = gate.ClockLost }},
	"only a floor":          {"clock-state", doctor.Warn, func(f *doctor.Facts) { f.Clock.State.Value = gate.ClockFloor }},
	"nobody sets the clock": {"clock-keeper", doctor.Warn, func(f *doctor.Facts) { f.Clock.Keeper = "" }},
	"no battery":            {"clock-battery", doctor.Warn, func(f *doctor.Facts) { f.Clock.Battery.Value = "" }},
	"bad configuration":     {"configuration", doctor.Fail, func(f *doctor.Facts) { f.Program.Problems = []string{"gated.toml:1: what"}; stopped(f) }},
	"another gate's directory": {"state-directory", doctor.Fail, func(f *doctor.Facts) {
		f.Program.State.Problem = gate.Text{ZH: "别的门", EN: "of another gate"}
		f.Program.State.Next = gate.Text{ZH: "改", EN: "mend"}
		stopped(f)
	}},
	"root's files": {"state-directory", doctor.Fail, func(f *doctor.Facts) { f.Program.State.Foreign = []string{"gate.key"} }},
	"two daemons":  {"second-daemon", doctor.Fail, func(f *doctor.Facts) { f.Program.Others = []doctor.Process{{PID: 9, Name: "gated"}} }},
	"a daemon elsewhere": {"second-daemon", doctor.Fail, func(f *doctor.Facts) {
		stopped(f)
		down(f)
		f.Program.Others = []doctor.Process{{PID: 9, Name: "gated"}}
		f.Lanes[0].Untried = gate.Text{ZH: "没有试", EN: "not tried"}
	}},
	"started by hand":       {"second-daemon", doctor.Warn, func(f *doctor.Facts) { f.Program.Process.Value.ByUnit = false }},
	"no such line":          {"pins", doctor.Fail, func(f *doctor.Facts) { f.Pins[0].Problem = "there is no line"; stopped(f) }},
	"daemon stopped":        {"running", doctor.Fail, func(f *doctor.Facts) { f.Program.Running = false }},
	"old daemon":            {"running", doctor.Warn, func(f *doctor.Facts) { f.Program.Version = "0" }},
	"not at boot":           {"unit", doctor.Warn, func(f *doctor.Facts) { f.Program.Unit.Enabled = false }},
	"no watchdog":           {"watchdog", doctor.Fail, func(f *doctor.Facts) { f.Program.Unit.Set["WatchdogSec"] = "0" }},
	"no hardening":          {"hardening", doctor.Warn, func(f *doctor.Facts) { f.Program.Unit.Set["NoNewPrivileges"] = "no" }},
	"floating pin":          {"inputs", doctor.Fail, func(f *doctor.Facts) { f.Inputs[0].Changes.Value = 40 }},
	"forced door":           {"door", doctor.Warn, func(f *doctor.Facts) { f.Lanes[0].Fault = "forced" }},
	"unplugged":             {"port", doctor.Fail, func(f *doctor.Facts) { f.Lanes[0].Port.Problem = gate.Text{ZH: "不在", EN: "is not there"}; down(f) }},
	"missing group":         {"port-access", doctor.Fail, func(f *doctor.Facts) { f.Lanes[0].Port.Access.Value = false; down(f) }},
	"port held":             {"port-holder", doctor.Fail, func(f *doctor.Facts) { f.Lanes[0].Port.Holders = []doctor.Process{{PID: 4, Name: "minicom"}}; down(f) }},
	"port locked":           {"port-holder", doctor.Fail, func(f *doctor.Facts) { down(f); f.Lanes[0].Cause = "held" }},
	"ModemManager":          {"modem-manager", doctor.Fail, func(f *doctor.Facts) { f.Modem.PID = 5 }},
	"wrong speed":           {"speed", doctor.Fail, func(f *doctor.Facts) { f.Lanes[0].Counts = map[string]uint64{"noise": 50} }},
	"bad cable":             {"speed", doctor.Warn, func(f *doctor.Facts) { f.Lanes[0].Counts["noise"] = 50 }},
	"scanner down":          {"scanner", doctor.Fail, down},
	"silent module":         {"module", doctor.Fail, func(f *doctor.Facts) { f.Lanes[0].Module = "does not answer" }},
	"changed module":        {"drift", doctor.Warn, func(f *doctor.Facts) { f.Lanes[0].Drift = "suffix" }},
	"setup code":            {"setup-codes", doctor.Warn, func(f *doctor.Facts) { f.Lanes[0].Counts["setup-codes"] = 1 }},
	"dropped codes":         {"late-codes", doctor.Warn, func(f *doctor.Facts) { f.Lanes[0].Counts["late"] = 1 }},
	"certificate ended":     {"certificate", doctor.Fail, func(f *doctor.Facts) { expire(&f.Line.Own); f.Line.MQTT.Error = "ended" }},
	"certificate ends soon": {"certificate", doctor.Warn, func(f *doctor.Facts) { f.Line.Own.Ends = now.Add(time.Hour) }},
	"no password file": {"certificate", doctor.Fail, func(f *doctor.Facts) {
		f.Line.Files = gate.Text{ZH: "没有", EN: "missing"}
		f.Line.Name = doctor.Step{}
	}},
	"authority ended": {"ca", doctor.Fail, func(f *doctor.Facts) { expire(&f.Line.CA); f.Line.TLS.Error = "unknown" }},
	"no network": {"route", doctor.Fail, func(f *doctor.Facts) {
		f.Line.Route.Unknown = gate.Text{ZH: "没有", EN: "none"}
		f.Line.Name.Error = "not found"
	}},
	"name not found":         {"name", doctor.Fail, func(f *doctor.Facts) { f.Line.Name.Error = "not found"; f.Line.TCP = doctor.Step{} }},
	"nothing listens":        {"tcp", doctor.Fail, func(f *doctor.Facts) { f.Line.TCP.Error = "refused" }},
	"another name":           {"tls", doctor.Fail, func(f *doctor.Facts) { f.Line.TLS.Error = "another name" }},
	"broker's certificate":   {"tls-date", doctor.Fail, func(f *doctor.Facts) { expire(&f.Line.Peer); f.Line.TLS.Error, f.Line.BadDates = "dates", true }},
	"wrong password":         {"mqtt", doctor.Fail, func(f *doctor.Facts) { f.Line.MQTT.Error = "not authorised" }},
	"subscription refused":   {"subscription", doctor.Fail, func(f *doctor.Facts) { f.Line.Subscribe.Error = "refused" }},
	"access list is silent":  {"documents-arrive", doctor.Fail, func(f *doctor.Facts) { f.Line.Trust, f.Line.Site, f.Line.Heartbeat = false, false, false }},
	"no site on the broker":  {"documents-arrive", doctor.Fail, func(f *doctor.Facts) { f.Line.Site = false; f.Held.Site = 0 }},
	"slow line":              {"round-trip", doctor.Warn, func(f *doctor.Facts) { f.Line.Subscribe.Took = 9 * time.Second }},
	"no trust list":          {"trust", doctor.Fail, func(f *doctor.Facts) { f.Held.Trust = 0; f.Held.Site = 0; f.Held.State = false }},
	"other roots":            {"trust", doctor.Warn, func(f *doctor.Facts) { f.Held.RootsDiffer = true }},
	"no site document":       {"site", doctor.Fail, func(f *doctor.Facts) { f.Held.Site = 0 }},
	"old site document":      {"site-age", doctor.Warn, func(f *doctor.Facts) { f.Held.SiteIssued = now.Add(-49 * time.Hour) }},
	"not listed":             {"gate-listed", doctor.Fail, func(f *doctor.Facts) { f.Held.Listed = false }},
	"replaced card":          {"gate-key", doctor.Fail, func(f *doctor.Facts) { f.Held.KeyMatches.Value = false; f.Journal.Central.Value = "b" }},
	"issuers' keys ended":    {"issuers-keys", doctor.Fail, func(f *doctor.Facts) { f.Held.Keys = 0 }},
	"issuers' keys end soon": {"issuers-keys", doctor.Warn, func(f *doctor.Facts) { f.Held.KeysEnd = now.Add(time.Hour) }},
	"no revocation state":    {"revocation", doctor.Fail, func(f *doctor.Facts) { f.Held.State = false }},
	"stale list":             {"list-age", doctor.Fail, func(f *doctor.Facts) { f.Held.Fresh, f.Held.Step = 1e6, "too-old" }},
	"list getting old":       {"list-age", doctor.Warn, func(f *doctor.Facts) { f.Held.Fresh, f.Held.Step = 1000, "marked" }},
	"in memory":              {"durable", doctor.Fail, func(f *doctor.Facts) { f.Journal.Durable = false }},
	"unknown log":            {"log-known", doctor.Fail, func(f *doctor.Facts) { f.Journal.Central.Value = "" }},
	"another log": {"log-known", doctor.Fail, func(f *doctor.Facts) {
		f.Journal.Central.Value = "b"
		f.Journal.Oldest.Value = now.Add(-72 * time.Hour)
	}},
	"stuck records": {"unsent", doctor.Fail, func(f *doctor.Facts) { f.Journal.Oldest.Value = now.Add(-72 * time.Hour) }},
	"records wait":  {"unsent", doctor.Warn, func(f *doctor.Facts) { f.Journal.Oldest.Value = now.Add(-time.Hour) }},
	"journal full":  {"journal-size", doctor.Warn, func(f *doctor.Facts) { f.Journal.Bytes = 1 << 30 }},
	"an alarm":      {"alarms", doctor.Warn, func(f *doctor.Facts) { f.Alarms = []string{"the housing is open"} }},
}

func expire(c *doctor.Certificate) { c.Ends = now.Add(-time.Hour) }
func down(f *doctor.Facts)         { f.Lanes[0].Up, f.Lanes[0].Error = false, "is down" }
func stopped(f *doctor.Facts)      { f.Program.Running = false }

// TestEachFaultIsNamedAlone: a technician must be sent to the cause, and to
// nothing else.
func TestEachFaultIsNamedAlone(t *testing.T) {
	checked := map[string]bool{}
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			f := well()
			c.inject(f)
			found := doctor.Examine(f)
			if got := in(found, doctor.Fail); c.state == doctor.Fail && !slices.Equal(got, []string{c.what}) || c.state == doctor.Warn && len(got) > 0 {
				t.Errorf("failed are %v, want %s %s alone", got, c.what, c.state)
			}
			if got := in(found, doctor.Warn); c.state == doctor.Warn && (len(got) == 0 || got[0] != c.what) {
				t.Errorf("warned of are %v, want %s first", got, c.what)
			}
			for _, x := range found {
				if (x.State == doctor.Fail || x.State == doctor.Warn) && (x.Next.EN == "" || x.Next.ZH == "") {
					t.Errorf("%s does not say what to do", x.Name)
				}
				if whole := x.Measured.EN + x.Measured.ZH + x.Next.EN + x.Next.ZH; strings.Contains(whole, "%!") {
					t.Errorf("%s says %q", x.Name, whole)
				}
			}
		})
		checked[c.what] = true
	}
	for _, x := range doctor.Examine(well()) {
		if !checked[x.Name] {
			t.Errorf("no fault is injected for %s", x.Name)
		}
	}
}

// TestNothingIsFineThatWasNotSeen: of a machine that says nothing, nothing is
// said.
func TestNothingIsFineThatWasNotSeen(t *testing.T) {
	f := well()
	f.Board = doctor.ReadBoard(t.TempDir())
	f.Clock.State.Unknown = gate.Text{ZH: "x", EN: "x"}
	for _, x := range doctor.Examine(f) {
		switch x.Name {
		case "power", "throttling", "temperature", "memory", "board-watchdog", "gpio-persistence":
			if x.State != doctor.Skip || x.Measured.EN == "" || x.Measured.ZH == "" {
				t.Errorf("%s is %s (%s); want skip and why", x.Name, x.State, x.Measured.EN)
			}
		}
	}
}

func TestWordsAreInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range doctor.Examine(well()) {
		if x.Title.EN == "" || x.Title.ZH == "" || x.Why.EN == "" || x.Why.ZH == "" || x.Measured.ZH == "" || x.Measured.EN == "" {
			t.Errorf("%s lacks words: %+v", x.Name, x)
		}
		if seen[x.Name] {
			t.Errorf("%s is there twice", x.Name)
		}
		seen[x.Name] = true
	}
}
