package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gated/drivers/signal"
)

var (
	tomlBlock = regexp.MustCompile("(?s)```toml\n(.*?)```")
	picture   = regexp.MustCompile(`\(pictures/([a-z-]+\.svg)\)`)
	pinName   = regexp.MustCompile(`GPIO[0-9]+`)
	pinRow    = regexp.MustCompile(`(?m)^\| [0-9、, ]+ \| .*$`)
)

// usesOf is the pins in a text, each once and sorted.
func usesOf(text string) []string {
	pins := pinName.FindAllString(text, -1)
	slices.Sort(pins)
	return slices.Compact(pins)
}

// TestWiringPagesAreAccepted takes each build of the wiring pages as a technician
// would: its configuration passes gated check, and its drawing shows just the
// pins that the configuration names.
func TestWiringPagesAreAccepted(t *testing.T) {
	var blocks [][]string
	for _, page := range []string{"../../docs/wiring.md", "../../docs/wiring.zh-CN.md"} {
		text := readText(t, page)
		var configs []string
		for _, m := range tomlBlock.FindAllStringSubmatch(text, -1) {
			configs = append(configs, m[1])
		}
		pictures := picture.FindAllStringSubmatch(text, -1)
		if len(configs) != 3 || len(pictures) != 3 {
			t.Fatalf("%s: %d configurations and %d drawings, want 3 builds", page, len(configs), len(pictures))
		}
		table := usesOf(strings.Join(pinRow.FindAllString(text, -1), "\n"))
		for i, config := range configs {
			whole := "[gate]\nid = \"east\"\nsite = 1001\n\n[trust]\nroots = [\"" + testRoot + "\"]\n\n" + config
			if _, err := loadConfig(writeConfig(t, whole)); err != nil {
				t.Errorf("%s, build %d: gated check says: %v", page, i+1, err)
			}
			pins := usesOf(config)
			drawing := readText(t, "../../docs/pictures/"+pictures[i][1])
			drawn := usesOf(drawing)
			if pins = slices.DeleteFunc(slices.Clone(pins), func(p string) bool { return p == "GPIO6" }); !slices.Equal(pins, drawn) { // tamper is in the housing
				t.Errorf("%s: %s shows %v, its configuration names %v", page, pictures[i][1], drawn, pins)
			}
			for _, p := range pins {
				if !slices.Contains(table, p) {
					t.Errorf("%s: %s is used and not in the table of pins %v", page, p, table)
				}
			}
		}
		for _, h := range []signal.Health{signal.Healthy, signal.NoNetwork, signal.ListOld, signal.ClockUnknown, signal.NoScanner, signal.PreAlarm, signal.HeldOpen, signal.DoorForced} {
			if !strings.Contains(text, "`"+string(h)+"`") {
				t.Errorf("%s does not say what %s looks like", page, h)
			}
		}
		blocks = append(blocks, configs)
	}
	if !slices.Equal(blocks[0], blocks[1]) {
		t.Error("the two languages of the wiring page name different configurations")
	}
}
