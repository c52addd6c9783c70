package used

import (
	"fmt"

	"gated/gate"
	"gated/verify/document"
)

// Bounds of a used note (PROTOCOL 4), in seconds.
const (
	// Ahead is by how much a phone's clock may be ahead of the hearer's.
	Ahead = 30
	// Longest is how far ahead the end of a note may be where it is heard.
	Longest = 900
	// TellFor is how far ahead a gate puts the end of its own notes: two kept
	// clocks may differ by as much as lies between this and Longest.
	TellFor = Longest - 30
)

// JSON is a used note on the wire: a gate tells its neighbours that it has
// admitted a pass.
type JSON struct {
	Site      uint32         `json:"site"`
	Gate      string         `json:"gate"` // who tells
	Kid       uint16         `json:"kid"`
	Serial    uint32         `json:"serial"`
	Direction gate.Direction `json:"direction"` // as what it counted there: in or out
	ShownAt   uint32         `json:"shown_at"`  // type 2: of the code that was taken, unix seconds; type 1: 0
	Until     int64          `json:"until"`     // unix seconds, after which nobody need remember it
}

// Parse reads a note whose signature somebody else has checked, or will. The
// error wraps document.ErrMalformed.
func Parse(d document.Document) (JSON, error) {
	var j JSON
	if d.Type != document.Used {
		return j, fmt.Errorf("%w: %q is not a used note", document.ErrMalformed, d.Type)
	}
	if err := d.Decode(&j); err != nil {
		return JSON{}, err
	}
	if j.Direction != gate.In && j.Direction != gate.Out {
		return JSON{}, fmt.Errorf("%w: %s: a use is in or out, not %q", document.ErrMalformed, d.Type, j.Direction)
	}
	return j, nil
}

// Pass is the pass that was used.
func (j JSON) Pass() gate.PassID { return gate.PassID{Kid: j.Kid, Serial: j.Serial} }
