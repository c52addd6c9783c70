package gate

import "slices"

// Verdict is what a scan came to, in the word that goes over the wire.
type Verdict string

// The verdicts of PROTOCOL section 5.
const (
	Open    Verdict = "open"
	Refused Verdict = "refused"
	Ignored Verdict = "ignored"
)

// Reason says why, in the word that goes over the wire. Each has exactly one
// verdict, and a sentence for the rider and one for the guard in words.go.
type Reason string

// Reasons to open.
const (
	OK       Reason = "ok"
	Again    Reason = "again"     // second chance: the pass was admitted a moment ago and the door has not been opened since
	ExitLate Reason = "exit-late" // out is out: an entrance would have refused
)

// Reasons to refuse, in the order in which the checks are made.
const (
	Malformed          Reason = "malformed"
	Unsupported        Reason = "unsupported"
	UnknownKey         Reason = "unknown-key"
	KeyVoid            Reason = "key-void"
	BadSignature       Reason = "bad-signature"
	WeakKey            Reason = "weak-key"
	KeyNotForSite      Reason = "key-not-for-site"
	KeyExpired         Reason = "key-expired"
	TTLTooLong         Reason = "ttl-too-long"
	ClockUnknown       Reason = "clock-unknown"
	NotYetValid        Reason = "not-yet-valid"
	Expired            Reason = "expired"
	WrongSite          Reason = "wrong-site"
	WrongDirection     Reason = "wrong-direction"
	BadHolderSignature Reason = "bad-holder-signature"
	StaleCode          Reason = "stale-code"
	FutureCode         Reason = "future-code"
	Revoked            Reason = "revoked"
	OnHold             Reason = "on-hold"
	CutOff             Reason = "cut-off"
	ListTooOld         Reason = "list-too-old"
	Replayed           Reason = "replayed"
	UsedUp             Reason = "used-up"
	NotAdmitted        Reason = "not-admitted"
	OutsideHours       Reason = "outside-hours"
	EntryProhibited    Reason = "entry-prohibited"
	Passback           Reason = "passback"
	TooManyAttempts    Reason = "too-many-attempts"
	Lockdown           Reason = "lockdown"
	Interlock          Reason = "interlock"
	DoorFault          Reason = "door-fault"
	NotReady           Reason = "not-ready"
)

// Reasons to ignore: nobody is told anything.
const (
	Noise  Reason = "noise"
	Repeat Reason = "repeat" // the same code within 3 s: the phone still lies on the glass
)

// reasons lists every reason once, in the order of PROTOCOL section 5.
var reasons = []Reason{
	OK, Again, ExitLate,
	Malformed, Unsupported, UnknownKey, KeyVoid, BadSignature, WeakKey, KeyNotForSite, KeyExpired,
	TTLTooLong, ClockUnknown, NotYetValid, Expired, WrongSite, WrongDirection, BadHolderSignature,
	StaleCode, FutureCode, Revoked, OnHold, CutOff, ListTooOld, Replayed, UsedUp, NotAdmitted,
	OutsideHours, EntryProhibited, Passback, TooManyAttempts, Lockdown, Interlock, DoorFault, NotReady,
	Noise, Repeat,
}

// Reasons returns every reason once, in the order of PROTOCOL section 5. The
// caller owns the slice.
func Reasons() []Reason { return slices.Clone(reasons) }

// Verdict is the one verdict that goes with r. A word that is no reason is
// refused: what we do not know never opens a gate.
func (r Reason) Verdict() Verdict {
	switch r {
	case OK, Again, ExitLate:
		return Open
	case Noise, Repeat:
		return Ignored
	default:
		return Refused
	}
}
