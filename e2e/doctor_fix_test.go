package e2e_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gated/drivers/drivertest"
)

// repaired runs doctor --fix at the box, answers, and returns what it said.
func (p *patient) repaired(t *testing.T, root, answer string) string {
	t.Helper()
	cmd := exec.CommandContext(soon(t), programs.Gated, "doctor", "--fix", "--root", root, "-c", p.Box.Config)
	cmd.Stdin = strings.NewReader(answer)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 { // of what was found before it was put right
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestDoctorPutsRight: at a real gate, what is safe is put right, and only after
// a yes.
func TestDoctorPutsRight(t *testing.T) {
	if os.Geteuid() != 0 {
		drivertest.Missing(t, "root", errors.New("nobody else gives files away"))
	}
	w := newWorld(t)
	text, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{World: w, config: string(text)}
	p.lesser(t)
	p.lend(t)
	p.well(t)
	p.names(t, "", "")
	key := filepath.Join(p.Box.Dir, "state", "gate.key")
	owner := func() string {
		out, err := exec.CommandContext(soon(t), "stat", "-c", "%u", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.Chown(key, 0, 0); err != nil {
		t.Fatal(err)
	}
	root := machine(t, map[string]string{"proc/999999/comm": "ModemManager"})
	own(t, root)
	rule := filepath.Join(root, "etc/udev/rules.d/61-gated-scanner.rules")

	for _, answer := range []string{"", "n\nn\n", "\n\n"} {
		if said := p.repaired(t, root, answer); strings.Count(said, "(y/N)") != 2 || strings.Contains(said, "Done") {
			t.Errorf("answered %q, it says\n%s", answer, said)
		}
	}
	if _, err := os.Stat(rule); err == nil || owner() != "0" {
		t.Fatal("something was done unasked")
	}
	if said := p.repaired(t, root, "y\ny\n"); strings.Count(said, "Done. Then: ") != 2 {
		t.Errorf("it says\n%s", said)
	}
	if owner() != "65534" {
		t.Error("the key was not given back")
	}
	p.names(t, root, "")
}

// lend lets the daemon's user use the scanner.
func (p *patient) lend(t *testing.T) {
	t.Helper()
	port, err := filepath.EvalSymlinks(p.Box.Scanner.Port)
	if err == nil {
		err = os.Chown(port, somebody, -1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// own gives a staged machine an etc of its own, in which rules may be written.
func own(t *testing.T, root string) {
	t.Helper()
	etc := filepath.Join(root, "etc")
	if err := errors.Join(os.Remove(etc), os.Mkdir(etc, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"passwd", "group"} {
		b, err := os.ReadFile(filepath.Join("/etc", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(etc, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
