package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// finding is one line of `gated doctor --json`.
type finding struct {
	Name     string `json:"name"`
	State    string `json:"state"`
	Measured string `json:"measured"`
	Next     string `json:"next"`
}

// patient is a gate that is well until something is done to it.
type patient struct {
	*stage.World
	config string   // of the well box
	usual  []string // what is warned of on this machine with nothing injected
}

// examine runs doctor below that root; a machine of its own if it is empty.
func (p *patient) examine(t *testing.T, root string) (failed, warned []finding) {
	t.Helper()
	args := []string{"doctor", "--json"}
	if root != "" {
		args = append(args, "--root", root)
	}
	r, err := p.Box.Try(soon(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Checks []finding `json:"checks"`
	}
	if err := json.Unmarshal([]byte(r.Stdout), &said); err != nil || len(said.Checks) < 40 {
		t.Fatalf("%d checks, %v: %s", len(said.Checks), err, r.Stderr)
	}
	for _, f := range said.Checks {
		switch f.State {
		case "fail":
			failed = append(failed, f)
		case "warn":
			warned = append(warned, f)
		}
	}
	if want := min(len(failed), 1); r.Code != want {
		t.Errorf("exit status %d with %d failed", r.Code, len(failed))
	}
	return failed, warned
}

// names waits until doctor names that check and nothing else as failed: what was
// injected takes the daemon a moment to see. With an exclamation mark before it
// nothing may have failed, and the check is the first to be warned of.
func (p *patient) names(t *testing.T, root, want string) finding {
	t.Helper()
	var failed, warned []finding
	check, warns := strings.CutPrefix(want, "!")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := stage.Until(ctx, 100*time.Millisecond, func() (bool, error) {
		failed, warned = p.examine(t, root)
		warned = slices.DeleteFunc(warned, func(f finding) bool { return slices.Contains(p.usual, f.Name) })
		switch {
		case want == "":
			return len(failed) == 0, nil
		case warns:
			return len(failed) == 0 && len(warned) > 0 && warned[0].Name == check, nil
		}
		return len(failed) == 1 && failed[0].Name == check, nil
	})
	if err != nil {
		t.Fatalf("failed are %+v, warned of %+v; want %q alone", failed, warned, want)
	}
	if want == "" {
		return finding{}
	}
	found := append(failed, warned...)[0]
	if found.Next == "" {
		t.Errorf("%s does not say what to do", want)
	}
	return found
}

// restart runs the box with another configuration. It need not come up.
func (p *patient) restart(t *testing.T, config string) {
	t.Helper()
	if p.Box.Running() {
		if err := p.Box.Stop(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(p.Box.Config, []byte(config), 0o600), p.Box.Start()); err != nil {
		t.Fatal(err)
	}
}

// machine stages a root whose processes, accounts and temporary files are this
// machine's, and whose other files are given.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for _, same := range []string{"tmp", "dev", "etc"} {
		if err := os.Symlink("/"+same, filepath.Join(root, same)); err != nil {
			t.Fatal(err)
		}
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range append(processes, "/proc/meminfo", "/proc/net", "/proc/cmdline") {
		if err := os.Symlink(dir, filepath.Join(root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text+"\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// atLeast is how many faults the project promises to inject into a real gate.
const atLeast = 25

// TestDoctorNamesTheCause injects one fault after another into a real gate:
// doctor names the cause, and nothing unrelated as failed. Faults that cannot be
// had here are injected as facts in doctor's own tests.
func TestDoctorNamesTheCause(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{World: w, config: string(text)}
	p.names(t, "", "")
	_, usual := p.examine(t, "")
	for _, f := range usual {
		p.usual = append(p.usual, f.Name)
	}
	table := []string{fmt.Sprintf("%-40s %-18s %s", "FAULT", "NAMED FIRST", "SAYS")}
	all := slices.Concat(p.wireFaults(), p.brokerFaults(), p.boxFaults(), p.scannerFaults(), p.documentFaults(), p.cardFaults())
	tried, named, skipped := 0, 0, 0
	for _, f := range all {
		row := fmt.Sprintf("%-40s %-18s %s", f.what, "-", "NOT NAMED")
		t.Run(f.what, func(t *testing.T) {
			defer func() {
				if t.Skipped() {
					skipped++
					row = fmt.Sprintf("%-40s %-18s %s", f.what, "-", "skipped: this machine does not let us")
				}
			}()
			tried++
			root := f.inject(t)
			found := p.names(t, root, f.check)
			row = fmt.Sprintf("%-40s %-18s %s", f.what, found.Name, found.Measured)
			named++
			if !strings.Contains(found.Measured+found.Next, f.says) {
				t.Errorf("says %q, do %q; want %q in it", found.Measured, found.Next, f.says)
			}
			if f.end != nil {
				f.end(t)
				p.names(t, "", "")
			}
		})
		table = append(table, row)
	}
	t.Logf("\n%s\n%d of %d faults named, %d skipped", strings.Join(table, "\n"), named, len(all), skipped)
	if tried == len(all) && named < atLeast { // else somebody asked for some
		t.Errorf("%d faults named; %d are promised", named, atLeast)
	}
}

// fault is one thing that is done to the gate.
type fault struct {
	what   string
	check  string // that must fail, alone; with "!" before it: that must be warned of first
	says   string // part of what was measured or is to be done
	inject func(t *testing.T) (root string)
	end    func(t *testing.T) // nil: nothing is left of it
}

// well is the gate as it was.
func (p *patient) well(t *testing.T) {
	t.Helper()
	p.restart(t, p.config)
	if err := p.Box.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
}

func (p *patient) wireFaults() []fault {
	board := func(files map[string]string) func(*testing.T) string {
		return func(t *testing.T) string { return machine(t, files) }
	}
	return []fault{
		{"under-voltage now", "power", "", board(map[string]string{"sys/devices/platform/soc/soc:firmware/get_throttled": "50005"}), nil},
		{"a board at 91 °C", "temperature", "91", board(map[string]string{"sys/class/thermal/thermal_zone0/temp": "91000"}), nil},
		{"ModemManager runs", "modem-manager", "ModemManager", board(map[string]string{"proc/999999/comm": "ModemManager"}), nil},
		{"a unit without watchdog", "watchdog", "", board(map[string]string{"lib/systemd/system/gated.service": strings.Join([]string{
			"[Service]", "User=gated", "Restart=always", "WatchdogSec=0", "NoNewPrivileges=yes", "ProtectSystem=strict",
		}, "\n")}), nil},
		{"the scanner is unplugged", "port", "scanner", func(t *testing.T) string {
			if err := p.Box.Scanner.Unplug(); err != nil {
				t.Fatal(err)
			}
			return ""
		}, func(t *testing.T) {
			if err := p.Box.Scanner.PlugIn(); err != nil {
				t.Fatal(err)
			}
		}},
		{"the contact's wire hangs in the air", "inputs", "wire hangs in the air", p.with(func(t *testing.T) (string, string) {
			const door = `door = { kind = "sim",`
			return door, fmt.Sprintf("%s contact = { line = %q },", door, floating(t))
		}), p.well},
	}
}

// floating is a simulated wire with nothing at its end: until the test ends it has
// now this level and now that, as the mains in the air want it.
func floating(t *testing.T) (line string) {
	t.Helper()
	line = filepath.Join(t.TempDir(), "contact")
	ended, stop := make(chan struct{}), t.Context().Done()
	t.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		again := time.NewTicker(gate.InputsEvery)
		defer again.Stop()
		for {
			if err := os.WriteFile(line, []byte{"01"[rand.IntN(2)]}, 0o600); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			case <-again.C:
			}
		}
	}()
	return line
}
