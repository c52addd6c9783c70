package door

import (
	"slices"
	"strconv"
	"strings"

	"gated/gate"
)

// chip is what finding a line needs to know of a GPIO chip.
type chip struct {
	name, label, path string
	lines             []string // names by number; empty: none
}

// pi says whether the chip has the pins of a Raspberry Pi's header, whose numbers
// are those of its lines.
func (c chip) pi() bool {
	return slices.Contains(headerLabels, c.label)
}

// locate finds a line by its name, or by its number on the chip with the
// label. Chips are never found by the number in /dev/gpiochip0, which changes
// with the kernel and the order of loading. It returns the chip's place in the
// list and the line's number on it.
func locate(chips []chip, label, line string) (place, number int, err error) {
	if label != "" && !slices.ContainsFunc(chips, func(c chip) bool { return c.label == label }) {
		return 0, 0, gate.Say("没有标签为 %q 的GPIO芯片；现有 %s；请写其中之一，或不填 chip、写线的名称（GPIO17）",
			"there is no GPIO chip with the label %q; there are %s; write one of these, or leave chip out and name the line (GPIO17)", label, labels(chips)).Trouble(nil)
	}
	for i, c := range chips {
		if label != "" && c.label != label {
			continue
		}
		if n, err := strconv.Atoi(line); err == nil {
			if n < 0 || n >= len(c.lines) {
				return 0, 0, gate.Say("%s 没有序号为 %d 的线，只有 0 到 %d", "%s has no line %d, only 0 to %d", c.label, n, len(c.lines)-1).Trouble(nil)
			}
			return i, n, nil
		}
		// The library puts the chip's name before one that it met before.
		for _, name := range []string{line, c.name + "-" + line} {
			if n := slices.Index(c.lines, name); n >= 0 {
				return i, n, nil
			}
		}
		// Some kernels call the pins that have a second use by that alone.
		if n, err := strconv.Atoi(strings.TrimPrefix(line, "GPIO")); err == nil && c.pi() && n >= 0 && n < len(c.lines) {
			return i, n, nil
		}
	}
	return 0, 0, gate.Say("%s 上没有这个名称的线；gpioinfo 可列出", "there is no line of that name on %s; gpioinfo lists them", labels(chips)).Trouble(nil)
}

func labels(chips []chip) string {
	var l []string
	for _, c := range chips {
		l = append(l, c.label)
	}
	return strings.Join(l, ", ")
}
