package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gated/drivers/drivertest"
)

// supervised is a gated with one simulated door, started as systemd does: with
// a socket to notify, a watchdog of 6 s, and relay-safe after each end.
type supervised struct {
	t       *testing.T
	program string
	dir     string
	cable   *drivertest.Cable
	socket  *net.UnixConn
	cmd     *exec.Cmd
	ended   chan error
	starts  int
}

const watchdogFor = 6 * time.Second

// supervise configures a box with one door.
func supervise(t *testing.T, program, pulse string) *supervised {
	t.Helper()
	s := &supervised{t: t, program: program, dir: t.TempDir(), cable: drivertest.NewCable(t)}
	cfg := fmt.Sprintf(`[gate]
id = "east"
site = 1001
state_dir = "%[1]s/state"
socket = "%[1]s/sock"
[trust]
roots = [%[2]q]
[[lane]]
name = "in"
direction = "in"
scanner = { device = %[3]q, baud = "115200" }
door = { kind = "sim", trace = "%[1]s/trace", pulse = %[4]q, exit_button = { line = "%[1]s/button" } }
`, s.dir, testRoot, s.cable.Path(), pulse)
	s.write("gated.toml", cfg)
	s.write("button", "1")
	var err error
	if s.socket, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(s.dir, "notify"), Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.socket.Close()
		if s.cmd != nil {
			_ = s.cmd.Process.Kill()
			<-s.ended
		}
	})
	return s
}

func (s *supervised) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *supervised) command(args ...string) *exec.Cmd {
	return exec.CommandContext(s.t.Context(), s.program, append(args, "-c", filepath.Join(s.dir, "gated.toml"))...)
}

// start starts the daemon and waits until it says that it is ready, has fed the
// watchdog, and has recorded what it found: a button that is pressed before that
// opens nothing.
func (s *supervised) start() {
	s.t.Helper()
	s.cmd, s.ended = s.command("run"), make(chan error, 1)
	s.cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(s.dir, "notify"), fmt.Sprintf("WATCHDOG_USEC=%d", watchdogFor.Microseconds()))
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	for ready, fed := false, false; !ready || !fed; {
		word, err := s.heard(20 * time.Second)
		if err != nil {
			s.t.Fatalf("the daemon does not start: %v\n%s", err, s.log())
		}
		ready, fed = ready || word == "READY=1", fed || word == "WATCHDOG=1"
	}
	s.starts++
	drivertest.Eventually(s.t, "the door is found", func() bool { return strings.Count(s.do("journal", "list"), "relay off") == s.starts })
}

// heard is the next word to systemd.
func (s *supervised) heard(within time.Duration) (string, error) {
	if err := s.socket.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	b := make([]byte, 1024)
	n, err := s.socket.Read(b)
	return string(b[:n]), err
}

// starve waits until the watchdog has not been fed for its time, as systemd does.
func (s *supervised) starve() {
	s.t.Helper()
	for range 100 {
		if _, err := s.heard(watchdogFor); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Fatal("the watchdog of a loop that hangs is fed on and on")
}

// end sends a signal and waits for the end of the process; then relay-safe runs.
func (s *supervised) end(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	<-s.ended
	s.cmd = nil
	s.do("relay-safe")
}

func (s *supervised) do(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("gated %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *supervised) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b)
}

// on says what the relay is, and how often it has gone on.
func (s *supervised) on() (on bool, times int) {
	for _, e := range drivertest.ReadTrace(s.t, filepath.Join(s.dir, "trace")) {
		on = e.On
		if on {
			times++
		}
	}
	return on, times
}

// pressAndShow opens the door by its button, and while it is open holds a code to
// the scanner.
func (s *supervised) pressAndShow(code string) {
	s.t.Helper()
	s.write("button", "0")
	drivertest.Eventually(s.t, "the button opens", func() bool { on, _ := s.on(); return on })
	s.cable.Send([]byte(code + "\r"))
	s.write("button", "1")
}

func (s *supervised) off(why string) {
	s.t.Helper()
	drivertest.Eventually(s.t, why, func() bool { on, _ := s.on(); return !on })
}

// TestAFaultOfTheLoopNeverLeavesTheGateOpen has a gated that hangs and panics
// when it is told to.
func TestAFaultOfTheLoopNeverLeavesTheGateOpen(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "gated")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "hang", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for name, story := range map[string]func(*testing.T, string){
		"a loop that hangs is switched off by its guard and killed by the watchdog": guardAndWatchdog,
		"a panic switches the relay off":                                            panics,
		"a loop that hangs does not keep the gate open when it is stopped":          stopped,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, program)
		})
	}
}

func guardAndWatchdog(t *testing.T, program string) {
	s := supervise(t, program, "2s")
	s.start()
	s.pressAndShow("HANG")
	s.off("the guard switches the relay off")
	// It says so once it has done so.
	drivertest.Eventually(t, "the guard says that it was it", func() bool { return strings.Contains(s.log(), "guard") })
	s.starve()
	s.end(syscall.SIGABRT)
	s.start()
	if on, times := s.on(); on || times != 1 {
		t.Errorf("after the restart the relay is on: %v, and has been %d times", on, times)
	}
	if records := s.do("journal", "list"); !strings.Contains(records, " guard ") || !strings.Contains(records, "found") {
		t.Errorf("no record of the guard, or of what was found:\n%s", records)
	}
	s.end(syscall.SIGTERM)
}

func panics(t *testing.T, program string) {
	s := supervise(t, program, "30s")
	s.start()
	s.pressAndShow("PANIC")
	<-s.ended // by itself, and relay-safe has not run
	s.cmd = nil
	if on, times := s.on(); on || times != 1 {
		t.Errorf("the relay is on: %v, and has been %d times", on, times)
	}
	if !strings.Contains(s.log(), "broken on purpose") {
		t.Errorf("it did not end by the panic:\n%s", s.log())
	}
}

func stopped(t *testing.T, program string) {
	s := supervise(t, program, "30s")
	s.start()
	s.pressAndShow("HANG")
	drivertest.Eventually(t, "the loop hangs", func() bool { return strings.Contains(s.log(), "stands still") })
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.off("the relay goes off although its loop hangs")
	if !strings.Contains(s.log(), "switched off without it") {
		t.Errorf("the loop did not hang:\n%s", s.log())
	}
	s.end(syscall.SIGKILL)
}
