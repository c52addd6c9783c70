package local

import "time"

// See is the question of POST /v1/scanner: what a lane's scanner has read after
// the code of that number.
type See struct {
	Lane  string `json:"lane"`
	After uint64 `json:"after"` // 0: as much as is remembered
}

// Seen is its answer.
type Seen struct {
	Running bool          `json:"running"` // the daemon says it; else the command has the port
	Scanner ScannerStatus `json:"scanner"`
	Newest  uint64        `json:"newest"` // number of the newest code
	Codes   []Code        `json:"codes"`  // at most 64, the oldest first
}

// Code is what may be seen of one code. One that may open something is told by its
// first 8 bytes alone.
type Code struct {
	Number uint64    `json:"number"`
	At     time.Time `json:"at"` // when its last byte came
	Length int       `json:"length"`
	Sort   string    `json:"sort"` // test, damaged (a test code), pass or text
	Text   string    `json:"text"`
	Hex    string    `json:"hex"`   // of text
	Whole  bool      `json:"whole"` // text is all of it
}
