package door_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gated/drivers/door"
	"gated/drivers/drivertest"
	"gated/gate"
)

var (
	_ gate.Relay = door.Door(nil)
	_ door.Door  = (*drivertest.Door)(nil)
)

func openSim(t *testing.T, trace string) door.Door {
	t.Helper()
	d, err := door.Open(door.Config{Kind: "sim", Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestSimPassesTheSuite(t *testing.T) {
	drivertest.TestDoor(t, func(t *testing.T) (drivertest.Relay, func() []drivertest.Edge) {
		trace := filepath.Join(t.TempDir(), "trace")
		return openSim(t, trace), func() []drivertest.Edge { return drivertest.ReadTrace(t, trace) }
	})
}

func TestTheTestsOwnDoorPassesTheSuite(t *testing.T) {
	drivertest.TestDoor(t, func(*testing.T) (drivertest.Relay, func() []drivertest.Edge) {
		d := new(drivertest.Door)
		return d, d.Edges
	})
}

func TestSimTracesEachEdgeInALine(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(trace, []byte("what was before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := openSim(t, trace)
	if err := errors.Join(d.Set(true), d.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	const at = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z`
	if want := `^what was before\n` + at + ` off\n` + at + ` on\n` + at + ` off\n$`; !regexp.MustCompile(want).Match(got) {
		t.Errorf("the trace is\n%s", got)
	}
}

func TestSafeSwitchesOffWhatADeadProgramLeftOn(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	if err := openSim(t, trace).Set(true); err != nil {
		t.Fatal(err)
	}
	if err := door.Safe(door.Config{Kind: "sim", Trace: trace}); err != nil {
		t.Fatal(err)
	}
	edges := drivertest.ReadTrace(t, trace)
	if last := edges[len(edges)-1]; last.On {
		t.Errorf("the last edge of %v is on", edges)
	}
}

func TestSimSaysWhenItCannotTrace(t *testing.T) {
	if _, err := door.Open(door.Config{Kind: "sim", Trace: filepath.Join(t.TempDir(), "no", "trace")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	full, err := door.Open(door.Config{Kind: "sim", Trace: "/dev/full"})
	if err == nil {
		t.Errorf("opened %v on a full disk", full)
	}
}

func TestSimNeedsNoTrace(t *testing.T) {
	d := openSim(t, "")
	if err := errors.Join(d.Set(true), d.Set(false), d.Close()); err != nil {
		t.Error(err)
	}
	if err := d.Set(true); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed relay took an order: %v", err)
	}
}

func TestUnknownKindNamesTheKinds(t *testing.T) {
	for _, kind := range []string{"", "GPIO", "usb"} {
		err := door.Check(door.Config{Kind: kind})
		if err == nil || !strings.Contains(err.Error(), "gpio, sim") {
			t.Errorf("%q: %v", kind, err)
		}
	}
}
