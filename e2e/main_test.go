package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// What is built once for all stories.
var (
	programs stage.Programs
	demoPath string
)

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "e2e: error: %v\n", err)
		code = 1
	}
	os.Exit(code)
}

// runAll builds into a stage, so that the programs are removed even if a story
// runs into the time limit of go test, which is a panic.
func runAll(m *testing.M) (code int, err error) {
	s, err := stage.New(stage.Programs{})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if programs, err = stage.Build(context.Background(), s.Dir); err != nil {
		return 1, err
	}
	demoPath = s.Path("demo")
	if err := stage.BuildOne(context.Background(), demoPath, "./demo"); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// soon bounds one wait of a story. The limit is for what hangs: no figure
// decides anything.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// signed bounds the wait for a cosignature: a checkpoint comes within a minute, and
// what a broker has lost is sent again after two (PROTOCOL 2.5).
func signed(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// needs ends a story for want of Mosquitto or pseudo-terminals.
func needs(t *testing.T) {
	t.Helper()
	_, err := stage.HasMosquitto()
	for _, client := range []string{"mosquitto_pub", "mosquitto_sub"} {
		_, missing := exec.LookPath(client)
		err = errors.Join(err, missing)
	}
	if err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		drivertest.Missing(t, "pty", err)
	}
	_ = f.Close()
}

// newStage is an empty stage that ends with the test.
func newStage(t *testing.T) *stage.Stage {
	t.Helper()
	s, err := stage.New(programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("clear the stage: %v", err)
		}
	})
	return s
}

// newWorld is a gate that is ready for riders, on a real Mosquitto. At the end
// of the story both programs must stop cleanly.
func newWorld(t *testing.T) *stage.World {
	t.Helper()
	needs(t)
	w, err := newStage(t).NewWorld(soon(t), stage.WorldConfig{Mosquitto: true, Pulse: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ending(t, w) })
	return w
}

// ending stops what still runs and, if the story went wrong, prints what the
// programs said last.
func ending(t *testing.T, w *stage.World) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if w.Box.Running() {
		if err := w.Box.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := w.Central.Process().Stop(ctx); err != nil {
		t.Error(err)
	}
	for _, p := range w.Processes() {
		for _, bad := range []string{"DATA RACE", "panic: ", "fatal error: "} {
			if p.Out.Has(bad) {
				t.Errorf("%s said %q", p.Name, bad)
			}
		}
		if t.Failed() {
			t.Logf("%s said last:\n%s", p.Name, p.Out.Tail(40))
		}
	}
}

// issue is a bearer pass for the stage's community.
func issue(t *testing.T, w *stage.World, rider int) string {
	t.Helper()
	code, err := w.Central.Issue(soon(t), stage.Site, rider)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// show holds a code to the scanner, with the relay at rest, and insists on the
// reason.
func show(t *testing.T, w *stage.World, code string, want gate.Reason) stage.Seen {
	t.Helper()
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	seen, err := w.Box.Show(soon(t), code)
	if err != nil {
		t.Fatal(err)
	}
	if seen.Reason != want {
		t.Fatalf("the gate said %s %s, want %s", seen.Verdict, seen.Reason, want)
	}
	return seen
}

// status waits for a status, and fails the story if it does not come.
func status(t *testing.T, w *stage.World, wanted func(stage.Status) bool) stage.Status {
	t.Helper()
	s, err := w.Box.WaitStatus(soon(t), wanted)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// opened counts the openings among the records at the central server.
func opened(r stage.Records) int {
	return r.Count(func(l record.Leaf) bool { return l.Verdict == string(gate.Open) })
}

// cosigned waits until the central server has cosigned at least n records, and
// returns all that it has.
func cosigned(t *testing.T, w *stage.World, n uint64) stage.Records {
	t.Helper()
	r, err := w.Central.WaitRecords(signed(t), func(r stage.Records) bool { return r.Gate(stage.GateID).Cosigned >= n })
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Whole(); err != nil {
		t.Error(err)
	}
	return r
}
