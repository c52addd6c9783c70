package door

import (
	"time"
	"unsafe"
)

// GuardInput is the guard of file descriptor 0.
var GuardInput = guardInput

// Held makes ErrHeld of the library's error.
var Held = held

// Chip is what Locate looks through.
type Chip = chip

// NewChip is a chip with lines of those names.
func NewChip(name, label string, lines ...string) Chip {
	return chip{name: name, label: label, lines: lines}
}

// Sizes are those of the structs that go to the kernel.
const (
	SizeOfRequest = unsafe.Sizeof(lineRequest{})
	SizeOfValues  = unsafe.Sizeof(lineValues{})
	SizeOfInfo    = unsafe.Sizeof(lineInfo{})
	RequestLine   = requestLine
)

// Debounce is a wire's memory.
type Debounce = debounce

// See takes one reading.
func (d *debounce) See(level bool, now time.Time) bool { return d.see(level, now) }

// Locate finds a line.
var Locate = locate
