package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gated/gate"
)

// notified is a systemd with a watchdog that the test hears.
func notified(t *testing.T, watchdog time.Duration) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "")
	if err := os.Unsetenv("WATCHDOG_PID"); err != nil {
		t.Fatal(err)
	}
	if watchdog > 0 {
		t.Setenv("WATCHDOG_USEC", strconv.FormatInt(watchdog.Microseconds(), 10))
	}
	return c
}

func TestAStandingLoopIsNamed(t *testing.T) {
	b, lanes := running(t, `{ device = "`+filepath.Join(t.TempDir(), "none")+`" }`)
	if s := b.stalled(lanes, time.Hour); s != "" {
		t.Errorf("%s stands still, and all run", s)
	}
	dead := &lane{Lane: gate.Lane{Name: "out"}, controller: gate.NewController(gate.ControllerConfig{})}
	for time.Since(dead.controller.Beat()) < 10*time.Millisecond {
		<-time.After(time.Millisecond)
	}
	if s := b.stalled([]*lane{dead}, 10*time.Millisecond); s != "lane out" {
		t.Errorf("%q stands still, want lane out", s)
	}
	if s := b.stalled([]*lane{dead}, time.Hour); s != "" {
		t.Errorf("%s stands still, and it has an hour", s)
	}
}

func TestTheWatchdogIsFedOnlyWhileAllLoopsRun(t *testing.T) {
	b, _ := opened(t, `{ device = "none" }`)
	c := notified(t, 400*time.Millisecond)
	l := &lane{Lane: gate.Lane{Name: "out"}, controller: gate.NewController(gate.ControllerConfig{})} // it has begun, and never comes round
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.watchdog(ctx, []*lane{l}) }()
	heard := func(within time.Duration) string {
		if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64)
		n, _ := c.Read(buf)
		return string(buf[:n])
	}
	fed := 0
	for heard(2*time.Second) == "WATCHDOG=1" {
		if fed++; fed > 20 {
			t.Fatal("the watchdog is fed for a loop that stands still")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Logf("fed %d times before the loop was taken for dead", fed)

	ctx, cancel = context.WithCancel(t.Context())
	go func() { ended <- b.watchdog(ctx, nil) }()
	for range 3 {
		if word := heard(10 * time.Second); word != "WATCHDOG=1" {
			t.Errorf("all is well, and systemd hears %q", word)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWithoutAWatchdogNobodyIsFed(t *testing.T) {
	b, _ := opened(t, `{ device = "none" }`)
	c := notified(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.watchdog(ctx, nil); err != nil {
		t.Error(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 64)); err == nil {
		t.Errorf("%d bytes were sent to systemd", n)
	}
}
