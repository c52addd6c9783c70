package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gated/stage"
)

// demo runs the built demo with a temporary folder of its own, and insists that
// afterwards the folder is empty and that no process names it.
func demo(t *testing.T, during func(*exec.Cmd), flags ...string) (out string, code int) {
	t.Helper()
	needs(t)
	dir, err := os.MkdirTemp("", "demo-") //nolint:usetesting // short: a Unix socket is made in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cmd := exec.CommandContext(t.Context(), demoPath, append([]string{"-gated", programs.Gated, "-central", programs.Central}, flags...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	var b strings.Builder
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if during != nil {
		during(cmd)
	}
	_ = cmd.Wait() // what it came to is the exit status
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := stage.Until(ctx, 20*time.Millisecond, func() (bool, error) {
		files, err := os.ReadDir(dir)
		return len(files) == 0 && len(naming(t, dir)) == 0, err
	}); err != nil {
		files, _ := os.ReadDir(dir)
		t.Errorf("left behind: files %v, processes %q", files, naming(t, dir))
	}
	return b.String(), cmd.ProcessState.ExitCode()
}

// naming are the command lines of all processes that name dir.
func naming(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil && strings.Contains(string(b), dir) {
			found = append(found, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return found
}

// Story 6: the demo ends well, also a second time, names a step that was broken
// on purpose, and leaves nothing, however it ends. One plays after the other: the
// demo measures, and what it measures must not be the load of others.
func TestDemo(t *testing.T) {
	t.Run("is seen to happen, twice", func(t *testing.T) {
		for round := range 2 {
			out, code := demo(t, nil)
			if code != 0 || !strings.Contains(out, "All 10 steps were seen to happen.") {
				t.Fatalf("round %d: exit status %d:\n%s", round, code, out)
			}
		}
	})
	for step, named := range brokenSteps() {
		t.Run("names the step that was broken: "+step, func(t *testing.T) {
			out, code := demo(t, nil, "-break", step)
			if want := fmt.Sprintf("Not seen to happen: %s.", named); code != 1 || !strings.Contains(out, want) {
				t.Errorf("exit status %d, %q not said:\n%s", code, want, out)
			}
		})
	}
	t.Run("refuses to break a step that does not exist", func(t *testing.T) {
		out, code := demo(t, nil, "-break", "holt")
		if code != 2 || !strings.Contains(out, "hold") {
			t.Errorf("exit status %d; it must name the steps that there are:\n%s", code, out)
		}
	})
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run("leaves nothing when cut short: "+sig.String(), func(t *testing.T) {
			out, code := demo(t, func(cmd *exec.Cmd) { cutShort(t, cmd, sig) })
			if code == 0 {
				t.Errorf("exit status 0:\n%s", out)
			}
		})
	}
}

// brokenSteps is the one step that is always broken, and what must be named
// then; with GATED_LONG=1, which `make long` sets, every one.
func brokenSteps() map[string]string {
	steps := map[string]string{"hold": "hold"}
	if os.Getenv("GATED_LONG") == "" {
		return steps
	}
	for _, step := range []string{"forged", "other-site", "used-up", "screenshot", "bound", "cut", "kill", "back"} {
		steps[step] = step
	}
	steps["fresh"] = "fresh, used-up" // a code that was never shown is not used up
	return steps
}

// cutShort sends a signal to the demo once its world is there: the janitor, the
// central server and the box.
func cutShort(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "TMPDIR=")
	if err := stage.Until(ctx, 20*time.Millisecond, func() (bool, error) {
		return len(naming(t, filepath.Join(dir, "gated-"))) >= 3, nil
	}); err != nil {
		t.Errorf("the demo started no processes: %v", err)
	}
	_ = cmd.Process.Signal(sig)
}
