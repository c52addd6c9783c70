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

// Order is a command on its way to one lane's door. The controller decides
// whether the door can obey it now.
type Order struct {
	Command
	At     time.Time // when it arrived; carries Go's monotonic reading. Older than 2 s it does nothing
	Source Source    // FromCommand or FromCLI

	// Facts are one short sentence for the record's Detail: whose program asked. No
	// person, no secret; may be empty.
	Facts string

	// Refuse is what is known against it already, for example ClockUnknown. It
	// is then recorded with that reason and moves nothing. Empty or OK: nothing is.
	Refuse Reason

	// Reply gets the answer once. It must have room for it: the loop does not
	// wait. Nil: nobody asks. No answer comes if the controller ends first.
	Reply chan<- Answer
}

// Answer is what came of an order, or of a scan that somebody else presented. It
// is sent after the relay has moved.
type Answer struct {
	Lane    string
	Verdict Verdict // of an order: Refused, Open (it opened the gate), or empty (done, and nothing was opened)
	Reason  Reason  // of an order that was carried out: OK
}

// reply answers whoever asked; nobody may have. An answer for which there is no
// room is dropped.
func reply(to chan<- Answer, a Answer) {
	select {
	case to <- a:
	default: // a nil channel comes here too
	}
}
