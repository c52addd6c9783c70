package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	config string // of the well box
}

// examine runs doctor below that root; a machine of its own if it is empty.
func (p *patient) examine(t *testing.T, root string) (failed []finding) {
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
		if f.State == "fail" {
			failed = append(failed, f)
		}
	}
	if want := min(len(failed), 1); r.Code != want {
		t.Errorf("exit status %d with %d failed", r.Code, len(failed))
	}
	return failed
}

// names waits until doctor names that check and nothing else as failed: what was
// injected takes the daemon a moment to see.
func (p *patient) names(t *testing.T, root, want string) finding {
	t.Helper()
	var failed []finding
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := stage.Until(ctx, 100*time.Millisecond, func() (bool, error) {
		failed = p.examine(t, root)
		return len(failed) == 1 && failed[0].Name == want || want == "" && len(failed) == 0, nil
	})
	if err != nil {
		t.Fatalf("failed are %+v, want %q alone", failed, want)
	}
	if want == "" {
		return finding{}
	}
	if failed[0].Next == "" {
		t.Errorf("%s does not say what to do", want)
	}
	return failed[0]
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

// TestDoctorNamesTheCause injects one fault after another into a real gate:
// doctor names the cause, and nothing unrelated as failed. Faults that cannot be
// had here are injected as facts in doctor's own tests.
func TestDoctorNamesTheCause(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{w, string(text)}
	p.names(t, "", "")
	table := []string{fmt.Sprintf("%-34s %-18s %s", "FAULT", "FAILED, ALONE", "SAYS")}
	for _, f := range append(append(p.wireFaults(), p.brokerFaults()...), p.boxFaults()...) {
		t.Run(f.what, func(t *testing.T) {
			root := f.inject(t)
			found := p.names(t, root, f.check)
			table = append(table, fmt.Sprintf("%-34s %-18s %s", f.what, found.Name, found.Measured))
			if !strings.Contains(found.Measured+found.Next, f.says) {
				t.Errorf("says %q, do %q; want %q in it", found.Measured, found.Next, f.says)
			}
			if f.end != nil {
				f.end(t)
				p.names(t, "", "")
			}
		})
	}
	t.Log("\n" + strings.Join(table, "\n"))
}

// fault is one thing that is done to the gate.
type fault struct {
	what   string
	check  string // that must fail, alone
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
	}
}
