package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gated/drivers/drivertest"
)

// terminal is a real terminal of a real size, in which a command runs. When the
// command has ended, it says with which status.
type terminal struct {
	*testing.T
	name string
}

// sizes are those of a laptop, of a console, and of a phone.
var sizes = [][2]int{{80, 24}, {60, 20}, {40, 13}}

// newTerminal runs gated with those arguments.
func newTerminal(t *testing.T, size [2]int, lang string, args ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		drivertest.Missing(t, "tmux", err)
	}
	term := &terminal{t, fmt.Sprintf("gated-%s", strings.ReplaceAll(t.TempDir(), "/", "-"))}
	run := "LANG=" + lang + " gated '" + strings.Join(args, "' '") + `'; echo "status $?"; read x`
	term.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]), run)
	t.Cleanup(func() { term.tmux("kill-server") })
	return term
}

// tmux asks the terminal's own server for something.
func (term *terminal) tmux(args ...string) string {
	term.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-L", term.name}, args...)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=", "LC_CTYPE=C.UTF-8", "TMUX_TMPDIR=/tmp")
	out, err := cmd.CombinedOutput()
	if err != nil {
		term.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// lines are what is to be seen, without the empty ones at the end.
func (term *terminal) lines() []string {
	term.Helper()
	return strings.Split(strings.TrimRight(term.tmux("capture-pane", "-p"), " \n"), "\n")
}

// until waits until what is to be seen is right, and returns it.
func (term *terminal) until(what string, ok func(lines []string) bool) (seen []string) {
	term.Helper()
	defer func() {
		if term.Failed() {
			term.Logf("to be seen:\n%s", strings.Join(seen, "\n"))
		}
	}()
	drivertest.Eventually(term, what, func() bool { seen = term.lines(); return ok(seen) })
	return seen
}

// shows waits for a line with all of these words in it.
func (term *terminal) shows(words ...string) []string {
	term.Helper()
	return term.until(fmt.Sprintf("a line with %q", words), func(lines []string) bool {
		return slices.ContainsFunc(lines, func(l string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) })
		})
	})
}

// resize gives the window another size while the command runs.
func (term *terminal) resize(size [2]int) {
	term.Helper()
	term.tmux("resize-window", "-x", fmt.Sprint(size[0]), "-y", fmt.Sprint(size[1]))
}
