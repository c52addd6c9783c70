package local

import "time"

// IO is the answer to GET /v1/io: every wire that the box hears or moves.
type IO struct {
	At      time.Time `json:"at"`      // when this was so
	Running bool      `json:"running"` // the daemon says it; else the wires were read by the command, and no relay is known
	Lines   []Line    `json:"lines"`
}

// Line is one wire of an IO. Raw, edges and edges_per_second are of its single
// readings, one every 10 ms; active, changes and recent are of what these are
// taken for once a level has been seen for 50 ms. Of a relay both are what it
// was switched to.
type Line struct {
	Lane    string   `json:"lane"` // empty: of the box
	Name    string   `json:"name"` // relay, contact, exit_button, fire, tamper or mains, as in the configuration
	Line    string   `json:"line"` // its name in the configuration: GPIO17
	Level   string   `json:"level"`
	Raw     bool     `json:"raw"`
	Active  bool     `json:"active"` // relay: on; contact: the door is shut; exit_button: pressed; mains: there
	Edges   uint64   `json:"edges"`
	Rate    int      `json:"edges_per_second"`
	Changes uint64   `json:"changes"`
	Last    *Change  `json:"last"`   // the newest edge of a single reading; null: none
	Recent  []Change `json:"recent"` // at most 16, the oldest first
}

// Change is one change of a Line.
type Change struct {
	At     time.Time `json:"at"`
	Active bool      `json:"active"` // from then on
}

// Open is the question of POST /v1/open: the lane to open once, as for a rider.
type Open struct {
	Lane string `json:"lane"`
}

// Opened is its answer, when the relay has moved or will not move.
type Opened struct {
	Verdict string `json:"verdict"` // open or refused
	Reason  string `json:"reason"`
}
