package door

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// chip is what finding a line needs to know of a GPIO chip.
type chip struct {
	name, label string
	lines       []string // names by number; empty: none
}

// locate finds a line by its name, or by its number on the chip with the
// label. Chips are never found by the number in /dev/gpiochip0, which changes
// with the kernel and the order of loading. It returns the chip's place in the
// list and the name under which the library knows the line.
func locate(chips []chip, label, line string) (int, string, error) {
	if label != "" && !slices.ContainsFunc(chips, func(c chip) bool { return c.label == label }) {
		return 0, "", fmt.Errorf("there is no GPIO chip with the label %q; there are %s", label, labels(chips))
	}
	for i, c := range chips {
		if label != "" && c.label != label {
			continue
		}
		if n, err := strconv.Atoi(line); err == nil {
			name, err := c.numbered(n)
			return i, name, err
		}
		// The library puts the chip's name before one that it met before.
		for _, name := range []string{line, c.name + "-" + line} {
			if slices.Contains(c.lines, name) {
				return i, name, nil
			}
		}
	}
	return 0, "", fmt.Errorf("there is no line of that name on %s; gpioinfo lists them", labels(chips))
}

// numbered is the name of line n, by which alone the library can claim it.
func (c chip) numbered(n int) (string, error) {
	if n < 0 || n >= len(c.lines) {
		return "", fmt.Errorf("%s has no line %d, only 0 to %d", c.label, n, len(c.lines)-1)
	}
	name := c.lines[n]
	if name == "" || slices.Index(c.lines, name) != n {
		return "", fmt.Errorf("line %d of %s has no name of its own, and lines are claimed by name; use another, or name it in the device tree (gpio-line-names)", n, c.label)
	}
	return name, nil
}

func labels(chips []chip) string {
	var l []string
	for _, c := range chips {
		l = append(l, c.label)
	}
	return strings.Join(l, ", ")
}
