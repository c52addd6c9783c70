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
	const insteadLow = "use one of GPIO4 to GPIO8"
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
		{"a pin with a resistor on the board", door.Config{Relay: "GPIO2"}, "GPIO2 is pulled up from power-on by 1.8 kOhm"},
		{"the other", door.Config{Relay: "GPIO3"}, instead},
		{"a pin that is pulled up", door.Config{Relay: "GPIO4"}, "GPIO4 is pulled up from power-on until gated starts"},
		{"the last of them", door.Config{Relay: "GPIO8"}, instead},
		{"the same by number", door.Config{Relay: "5", Chip: "pinctrl-rp1"}, "GPIO5 is pulled up"},
		{"the console's pins", door.Config{Relay: "GPIO14"}, "GPIO14 carries the console"},
		{"the other one", door.Config{Relay: "GPIO15"}, instead},
		{"a pin that is not on the header", door.Config{Relay: "GPIO44"}, "GPIO44 is not on the header"},
		{"a number without a chip", door.Config{Relay: "17"}, "name the chip's label as well"},
		{"active low where it is pulled down", door.Config{Relay: "GPIO17", Active: "low"}, "GPIO17 is pulled down from power-on until gated starts, so a relay that is on at a low level would be on and the gate open after each power cut; " + insteadLow},
		{"active low where it is pulled up", door.Config{Relay: "GPIO5", Active: "low"}, ""},
		{"active low on the highest of these", door.Config{Relay: "GPIO8", Active: "low"}, ""},
		{"active low on a pulled-down neighbour", door.Config{Relay: "GPIO9", Active: "low"}, insteadLow},
		{"active low on a bus", door.Config{Relay: "GPIO2", Active: "low"}, "GPIO2 carries a bus"},
		{"active low on the console", door.Config{Relay: "GPIO14", Active: "low"}, insteadLow},
		{"a word for a level", door.Config{Relay: "GPIO17", Active: "up"}, `write "high" or "low"`},
		{"a chip by its number", door.Config{Relay: "GPIO17", Chip: "gpiochip0"}, "a number, which changes from start to start"},
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
		door.NewChip("gpiochip2", "9030000.pl061", "", "", ""),
	}
	for _, tc := range []struct {
		name, label, line string
		chip, number      int // -1: an error
	}{
		{"by name", "", "GPIO4", 0, 4},
		{"by name on the second chip", "", "BT_ON", 1, 0},
		{"by name and label", "raspberrypi-exp-gpio", "GPIO4", 1, 1},
		{"by number", "pinctrl-bcm2835", "4", 0, 4},
		{"by number on the second chip", "raspberrypi-exp-gpio", "1", 1, 1},
		{"a line without a name", "9030000.pl061", "2", 2, 2},
		{"a line whose name another has as well", "pinctrl-bcm2835", "6", 0, 6},
		{"a Pi's pin that its kernel calls otherwise", "", "GPIO1", 0, 1},
		{"the same beyond its last", "", "GPIO99", -1, -1},
		{"a name that no chip has", "", "PA7", -1, -1},
		{"a pin's number as a name on another chip", "9030000.pl061", "GPIO1", -1, -1},
		{"a name that another chip has", "raspberrypi-exp-gpio", "ID_SDA", -1, -1},
		{"a label that no chip has", "pinctrl-rp1", "GPIO4", -1, -1},
		{"a number beyond the last", "pinctrl-bcm2835", "7", -1, -1},
		{"a number below the first", "pinctrl-bcm2835", "-1", -1, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			i, n, err := door.Locate(chips, tc.label, tc.line)
			if (err == nil) != (tc.chip >= 0) || err == nil && (i != tc.chip || n != tc.number) {
				t.Errorf("chip %d, line %d, %v", i, n, err)
			}
		})
	}
}

func TestALineThatIsTakenNamesWhoHasIt(t *testing.T) {
	if err := door.Held("gated"); !errors.Is(err, door.ErrHeld) || !strings.Contains(err.Error(), "gated") {
		t.Errorf("got %v", err)
	}
	if err := door.Held(""); !errors.Is(err, door.ErrHeld) || !strings.Contains(err.Error(), "gpioinfo") {
		t.Errorf("without a name: %v", err)
	}
}

// TestWhatGoesToTheKernelHasItsSize compares with include/uapi/linux/gpio.h:
// GPIO_V2_GET_LINE_IOCTL as its users see it.
func TestWhatGoesToTheKernelHasItsSize(t *testing.T) {
	if door.SizeOfRequest != 592 || door.SizeOfValues != 16 || door.SizeOfInfo != 256 || door.RequestLine != 0xC250B407 {
		t.Errorf("request of %d bytes as %#x, values of %d", door.SizeOfRequest, door.RequestLine, door.SizeOfValues)
	}
}

func TestFindWithoutAChipKnowsTheLabelsOfAPi(t *testing.T) {
	if files, err := filepath.Glob("/dev/gpiochip*"); err != nil || len(files) > 0 {
		t.Skipf("this machine has GPIO chips: %v %v", files, err)
	}
	for label, want := range map[string]string{
		"": "", "pinctrl-bcm2711": "",
		"pinctrl-bcm2771": "no Raspberry Pi has one of that label, so gated would not start and the gate stay shut",
	} {
		looked, err := door.FindRelay(door.Config{Chip: label, Relay: "GPIO17"})
		if looked || want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: looked %v, %v", label, looked, err)
		}
	}
}
