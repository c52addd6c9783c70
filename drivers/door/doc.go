// Package door moves the relay that opens a gate, and reads the wires that come
// from it: contact, exit button, fire, tamper, mains.
//
// It promises that a relay is off from the instant at which it is opened, that
// Close leaves it off, and that an order to switch off reaches the hardware
// each time it is given. A line belongs to one program at a time.
//
// It refuses to know how long a door stays open: package gate decides, and
// this one obeys. It refuses pins that would move a relay before any program
// runs ([Check] says so, and which to use).
//
// What the level is after the program was killed depends on the kernel and is
// not promised: `gated relay-safe`, that is [Safe], is run after every end, and
// a resistor to ground at the relay's input covers what no program can.
//
// Open doors before anything else: on some machines the library closes file
// descriptor 0 when it first looks for chips (see chips.go). The library finds
// chips and lines; claiming them is a few calls to the kernel of our own
// (line.go), since a relay must be off from the first instant.
//
// A further kind is one more file and a row in kinds; it is done when it
// passes drivertest.TestDoor.
package door
