// Package stage sets up one gate and its central server out of real parts, for
// the demo and for the end-to-end tests: the built programs as processes, a
// pseudo-terminal as the scanner's port, a TCP line that can be cut, Mosquitto,
// a phone whose picture is decoded, the relay's trace.
//
// It promises that nothing is left behind. Each process has a process group of
// its own, all files are in one folder, and a janitor process that waits for our
// end kills the groups and removes the folder, whatever that end was: Close,
// Ctrl-C, a panic, SIGKILL.
//
// It refuses to know how the programs work inside: it speaks to them by command
// line, serial port, MQTT and files, as a technician would. Neither program may
// import it.
//
// A new prop (another broker, another input of the box) gets a file of its own
// here and is started through [Stage.Start].
package stage
