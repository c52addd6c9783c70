// Package command reads the signed document with which the central server acts
// on one gate (PROTOCOL 2.4).
//
// It promises that whatever Parse returns has the shape of a command that some
// gate may obey: a known verb, a life of at most ten seconds, an end where the
// verb needs one and nowhere else.
//
// It refuses to judge: who signed it, for which gate, and whether its time has
// come or gone, is package verify's to say, which knows the documents in force
// and the clock.
//
// Where to add: a verb is a word in gate/command.go and a line in check.
package command
