package gate

import (
	"fmt"
	"time"
)

// Direction is the way that a lane leads, or that a pass allows.
type Direction string

// Both is a lane that is entrance and exit in one, or a pass that allows either.
const (
	In   Direction = "in"
	Out  Direction = "out"
	Both Direction = "both"
)

// Lane is one way through the gate: a scanner, a door, a signal, a direction.
type Lane struct {
	Name      string    // [a-z0-9][a-z0-9-]{0,62}, unique in the box
	Direction Direction // never empty
}

// Source is where a scan or an act came from.
type Source string

// The sources of PROTOCOL section 3.
const (
	FromScanner Source = "scanner"
	FromPresent Source = "present" // a platform presents a bound pass over MQTT
	FromButton  Source = "button"
	FromCommand Source = "command"
	FromCLI     Source = "cli"
)

// Scan is one code as it came in. The code opens doors: it is never logged,
// recorded or put into an error.
type Scan struct {
	Code   string    // as framed: the terminator is gone, nothing else is
	At     time.Time // when its last byte arrived; carries Go's monotonic reading
	Source Source    // FromScanner or FromPresent
	Ref    string    // id of the presentation, else empty

	// Reply is for a presentation: it gets the answer once, and must have room
	// for it, as the loop does not wait. Nil: nobody asks. No answer comes if
	// the controller ends first.
	Reply chan<- Answer
}

// ClockState says how far the box may be believed about the time (DESIGN 4).
type ClockState string

// The four states of the clock.
const (
	ClockSynced ClockState = "synced" // kept by somebody; skew 30 s
	ClockRTC    ClockState = "rtc"    // battery-backed, synchronised within 60 days; skew 120 s
	ClockFloor  ClockState = "floor"  // no clock, but a time that has certainly passed
	ClockLost   ClockState = "unknown"
)

// Moment is one reading of all clocks of the box, taken at once.
type Moment struct {
	Time  time.Time     // synced, rtc: the wall clock; floor, unknown: the floor
	State ClockState    // what Time is worth
	Up    time.Duration // CLOCK_BOOTTIME: since the kernel started, sleep included
	Boot  string        // the kernel's boot id: Up compares only within one
	Start uint64        // how often gated has started on this state directory, from 1
}

// Since is the time from earlier to m. Within one boot of the kernel it is
// measured by the boot clock, which nobody can set; otherwise by the wall, and
// then it may be negative.
func (m Moment) Since(earlier Moment) time.Duration {
	if m.Boot == earlier.Boot {
		return m.Up - earlier.Up
	}
	return m.Time.Sub(earlier.Time)
}

// Person is what identifies somebody in a record. It stands beside the leaf and
// can be erased without breaking the log.
type Person struct {
	Issuer uint32 `json:"issuer"` // number of the issuer in the trust list; 0 for a property's own key
	Kid    uint16 `json:"kid"`
	Serial uint32 `json:"serial"`
	Rider  uint32 `json:"rider"` // the issuer's pseudonym for the rider
}

// PassID names a pass everywhere: no two passes share both numbers.
type PassID struct {
	Kid    uint16
	Serial uint32
}

// Use is what admissions have left behind for one pass. It is kept in the same
// transaction as the record of the admission, and is all that replay protection
// remembers.
type Use struct {
	Pass    PassID
	Entered int64  // unix seconds of the entry that was counted; 0: none
	Left    int64  // unix seconds of the exit that was counted; 0: none
	ShownAt uint32 // type 2: the newest shown_at accepted; 0 for type 1
	Last    Moment // of the last admission, second chances included
	Lane    string // where that was
	Again   int    // second chances given since the last counted use
	Until   int64  // unix seconds; once the floor is past it, the use may be forgotten
}

// Text is one sentence in both languages of the product.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Say is a sentence in both languages with the same values in it, by the verbs of
// package fmt: where one language wants another order, or leaves one out, by their
// index.
func Say(zh, en string, args ...any) Text {
	return Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// And is two sentences, one behind the other; an empty one is left out.
func (t Text) And(more Text) Text {
	if t == (Text{}) || more == (Text{}) {
		return Text{ZH: t.ZH + more.ZH, EN: t.EN + more.EN}
	}
	return Text{ZH: t.ZH + more.ZH, EN: t.EN + " " + more.EN}
}

// In returns the sentence in the language asked for, English if it is neither.
func (t Text) In(l Language) string {
	if l == Chinese {
		return t.ZH
	}
	return t.EN
}

// Trouble is the sentence as an error, with what is below it or nil.
func (t Text) Trouble(below error) error { return &Trouble{t, below} }

// Trouble is an error that a person reads, in both languages.
type Trouble struct {
	Say Text
	Err error // what is below it, for programs; nil: nothing
}

// Error is the English of it.
func (t *Trouble) Error() string { return t.Say.EN }

// Unwrap is what is below it.
func (t *Trouble) Unwrap() error { return t.Err }

// Language of what people read.
type Language string

// The two languages of the product.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Decision is what a judgement came to, with all that it was made on. The
// record is written from it alone.
type Decision struct {
	Verdict  Verdict
	Reason   Reason
	Entrance Reason  // ExitLate: what an entrance would have said. OK: Passback, where the site's rule only notes it. Else empty
	Person   *Person // nil until the issuer's signature was found true
	Use      *Use    // Open with a use consumed or a second chance taken: what to remember; else nil
	At       Moment
	Fresh    int64  // age in seconds of the newest heartbeat whose state was held; -1: none
	Rev      uint64 // sequence number of the revocation state it was judged by
	Trust    uint64 // version of the trust list it was judged by
	Marked   bool   // the list was older than the site's rules call fresh
	Notice   *Text  // the site's handover sentence, with EntryProhibited
	Steps    []Step // filled only by Explain
}

// Kind of a record.
type Kind string

// The kinds of PROTOCOL section 3.
const (
	KindAccess  Kind = "access"
	KindDoor    Kind = "door"
	KindSystem  Kind = "system"
	KindCommand Kind = "command"
)

// Record is one decision or event, before the journal gives it a number. Zero
// fields are left out of the leaf.
type Record struct {
	Kind     Kind
	At       Moment
	Lane     string
	Verdict  Verdict
	Reason   Reason
	Entrance Reason // as in the Decision
	Source   Source
	Ref      string
	Fresh    int64 // seconds; -1: no list held
	Rev      uint64
	Trust    uint64
	Took     time.Duration // from the last byte received to the decision
	Event    Event         // door, system: what happened; command: its verb
	About    *uint64       // the record that this one speaks of
	Count    uint64        // how many happenings this one record stands for; 0: itself
	Detail   string        // one short sentence of facts for system records; no person, no secret
	Person   *Person
	Use      *Use // kept in the same transaction, not part of the leaf
}

// Event names what a door or system record tells, or what a command asked for.
type Event string

// Events of a door. Those of the contact are records of what it said.
const (
	RelayOn       Event = "relay-on"
	RelayOff      Event = "relay-off"
	DoorFound     Event = "found"             // at the start; Detail says what relay and contact say, and what was before
	DoorOpened    Event = "opened"            // for a reason
	DoorForced    Event = "forced"            // opened, and nobody had been let in or out
	DoorShut      Event = "shut"              //
	PreAlarm      Event = "pre-alarm"         // open for so long that it will soon be HeldOpen
	HeldOpen      Event = "held-open"         // open for too long
	ExitButton    Event = "exit-button"       // pressed
	AlreadyOpen   Event = "already-open"      // no impulse was given: the gate stands open, and would shut
	HoldEnded     Event = "hold-open-ended"   //
	LockdownEnded Event = "lockdown-ended"    //
	LockdownKept  Event = "lockdown-restored" // from before the start
	Fire          Event = "fire"              // the input is active: the door is released
	FireEnded     Event = "fire-ended"        //
	GuardTripped  Event = "guard"             // the relay was switched off because its loop did not
)

// Events of the box.
const (
	Started      Event = "started"
	Stopped      Event = "stopped"
	LateRecord   Event = "late-record"   // About was not on disk when the door opened
	StateHourly  Event = "state"         // the hourly record of the box's state
	NewLog       Event = "new-log"       // record 0 of a log that follows another; Detail names that
	KeyChanged   Event = "key-changed"   // the gate's own key; Detail names both
	Erased       Event = "erased"        // persons and salts of Count records, all below About
	Dropped      Event = "dropped"       // the leaves of Count records, all below About
	AsideErased  Event = "aside-erased"  // a database that was set aside has no persons any more, or is gone
	DocsAccepted Event = "documents"     // a signed document came into force
	Alarm        Event = "alarm"         // Detail says what
	FromMemory   Event = "from-memory"   // records that were kept in memory while the disk was dead follow
	ScannerLost  Event = "scanner-lost"  // the scanner's port is gone
	ScannerFound Event = "scanner-found" // and back
	Tamper       Event = "tamper"        // the box is open
	TamperEnded  Event = "tamper-ended"  //
	MainsLost    Event = "mains-lost"    // the box runs on its battery
	MainsBack    Event = "mains-back"    //
)

// Receipt is the journal's word that records are on stable storage. After an
// error nothing is known of them.
type Receipt struct {
	First uint64 // number of the first record of the commit
	Err   error
}

// DoorState is what the judgement must know of the door.
type DoorState struct {
	Refuse Reason // Lockdown, Interlock, DoorFault or NotReady; empty: the door can open
	Opened Moment // when the contact last reported that the door opened; zero: not since it was first heard
}
