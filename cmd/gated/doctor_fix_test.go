package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gated/doctor"
	"gated/drivers/drivertest"
	"gated/gate"
)

// broken is a patient below a root of its own, with what is to be put right.
func broken(t *testing.T, files map[string]string) *patient {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPatient(&common{Config: filepath.Join(root, "none.toml")}, root)
	p.cfg.Gate.StateDir = filepath.Join(root, "state")
	return p
}

// answered offers the fix of a check that failed, and answers.
func answered(t *testing.T, p *patient, check, answer string) (said string) {
	t.Helper()
	var out bytes.Buffer
	found := []doctor.Finding{{Name: check, Result: doctor.Result{State: doctor.Fail}}}
	if err := p.fix(found, gate.English, strings.NewReader(answer), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (p *patient) text(name string) string {
	b, _ := os.ReadFile(filepath.Join(p.root, name)) // none: empty
	return string(b)
}

func TestNothingIsFixedUnasked(t *testing.T) {
	p := broken(t, map[string]string{"boot/firmware/config.txt": "dtparam=audio=on\n"})
	for _, answer := range []string{"", "\n", "n\n", "yes\n"} {
		said := answered(t, p, "gpio-persistence", answer) + answered(t, p, "modem-manager", answer)
		if !strings.Contains(said, "(y/N)") || strings.Contains(said, "Done") {
			t.Errorf("answered %q, it says %q", answer, said)
		}
	}
	if p.text("boot/firmware/config.txt") != "dtparam=audio=on\n" || p.text(modemRuleFile) != "" {
		t.Error("it was written all the same")
	}
	if said := answered(t, p, "tcp", "y\n"); strings.Contains(said, "(y/N)") {
		t.Errorf("for a broker that is away it offers %q", said)
	}
}

func TestTheFixesDoWhatTheySay(t *testing.T) {
	p := broken(t, map[string]string{"boot/firmware/config.txt": "[pi4]\narm_boost=1\n"})
	if said := answered(t, p, "gpio-persistence", "y\n"); !strings.Contains(said, "Done. Then: restart") {
		t.Error(said)
	}
	if got := p.text("boot/firmware/config.txt"); got != "[pi4]\narm_boost=1\n\n[all]\ndtparam=strict_gpiod\n" {
		t.Errorf("config.txt is %q", got)
	}
	answered(t, p, "modem-manager", "y\n")
	if !doctor.ReadModemRule(p.root) {
		t.Errorf("doctor does not find the rule that it wrote: %q", p.text(modemRuleFile))
	}
}

// TestTheModemRuleIsThePackagesOwn: in its words, and under a name that does not
// take the place of the package's file.
func TestTheModemRuleIsThePackagesOwn(t *testing.T) {
	const packaged = "60-gated.rules"
	rules, err := os.ReadFile("../../systemd/" + packaged)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(rules), "\n"+modemRule) {
		t.Errorf("the package has no line %q", modemRule)
	}
	if filepath.Base(modemRuleFile) == packaged {
		t.Error("udev would read it instead of the package's, and the chips would lose their group")
	}
}

func TestTheStateDirectoryIsGivenBack(t *testing.T) {
	if os.Geteuid() != 0 {
		drivertest.Missing(t, "root", errors.New("nobody else's file can be given back"))
	}
	const daemon = 990
	p := broken(t, map[string]string{"state/remote": "", "state/own": "", "elsewhere": ""})
	p.problems = nil
	p.user = doctor.User{Name: "gated", UID: daemon, Groups: []int{daemon}, Known: true}
	for _, name := range []string{"state", "state/own"} {
		if err := os.Chown(filepath.Join(p.root, name), daemon, daemon); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../elsewhere", filepath.Join(p.root, "state", "a-link")); err != nil {
		t.Fatal(err)
	}
	if err := p.giveBack(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"state", "state/remote", "state/own", "state/a-link"} {
		info, err := os.Lstat(filepath.Join(p.root, name))
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != daemon {
			t.Errorf("%s is not the daemon's: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(p.root, "elsewhere")); err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Error("what a link leads to was given away")
	}
}
