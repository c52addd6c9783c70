// Package disk_test plays what disks do to a gate: they fail, fill up, turn
// read-only, become slow, and the daemon is killed while it writes. The daemon is
// the real one, built with the tag faultvfs, so that its database obeys the
// switches of a file.
//
// What needs root (a file system of its own) says so where it is skipped, and is
// not skipped if GATED_MUST_RUN names root.
package disk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/stage"
	"gated/store/faultvfs"
	"gated/verify/record"
)

var programs stage.Programs

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "disk: error: %v\n", err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	s, err := stage.New(stage.Programs{})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := os.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -tags=faultvfs")); err != nil {
		return 1, err
	}
	if programs, err = stage.Build(context.Background(), s.Dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// pulse of the relay: longer than the daemon takes to end.
const pulse = 700 * time.Millisecond

// world is a gate, and the switches of its disk.
type world struct {
	*stage.World
	switches *faultvfs.Switches
}

// newWorld is a gate that is ready for riders. Its state directory is prepared
// before anything runs: nil, nothing is done to it. The switches come with the
// environment, so stories that throw them are played one after another.
func newWorld(t *testing.T, prepare func(t *testing.T, state string)) *world {
	t.Helper()
	return raise(t, prepare, func(switches, state string) {
		t.Setenv("GATED_SWITCHES", switches)
		t.Setenv("GATED_SWITCHES_FOR", state)
	})
}

// raise is newWorld with switches that nobody obeys unless obey says so.
func raise(t *testing.T, prepare func(t *testing.T, state string), obey func(switches, state string)) *world {
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
	path := s.Path("switches")
	state := s.Path(stage.GateID, "state")
	obey(path, state)
	w := new(world)
	if w.switches, err = faultvfs.Map(path); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		if err := os.MkdirAll(state, 0o700); err != nil {
			t.Fatal(err)
		}
		prepare(t, state)
	}
	if w.World, err = s.NewWorld(soon(t), stage.WorldConfig{Pulse: pulse}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.ending(t) })
	return w
}

func (w *world) ending(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w.heal()
	if w.Box.Running() {
		if err := w.Box.Stop(ctx); err != nil {
			t.Error(err)
		}
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

func (w *world) heal() {
	for _, s := range []faultvfs.Switch{faultvfs.FailOpens, faultvfs.FailReads, faultvfs.FailWrites, faultvfs.FailSyncs, faultvfs.Delay} {
		w.switches.Set(s, 0)
	}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) issue(t *testing.T, rider int) string {
	t.Helper()
	code, err := w.Central.Issue(soon(t), stage.Site, rider)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// open holds a code to the scanner and insists that the relay gives a whole
// pulse, whatever becomes of the daemon.
func (w *world) open(t *testing.T, code string) {
	t.Helper()
	before, err := w.Box.Trace.Rest(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Box.Scanner.Read(code); err != nil {
		t.Fatal(err)
	}
	on, err := w.Box.Trace.Next(soon(t), before, true)
	if err != nil {
		t.Fatal(err)
	}
	off, err := w.Box.Trace.Next(soon(t), before, false)
	if err != nil {
		t.Fatal(err)
	}
	if long := off.At.Sub(on.At); long < pulse-5*time.Millisecond {
		t.Errorf("the relay was on for %s of %s", long, pulse)
	}
}

// show holds a code to the scanner, with the relay at rest, and insists on the
// reason. A pass that was admitted once has two second chances, one a start here,
// and then is used up.
func (w *world) show(t *testing.T, code string, want gate.Reason) {
	t.Helper()
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	seen, err := w.Box.Show(soon(t), code)
	if err != nil {
		t.Fatal(err)
	}
	if seen.Reason != want {
		t.Errorf("the gate said %s %s, want %s", seen.Verdict, seen.Reason, want)
	}
}

// settled waits until all that belongs to n openings is on the disk, and nothing
// else is about to be written, or until the daemon has ended.
func (w *world) settled(t *testing.T, n int) {
	t.Helper()
	if err := stage.Until(soon(t), 20*time.Millisecond, func() (bool, error) {
		leaves, err := w.Box.Journal(soon(t))
		off := 0
		for _, l := range leaves {
			if l.Event == string(gate.RelayOff) {
				off++
			}
		}
		return off == n || !w.Box.Running(), err
	}); err != nil {
		t.Fatalf("wait for the records of %d openings: %v", n, err)
	}
}

// broken waits until the daemon has ended by itself, with an error.
func (w *world) broken(t *testing.T) {
	t.Helper()
	if code, err := w.Box.Process().Wait(soon(t)); err != nil || code != 1 {
		t.Fatalf("exit status %d, want 1: %v", code, err)
	}
}

// restart starts the daemon, as systemd does, and waits until it serves riders.
func (w *world) restart(t *testing.T) stage.Status {
	t.Helper()
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	st, err := w.Box.WaitStatus(soon(t), func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up })
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// inMemory insists that the box says aloud that its disk is dead.
func inMemory(t *testing.T, st stage.Status) {
	t.Helper()
	if st.Durable || !strings.Contains(strings.Join(st.Alarms, "\n"), "The disk takes no records") {
		t.Errorf("durable %v, alarms %q", st.Durable, st.Alarms)
	}
}

// onDisk insists on the openings in the journal of the disk, of which some may be
// there twice, on its being whole, and that nothing is left in memory.
func (w *world) onDisk(t *testing.T, openings, twice int) []record.Leaf {
	t.Helper()
	memory := filepath.Join(w.Box.Dir, "memory")
	if err := stage.Until(soon(t), 20*time.Millisecond, func() (bool, error) {
		_, err := os.Stat(memory)
		return errors.Is(err, os.ErrNotExist), nil
	}); err != nil {
		t.Errorf("%s is still there: %v", memory, err)
	}
	if out, err := w.Box.Do(soon(t), "journal", "verify"); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	leaves, err := w.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range leaves {
		if l.Verdict == string(gate.Open) {
			n++
		}
	}
	if n < openings || n > openings+twice {
		t.Errorf("%d openings in the journal, want %d, or up to %d more", n, openings, twice)
	}
	return leaves
}

// needsRoot ends a story that mounts.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		drivertest.Missing(t, "root", errors.New("mounting a file system needs root"))
	}
}

// ext4 mounts a file system of so many megabytes on dir, in blocks as a card has.
func ext4(t *testing.T, dir string, megabytes int) {
	t.Helper()
	ext4Of(t, dir, megabytes, 4096)
}

// ext4Of is ext4 in blocks of so many bytes.
func ext4Of(t *testing.T, dir string, megabytes, block int) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	run(t, "dd", "if=/dev/zero", "of="+image, "bs=1M", fmt.Sprintf("count=%d", megabytes))
	run(t, "mkfs.ext4", "-q", "-m", "0", "-b", fmt.Sprint(block), image)
	run(t, "mount", "-o", "loop", image, dir)
	t.Cleanup(func() { run(t, "umount", "-l", dir) })
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
