// Package gate holds the words of a gate and the loop that runs one lane: scan,
// decision, reason, record, the door's state machine and the controller that
// joins them.
//
// It promises three things. A refusal is a value ([Reason]), never an error. A
// record is on stable storage before the relay moves, or the opening says that
// it was late ([Controller]). Whoever runs a controller owns its door alone, and
// the first thing it does when it ends, however it ends, is to switch the relay
// off.
//
// It refuses to know how any of this is done: it imports the standard library
// only, and says in three small interfaces ([Judge], [Journal], [Relay]) what it
// needs from whoever judges, keeps and moves.
//
// A new reason goes into reason.go and words.go; a new state of the door into
// door.go.
package gate
