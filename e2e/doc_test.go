// Package e2e_test plays whole stories with the built programs, a real
// pseudo-terminal and a real Mosquitto, and looks only at what anybody can see:
// the relay's trace, the box's status and journal, the records at the central
// server, what a command prints.
//
// It promises that no story passes because something was missing: want of a
// part of the machine skips a story only if GATED_MUST_RUN does not name it. It
// refuses fixed sleeps: everything is waited for, with a deadline.
//
// A new story is a test of its own that begins with newWorld. What takes long
// is played with GATED_LONG=1 alone, which `make long` sets.
package e2e_test
