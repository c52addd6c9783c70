package door_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gated/drivers/door"
)

// A machine without a GPIO chip can test what is decided without one: the
// configuration, which line is meant, the guard of descriptor 0 and the
// sentences. That the line moves, is claimed without a twitch and is refused to
// a second program is tested on the emulated boards.

const closedInput = "DOOR_TEST_CLOSED_INPUT"

func TestMain(m *testing.M) {
	if os.Getenv(closedInput) != "" {
		os.Exit(guardClosedInput())
	}
	os.Exit(m.Run())
}

// guardClosedInput runs in a process of its own: it does to descriptor 0 what
// the library does on a Raspberry Pi 5, and answers 0 if the guard mended it.
func guardClosedInput() int {
	if err := errors.Join(os.Stdin.Close(), door.GuardInput(), door.GuardInput()); err != nil {
		println(err.Error())
		return 1
	}
	if path, err := os.Readlink("/proc/self/fd/0"); err != nil || path != os.DevNull {
		println("descriptor 0 is", path)
		return 1
	}
	f, err := os.Open(os.DevNull)
	if err != nil || f.Fd() == 0 {
		println("the next file got descriptor 0")
		return 1
	}
	return 0
}

func TestTheGuardPutsNothingAtAClosedInput(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), closedInput+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheGuardLeavesAnOpenInputAlone(t *testing.T) {
	var before, after unix.Stat_t
	err := errors.Join(unix.Fstat(0, &before), door.GuardInput(), unix.Fstat(0, &after))
	if err != nil || before.Ino != after.Ino {
		t.Errorf("descriptor 0 changed: %v", err)
	}
}

func TestWithoutAChipTheErrorSaysSo(t *testing.T) {
	if files, err := filepath.Glob("/dev/gpiochip*"); err != nil || len(files) > 0 {
		t.Skipf("this machine has GPIO chips, and a test must not move a relay: %v %v", files, err)
	}
	c := door.Config{Kind: "gpio", Relay: "GPIO17"}
	_, err := door.Open(c)
	if err == nil || !strings.Contains(err.Error(), "open relay GPIO17: this machine has no GPIO chip") {
		t.Errorf("open: %v", err)
	}
	if err := door.Safe(c); err == nil {
		t.Error("safe: no error, and nothing was switched")
	}
}

func TestCheckGPIO(t *testing.T) {
	const instead = "use one of GPIO9 to GPIO13 or GPIO16 to GPIO27"
	for _, tc := range []struct {
		name string
		c    door.Config
		want string // part of the error; empty: fine
	}{
		{"a pin that is pulled down", door.Config{Relay: "GPIO17"}, ""},
		{"the lowest", door.Config{Relay: "GPIO9", Active: "high"}, ""},
		{"the highest", door.Config{Relay: "GPIO27"}, ""},
		{"a number on a named chip", door.Config{Relay: "17", Chip: "pinctrl-bcm2835"}, ""},
		{"a pin of another make", door.Config{Relay: "PA7"}, ""},
		{"a low number on a chip of another make", door.Config{Relay: "3", Chip: "9030000.pl061"}, ""},
		{"no line", door.Config{}, instead},
		{"a pin that is pulled up", door.Config{Relay: "GPIO2"}, "GPIO2 is pulled up from power-on"},
		{"the last of them", door.Config{Relay: "GPIO8"}, instead},
		{"the same by number", door.Config{Relay: "2", Chip: "pinctrl-rp1"}, "GPIO2 is pulled up"},
		{"the console's pins", door.Config{Relay: "GPIO14"}, "GPIO14 carries the console"},
		{"the other one", door.Config{Relay: "GPIO15"}, instead},
		{"a pin that is not on the header", door.Config{Relay: "GPIO44"}, "GPIO44 is not on the header"},
		{"a number without a chip", door.Config{Relay: "17"}, "name the chip's label as well"},
		{"active low", door.Config{Relay: "GPIO17", Active: "low"}, "the gate open at each start and after each power cut"},
		{"a word for a level", door.Config{Relay: "GPIO17", Active: "up"}, `write "high"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.c.Kind = "gpio"
			err := door.Check(tc.c)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if _, open := door.Open(tc.c); tc.want != "" && (open == nil || open.Error() != err.Error()) {
				t.Errorf("open says %v", open)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	chips := []door.Chip{
		door.NewChip("gpiochip0", "pinctrl-bcm2835", "ID_SDA", "ID_SCL", "", "", "GPIO4", "TWIN", "TWIN"),
		door.NewChip("gpiochip1", "raspberrypi-exp-gpio", "BT_ON", "gpiochip1-GPIO4"),
	}
	for _, tc := range []struct {
		name, label, line string
		chip              int
		known             string // the library's name; empty: an error
	}{
		{"by name", "", "GPIO4", 0, "GPIO4"},
		{"by name on the second chip", "", "BT_ON", 1, "BT_ON"},
		{"by name and label", "raspberrypi-exp-gpio", "GPIO4", 1, "gpiochip1-GPIO4"},
		{"by number", "pinctrl-bcm2835", "4", 0, "GPIO4"},
		{"by number on the second chip", "raspberrypi-exp-gpio", "1", 1, "gpiochip1-GPIO4"},
		{"a name that no chip has", "", "GPIO99", 0, ""},
		{"a name that another chip has", "raspberrypi-exp-gpio", "ID_SDA", 0, ""},
		{"a label that no chip has", "pinctrl-rp1", "GPIO4", 0, ""},
		{"a chip by its number", "gpiochip0", "GPIO4", 0, ""},
		{"a number beyond the last", "pinctrl-bcm2835", "7", 0, ""},
		{"a number below the first", "pinctrl-bcm2835", "-1", 0, ""},
		{"a line without a name", "pinctrl-bcm2835", "2", 0, ""},
		{"a line whose name another has as well", "pinctrl-bcm2835", "6", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			i, known, err := door.Locate(chips, tc.label, tc.line)
			if (err == nil) != (tc.known != "") || err == nil && (i != tc.chip || known != tc.known) {
				t.Errorf("chip %d, line %q, %v", i, known, err)
			}
		})
	}
}

func TestALineThatIsTakenNamesWhoHasIt(t *testing.T) {
	// The library flattens the kernel's error to its text.
	busy := errors.New("LineSetFromConfig: " + unix.EBUSY.Error())
	err := door.Held(busy, "gated@123")
	if !errors.Is(err, door.ErrHeld) || !strings.Contains(err.Error(), "gated@123") {
		t.Errorf("got %v", err)
	}
	if err := door.Held(busy, ""); !errors.Is(err, door.ErrHeld) {
		t.Errorf("without a name: %v", err)
	}
	if other := errors.New("no such device"); !errors.Is(door.Held(other, "gated@123"), other) || errors.Is(door.Held(other, "gated@123"), door.ErrHeld) {
		t.Error("another error was changed")
	}
}
