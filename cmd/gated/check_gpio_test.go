package main

import (
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
)

func TestWhatTheKernelDoesWithALineIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		kept    []string
		cmdline string
		want    string
	}{
		"a Pi as it comes":           {[]string{"Y"}, "", "add the line dtparam=strict_gpiod"},
		"one of two drivers keeps":   {[]string{"N", "Y"}, "", "Add the line dtparam=strict_gpiod"},
		"strict_gpiod":               {[]string{"N"}, "", "strict_gpiod is in force"},
		"on the command line":        {nil, "quiet pinctrl_bcm2835.persist_gpio_outputs=n", "strict_gpiod is in force"},
		"a kernel that says nothing": {nil, "quiet", "The kernel does not say"},
	} {
		if got := persistence(c.kept, c.cmdline); !strings.Contains(strings.ToLower(got.EN), strings.ToLower(c.want)) || got.ZH == "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAMachineWithoutChipsSaysWhatWasNotLookedAt(t *testing.T) {
	if files, err := filepath.Glob("/dev/gpiochip*"); err != nil || len(files) > 0 {
		t.Skipf("this machine has GPIO chips: %v %v", files, err)
	}
	c := &Config{Lanes: []LaneConfig{{Door: DoorConfig{Kind: "gpio", Relay: "GPIO17", Contact: InputConfig{Line: "GPIO27"}}}}}
	if f := c.look(); len(f) != 0 {
		t.Errorf("findings %v", f)
	}
	if n := c.machineNotes(gate.English); len(n) != 1 || !strings.Contains(n[0], "not looked at") {
		t.Errorf("notes %q", n)
	}
	c.Lanes[0].Door = DoorConfig{Kind: "sim"}
	if n := c.machineNotes(gate.English); len(n) != 0 {
		t.Errorf("notes on a simulated door: %q", n)
	}
}
