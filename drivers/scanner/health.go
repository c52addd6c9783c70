package scanner

import (
	"time"

	"gated/gate"
)

// Count names one of the things that a scanner counts.
type Count int

// What is counted. Together, Bytes, Terminators and the causes from Noise to
// BeforeOpening account for every byte that was read, but for those of a frame
// not yet complete.
const (
	Codes         Count = iota // frames handed on
	Bytes                      // their bytes
	Terminators                // CR, LF, TAB and ETX
	NoTerminator               // frames that only a silence ended: the scanner's suffix is not set
	Noise                      // bytes before a frame that cannot begin one
	NoRead                     // bytes of "%%NoRead": seen by the module, not readable
	ModuleReply                // bytes of a module's reply to a setting
	AIMPrefix                  // bytes of AIM prefixes taken off
	TooLong                    // bytes of frames over 512
	Partial                    // bytes of a frame that a lost port cut off
	BeforeOpening              // bytes that lay in the port before it was ours
	Late                       // codes not handed on within two seconds: the lane was busy
	Openings                   // how often the port was opened
	SetupCodes                 // codes of the kind that changes a scanner's settings
	Drifts                     // how often the module's settings had changed by themselves
	numCounts
)

// names are the words for the counts, in status and in the support bundle.
var names = [numCounts]string{
	"codes", "bytes", "terminators", "no-terminator", "noise", "no-read", "module-reply",
	"aim-prefix", "too-long", "partial", "before-opening", "late", "openings",
	"setup-codes", "drifts",
}

// String is the count's name on the command line and in JSON.
func (c Count) String() string { return names[c] }

// Counts holds every count since the program started.
type Counts [numCounts]uint64

// Health is what a technician asks of a scanner. It is a copy: the caller owns
// it.
type Health struct {
	Up       bool              `json:"up"`               // the port is open, and codes shown now are read
	Device   string            `json:"device"`           // as configured
	Baud     int               `json:"baud"`             // in use, or last tried; 0 before the first opening
	Error    gate.Text         `json:"error"`            // while not up: what happened, what it means, what to do
	Cause    Cause             `json:"cause"`            // likewise, in a word; empty while up
	Module   *Module           `json:"module,omitempty"` // nil: the profile asks nothing of the module
	Counters map[string]uint64 `json:"counters"`
}

// Module is what is known of a scanner that can be asked.
type Module struct {
	Model   string    `json:"model"`   // in its own numbers; empty: it has never answered
	Checked time.Time `json:"checked"` // when all settings were last read back and right; zero: never
	Fault   gate.Text `json:"fault"`   // what is wrong now, what it means, what to do; empty: nothing
	Drift   string    `json:"drift"`   // which settings had changed when that was last found; empty: never
}

// table is c by name.
func (c Counts) table() map[string]uint64 {
	t := make(map[string]uint64, numCounts)
	for i, n := range c {
		t[names[i]] = n
	}
	return t
}
