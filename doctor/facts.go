package doctor

import (
	"time"

	"gated/gate"
)

// Reading is one fact that may not be there to be read.
type Reading[T any] struct {
	Value   T
	Unknown gate.Text // why it could not be read; empty: Value counts
}

// Known says whether Value counts.
func (r Reading[T]) Known() bool { return r.Unknown == gate.Text{} }

// unknown is a reading that is not there.
func unknown[T any](zh, en string, args ...any) Reading[T] {
	return Reading[T]{Unknown: say(zh, en, args...)}
}

// Facts is everything that the checks look at.
type Facts struct {
	Now     time.Time // the wall clock
	Board   Board
	Card    Card
	Clock   Clock
	Program Program
	Pins    []Pin
	Inputs  []Input
	Lanes   []Lane
	Modem   Modem
	Line    Line
	Held    Held
	Journal Journal
	Alarms  []string // raised in the running daemon
}

// Clock is what is known of the time.
type Clock struct {
	State   Reading[gate.ClockState] // what the box takes its clock for
	Synced  bool                     // the kernel says so (adjtimex)
	Always  bool                     // the configuration says that somebody else keeps it
	Floor   Reading[time.Time]       // a time that has certainly passed
	Alarm   string                   // why the wall clock is not believed; empty: nothing
	Battery Reading[string]          // name of the battery-backed clock; empty: there is none
	Keeper  string                   // the program that keeps it (systemd-timesyn, chronyd, …); empty: none runs
}

// Program is the daemon, its configuration and its unit.
type Program struct {
	Problems []string // of the configuration
	Config   string   // its path
	Socket   string
	Running  bool
	NoEntry  bool   // somebody answers there, but this user may not ask
	PID      int    // of the daemon
	Version  string // of the running daemon
	Ours     string // of this program
	User     User   // whom the daemon runs as, or would
	Others   []Process
	Unit     Unit
	Process  Reading[Protection] // of the running daemon
	State    StateDir
}

// User is an account of the machine.
type User struct {
	Name   string
	UID    int
	Groups []int // numbers, the main one included
	Known  bool
}

// Process is a running program.
type Process struct {
	PID  int
	Name string
}

// StateDir is the state directory.
type StateDir struct {
	Path    string
	Problem gate.Text // it cannot be used; empty: it can
	Next    gate.Text
	Foreign []string // files in it that the daemon's user does not own
}

// Pin is one GPIO line of the configuration.
type Pin struct {
	Key     string // in the configuration: lane[0].door.relay
	Problem string // empty: it is there
	Looked  bool   // false: the machine has no GPIO chip
}

// Input is one wire that says yes or no.
type Input struct {
	Name    string
	Active  bool
	Changes Reading[int] // raw changes within Span
	Span    time.Duration
}

// Lane is one lane's scanner and door.
type Lane struct {
	Name    string
	Port    Port
	Untried gate.Text // why the scanner was not asked; empty: it was
	Up      bool
	Error   string // of the daemon, while not up
	Cause   string // of it, in a word: held, garbled, …
	Baud    int
	Fixed   bool   // the configuration names the speed
	Profile string // configured
	Model   string
	Module  string // what is wrong with the module
	Drift   string // which settings had changed
	Counts  map[string]uint64
	Fault   string // of the door: forced, held-open or pre-alarm
}

// Port is a scanner's device file.
type Port struct {
	Device  string    // as configured
	Problem gate.Text // it is not there, or is no serial port; empty: it is one
	Access  Reading[bool]
	Owner   string // "root dialout 0660"
	Group   string // that may use it
	Holders []Process
}

// Modem is ModemManager.
type Modem struct {
	PID  int  // 0: not running
	Rule bool // a udev rule keeps it away from scanners
}

// Step is one step of the way to the broker.
type Step struct {
	Tried  bool
	Took   time.Duration
	Detail string // ok: the address, the version
	Error  string // empty: it worked
}

// Line is the way to the broker.
type Line struct {
	Broker   string // its address; empty: the box works alone
	Host     string
	Loopback bool
	Secure   bool // TLS
	Route    Reading[string]
	Online   bool // the running daemon is connected
	User     string

	Files    gate.Text   // what is wrong with the files of certificate, key, ca or password
	Own      Certificate // the box's
	CA       Certificate // the first of the ca file to end
	Peer     Certificate // the broker's
	Undated  bool        // dates do not count, because the clock is not known
	BadDates bool        // the handshake failed by the broker's dates

	Name, TCP, TLS, MQTT, Subscribe Step

	Trust, Site, Heartbeat bool // heard on this connection
}

// Certificate is how long one lasts. The zero value is none.
type Certificate struct {
	Subject      string
	Begins, Ends time.Time
	File         string
}

// Held is the documents in force.
type Held struct {
	Unknown gate.Text // why nothing can be said

	Trust       int64 // version; 0: none
	TrustIssued time.Time
	RootsDiffer bool
	Site        int64 // version; 0: none
	SiteNumber  uint32
	SiteIssued  time.Time
	Listed      bool
	KeyMatches  Reading[bool]
	State       bool // a revocation state is held
	Rev         int64
	Entries     uint64
	Fresh       int64     // seconds; -1: no heartbeat
	Step        string    // normal, marked, restricted, too-old, unknown
	Keys        int       // active issuers' keys for this site
	KeysEnd     time.Time // of the first of them
}

// Journal is the records.
type Journal struct {
	Unknown  gate.Text
	Log      string
	Records  uint64
	Cosigned uint64
	Durable  bool
	Oldest   Reading[time.Time] // of the oldest record that is not cosigned
	Bytes    int64
	Most     int64           // bytes, from which on uncosigned records go
	Central  Reading[string] // the log that the central server cosigned last; empty: it has cosigned none
}
