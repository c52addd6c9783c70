// Package door moves the relay that opens a gate.
//
// It promises that a relay is off from the instant at which it is opened, that
// Close leaves it off, and that an order to switch off reaches the hardware
// each time it is given. A line belongs to one program at a time.
//
// It refuses to know how long a door stays open: package gate decides, and
// this one obeys. It refuses pins that would move a relay before any program
// runs, and relays that close on a low level, because with the library that we
// use they cannot be claimed without a twitch ([Check] says so).
//
// What the level is after the program was killed depends on the kernel and is
// not promised: `gated relay-safe`, that is [Safe], is run after every end, and
// a resistor to ground at the relay's input covers what no program can.
//
// Open doors before anything else: on some machines the library closes file
// descriptor 0 when it first looks for chips (see gpio.go).
//
// A further kind is one more file and a row in kinds; it is done when it
// passes drivertest.TestDoor.
package door
