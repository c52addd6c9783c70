package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gated/drivers/scanner"
	"gated/stage"
)

// TestStories plays testdata/script, one file a story, each in a network of its
// own, with $NET (the central server's folder), $BROKER and $ENROL, and a scanner
// at $WORK/scanner. Beside exec there are:
//
//	reload                 the broker learns who is in the network now
//	fit FILE               the electrician fits a file of gate-central gate add to this box
//	show CODE|FILE         holds a code to the scanner; $TESTCODE is the one that opens nothing
//	hold CODE COMMAND      holds a code to it once a second until the command ends, as a person does
//	await PATTERN COMMAND  runs a command until its output matches
//	number PATTERN NAME    sets NAME to the first group of PATTERN in what was printed last
func TestStories(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			cable := s.NewScanner(filepath.Join(env.WorkDir, "scanner"))
			env.Values["scanner"] = cable
			env.Defer(func() { _ = cable.Unplug() })
			for name, value := range map[string]string{
				"NET": s.central.Dir, "BROKER": s.broker.Addr, "ENROL": s.enrol, "LANG": "C", "TESTCODE": scanner.TestCode,
				"PATH": filepath.Dir(programs.Gated) + ":" + os.Getenv("PATH"),
			} {
				env.Setenv(name, value)
			}
			return cable.PlugIn()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"reload": func(*testscript.TestScript, bool, []string) { s.configure(t); s.broker.Reload() },
			"fit":    fit, "show": showCode, "hold": hold, "await": await, "number": number,
		},
	})
}

// fit does what the page for the electrician says.
func fit(ts *testscript.TestScript, _ bool, args []string) {
	work := ts.Getenv("WORK")
	ts.Check(os.Mkdir(filepath.Join(work, "state"), 0o700))
	text := strings.NewReplacer(
		"/var/lib/gated/relay.trace", filepath.Join(work, "relay.trace"), "/var/lib/gated", filepath.Join(work, "state"),
		"/dev/serial/by-path/CHANGE-ME", filepath.Join(work, "scanner"), `# socket = "/run/gated/`, `socket = "`+work+"/",
		`trust = "kernel"`, `trust = "always"`, `pulse = "3s"`, `pulse = "300ms"`, `language = "zh"`, `language = "en"`,
	).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// showCode is somebody who holds a code to the scanner.
func showCode(ts *testscript.TestScript, _ bool, args []string) {
	code := args[0]
	if _, err := os.Stat(ts.MkAbs(code)); err == nil {
		code = strings.TrimSpace(ts.ReadFile(code))
	}
	cable, ok := ts.Value("scanner").(*stage.Scanner)
	if !ok {
		ts.Fatalf("there is no scanner")
	}
	_, err := cable.Read(code)
	ts.Check(err)
}

// hold is somebody who holds a code to the scanner again and again.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	cmd := program(ts, args[1:])
	cmd.Stdout = ts.Stdout()
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case err := <-ended:
			ts.Check(err)
			return
		case <-again.C:
			showCode(ts, false, args[:1])
		}
	}
}

// program is a command of ours in the story's folder.
func program(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(filepath.Dir(programs.Gated), args[0]), args[1:]...)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), []string{"LANG=C"}
	return cmd
}

// awaitLimit is for what hangs. A checkpoint comes within a minute, and what a
// broker has lost again after two.
const awaitLimit = 5 * time.Minute

// await asks again until the answer is there.
func await(ts *testscript.TestScript, _ bool, args []string) {
	wanted := regexp.MustCompile("(?m)" + args[0])
	ctx, cancel := context.WithTimeout(context.Background(), awaitLimit)
	defer cancel()
	var out []byte
	var said error
	err := stage.Until(ctx, 100*time.Millisecond, func() (bool, error) {
		out, said = program(ts, args[1:]).Output()
		return said == nil && wanted.Match(out), nil
	})
	if err != nil {
		ts.Fatalf("%v: %v, last said (%v):\n%s", args, err, said, out)
	}
	_, err = ts.Stdout().Write(out)
	ts.Check(err)
}

func number(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("(?m)" + args[0]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("%s is not in what was printed", args[0])
	}
	ts.Setenv(args[1], found[1])
}
