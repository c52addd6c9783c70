package local

import "time"

// Status is the answer to GET /v1/status: the box as it is now.
type Status struct {
	Version   string       `json:"version"`
	Gate      string       `json:"gate"`
	Site      uint32       `json:"site"`
	Ready     bool         `json:"ready"`     // trust list, site document and revocation state are held
	Online    bool         `json:"online"`    // the broker answers
	Clock     string       `json:"clock"`     // synced, rtc, floor, unknown
	Fresh     int64        `json:"fresh"`     // seconds; -1: no heartbeat held
	Freshness string       `json:"freshness"` // normal, marked, restricted, too-old, unknown
	Rev       uint64       `json:"rev"`
	Trust     uint64       `json:"trust"`
	Log       string       `json:"log"`
	Records   uint64       `json:"records"`
	Cosigned  uint64       `json:"cosigned"` // records below this are the central server's too, by its signature
	Unsent    uint64       `json:"unsent"`   // records - cosigned
	Durable   bool         `json:"durable"`  // false: the disk takes no records, they are kept in memory
	Lanes     []LaneStatus `json:"lanes"`
	Alarms    []string     `json:"alarms"`
}

// LaneStatus is one lane of a Status.
type LaneStatus struct {
	Name      string        `json:"name"`
	Direction string        `json:"direction"`
	Scanner   ScannerStatus `json:"scanner"`
	Relay     bool          `json:"relay"`     // on
	Door      string        `json:"door"`      // open or shut, by its contact; empty: it has none, or was not heard yet
	Fault     string        `json:"fault"`     // forced, held-open or pre-alarm, until the door is shut; empty: none
	HoldOpen  bool          `json:"hold_open"` // one is in force
	Lockdown  bool          `json:"lockdown"`  // one is in force
	Fire      bool          `json:"fire"`      // the fire input is active: the door is let go and opens for anybody
	Last      *LastVerdict  `json:"last"`      // nil: no scan since the start
}

// ScannerStatus is the scanner's port and what came through it.
type ScannerStatus struct {
	Up       bool              `json:"up"`
	Device   string            `json:"device"`
	Baud     int               `json:"baud"`
	Error    string            `json:"error"`            // why it is down, and what to do
	Cause    string            `json:"cause"`            // why it is down: gone, held, silent, garbled, missing, forbidden, no-port, not-open-yet, other; empty while up
	Module   *ModuleStatus     `json:"module,omitempty"` // nil: its profile asks nothing of it
	Counters map[string]uint64 `json:"counters"`
}

// ModuleStatus is a scanner that can be asked.
type ModuleStatus struct {
	Model   string    `json:"model"`   // empty: it has never answered
	Checked time.Time `json:"checked"` // when its settings were last read back and right; zero: never
	Fault   string    `json:"fault"`   // what is wrong with it now; empty: nothing
	Drift   string    `json:"drift"`   // which settings had changed when that was last found
}

// LastVerdict is the newest verdict of a lane.
type LastVerdict struct {
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"`
}

// Imported is the answer to POST /v1/import, whose body is one document that
// was not refused.
type Imported struct {
	Known bool `json:"known"` // it was held already, or is older than what is held
}

// Live is the answer to GET /v1/live: what is known only to the running daemon,
// beside its status, for whoever looks for a fault.
type Live struct {
	Line  LineLive  `json:"line"`
	Floor time.Time `json:"floor"`       // a time that has certainly passed
	Clock string    `json:"clock_alarm"` // why the wall clock is not believed; empty: nothing
}

// LineLive is the way to the broker.
type LineLive struct {
	Since     time.Time `json:"since"`     // when the present connection was subscribed; zero: there is none
	Error     string    `json:"error"`     // why the last attempt failed; empty: it did not
	Trust     bool      `json:"trust"`     // a trust list was heard on it, and so on
	Site      bool      `json:"site"`      //
	Heartbeat bool      `json:"heartbeat"` //
	Cosigned  string    `json:"cosigned"`  // the log of which a cosigned checkpoint was heard; empty: of none
}
