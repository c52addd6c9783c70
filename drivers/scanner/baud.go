package scanner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gated/gate"
)

// speeds are those of tarm/serial's table on Linux, in bits a second. The table
// itself is not exported, and asks for the port first; a test compares.
var speeds = []int{
	50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200,
	230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000,
	3500000, 4000000,
}

// parseBaud is the list of speeds to try in turn. One number is itself. "auto",
// or nothing, is 9600, at which modules leave the factory, and then 115200, to
// which a module is brought that can be asked.
func parseBaud(text string) ([]int, error) {
	if text == "" || text == "auto" {
		return []int{9600, 115200}, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && slices.Contains(speeds, n) && strconv.Itoa(n) == text {
		return []int{n}, nil
	}
	return nil, gate.Say("baud %q：串口不支持这个速率；请写 \"auto\" 或 %s 之一", "read baud %q: a serial port cannot do that; write \"auto\" or one of %s", text, list(speeds)).Trouble(nil)
}

// list is speeds for a person.
func list(speeds []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(speeds), " ", ", "), "[]")
}

const (
	// tooMuch is how many bytes that no text has are enough to call a speed
	// wrong. A power-on burst or a knocked cable gives a few, a code read at
	// the wrong speed tens.
	tooMuch = 64

	// enough is how long a frame of plain text must be to call a speed right.
	// At the wrong speed a few printable bytes in a row come by chance.
	enough = 8
)

// autobaud judges one opening of a port at one of several speeds.
//
// With a module that cannot be asked, "auto" listens. Nothing is asked of the module, so
// a speed is found wrong only when somebody has shown a code and garbage came,
// and that code is lost.
type autobaud struct {
	single  bool   // there is but one speed: never wrong
	right   bool   // a plain text has been read at this speed
	garbage uint64 // bytes so far that no text has
}

// saw takes note of what one read gave: the frames, and how many bytes of
// noise.
func (a *autobaud) saw(frames []Frame, noise uint64) {
	a.garbage += noise
	for _, f := range frames {
		odd := uint64(0)
		for i := range len(f.Code) {
			if !printable(f.Code[i]) {
				odd++
			}
		}
		a.garbage += odd
		a.right = a.right || odd == 0 && len(f.Code) >= enough
	}
}

// wrong says that the speed cannot be the module's.
func (a *autobaud) wrong() bool { return !a.single && !a.right && a.garbage >= tooMuch }
