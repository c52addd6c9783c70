package gate

import "time"

// Verb is what a command does at a lane, in the word that goes over the wire.
type Verb string

// The verbs of PROTOCOL 2.4.
const (
	VerbOpen     Verb = "open"      // one admission
	VerbHoldOpen Verb = "hold-open" // the door stays open until Until; ends at a restart
	VerbLockdown Verb = "lockdown"  // opens for nobody until Until; survives a restart
	VerbRelease  Verb = "release"   // ends a hold-open and a lockdown
)

// LongestStay is how far ahead the end of a hold-open or a lockdown may be
// (PROTOCOL 2.4).
const LongestStay = 12 * time.Hour

// Command is one act on the box by somebody who has been found entitled to it.
type Command struct {
	ID      string    // for the record's Ref, at most 128 bytes
	Verb    Verb      //
	Lane    string    // empty: every lane of the box
	Expires time.Time // by the synchronised clock; after it, nothing takes effect any more
	Until   time.Time // HoldOpen and Lockdown: when it ends, at most LongestStay ahead; else zero
	Reason  string    // in the words of whoever ordered it; may be empty
	By      string    // whoever ordered it, as the central server names them; may be empty
}
