package door_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gated/drivers/door"
)

func TestALevelCountsOnceItWasSeenFor50ms(t *testing.T) {
	type seen struct {
		after time.Duration // since the reading before
		level bool
		want  bool
	}
	const ms = time.Millisecond
	for name, readings := range map[string][]seen{
		"the first reading is what was found": {{0, true, true}},
		"a press":                             {{0, false, false}, {10 * ms, true, false}, {49 * ms, true, false}, {ms, true, true}},
		"a bounce begins anew":                {{0, false, false}, {10 * ms, true, false}, {40 * ms, false, false}, {10 * ms, true, false}, {40 * ms, true, false}, {10 * ms, true, true}},
		"a reader that was late":              {{0, false, false}, {10 * ms, true, false}, {time.Second, true, true}},
		"one reading is never enough":         {{0, false, false}, {time.Second, true, false}},
		"and back":                            {{0, true, true}, {10 * ms, false, true}, {50 * ms, false, false}},
	} {
		var d door.Debounce
		now := time.Unix(0, 0)
		for i, r := range readings {
			now = now.Add(r.after)
			if got := d.See(r.level, now); got != r.want {
				t.Errorf("%s: reading %d gives %v", name, i, got)
			}
		}
	}
}

func TestASimulatedWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "contact")
		in, err := door.OpenInput(door.InputConfig{Kind: "sim", Line: file})
		if err != nil {
			t.Fatal(err)
		}
		is := func(want bool) {
			t.Helper()
			for range 7 {
				time.Sleep(10 * time.Millisecond) // synctest's clock
				if _, err := in.Active(); err != nil {
					t.Fatal(err)
				}
			}
			if got, _ := in.Active(); got != want {
				t.Errorf("active: %v", got)
			}
		}
		is(false) // a cut wire is pulled up
		for _, level := range []string{"0\n", "1\n", "0"} {
			if err := os.WriteFile(file, []byte(level), 0o600); err != nil {
				t.Fatal(err)
			}
			is(level[0] == '0')
		}
		if err := errors.Join(in.Close(), in.Close()); err != nil {
			t.Error(err)
		}
		if _, err := in.Active(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("a closed input answers: %v", err)
		}
	})
}

func TestAWireThatIsNotThereIsNeverActive(t *testing.T) {
	var in *door.Input
	if active, err := in.Active(); active || err != nil || in.Close() != nil {
		t.Errorf("active %v, %v", active, err)
	}
}

func TestCheckInput(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    door.InputConfig
		want string
	}{
		{"a contact", door.InputConfig{Line: "GPIO27", Active: "low"}, ""},
		{"a wire that opens", door.InputConfig{Line: "GPIO5", Active: "high", Pull: "up"}, ""},
		{"a file", door.InputConfig{Kind: "sim", Line: "/tmp/fire"}, ""},
		{"no line", door.InputConfig{}, "write the name of a line"},
		{"a word for a level", door.InputConfig{Line: "GPIO27", Active: "on"}, `write "low" or "high"`},
		{"a word for a resistor", door.InputConfig{Line: "GPIO27", Pull: "yes"}, `write "up"`},
		{"the console", door.InputConfig{Line: "GPIO14"}, "carries the console"},
		{"the board's memory", door.InputConfig{Line: "GPIO0"}, "serves the start of the board"},
		{"a number without a chip", door.InputConfig{Line: "27"}, "name the chip's label as well"},
		{"a chip by its number", door.InputConfig{Line: "GPIO27", Chip: "/dev/gpiochip4"}, "a number, which changes"},
		{"a kind that is not there", door.InputConfig{Kind: "usb", Line: "1"}, "write gpio or sim"},
	} {
		if tc.c.Kind == "" {
			tc.c.Kind = "gpio"
		}
		err := door.CheckInput(tc.c)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
		if _, open := door.OpenInput(tc.c); tc.want != "" && (open == nil || open.Error() != err.Error()) {
			t.Errorf("%s: open says %v", tc.name, open)
		}
	}
}
