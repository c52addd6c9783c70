package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
)

// MaxLeaf is the longest leaf in bytes. Encode stays below it by clipping what
// others chose the length of, ParseLeaf and DecodeBatch refuse more.
const MaxLeaf = 8 << 10

// maxInteger is the largest integer of a document or leaf (PROTOCOL 2): beyond
// it, a reader that keeps numbers as doubles would read another one.
const maxInteger = 1<<53 - 1

// ErrMalformed is wrapped by every refusal of something read: leaf, checkpoint
// or batch.
var ErrMalformed = errors.New("malformed record")

// Leaf is one line of JSON, kept and sent byte for byte (PROTOCOL 3). The order
// of the fields is the order of the names on the line.
type Leaf struct {
	Log      string  `json:"log"`                // id of the log
	Seq      uint64  `json:"seq"`                // from 0, without gaps
	TimeMS   int64   `json:"time_ms"`            // unix milliseconds; what they are worth is Clock
	Clock    string  `json:"clock"`              // synced, rtc, floor or unknown
	Boot     uint64  `json:"boot"`               // how often gated had started on this state directory
	Lane     string  `json:"lane,omitempty"`     // empty: of the whole box
	Kind     string  `json:"kind"`               // access, door, system or command
	Verdict  string  `json:"verdict,omitempty"`  // access: the verdict and its reason
	Reason   string  `json:"reason,omitempty"`   //
	Entrance string  `json:"entrance,omitempty"` // what a stricter lane would have said: with exit-late, and passback with ok
	Source   string  `json:"source,omitempty"`   // scanner, present, button, command or cli
	Ref      string  `json:"ref,omitempty"`      // id of the command or presentation, uid of the caller
	Fresh    int64   `json:"fresh"`              // age of the list in seconds; -1: no list
	Rev      uint64  `json:"rev"`                // revocation state that it was judged by
	Trust    uint64  `json:"trust"`              // trust list that it was judged by
	TookUS   int64   `json:"took_us,omitempty"`  // microseconds from the last byte to the decision
	Event    string  `json:"event,omitempty"`    // door, system: what happened; command: its verb
	About    *uint64 `json:"about,omitempty"`    // number of the record that this one speaks of
	Count    uint64  `json:"count,omitempty"`    // how many happenings it stands for; 0: itself
	Detail   string  `json:"detail,omitempty"`   // one sentence of facts, never a person or a secret
	Who      []byte  `json:"who,omitempty"`      // SHA-256(salt ‖ person); nil: nobody is named
}

// Hash is the leaf hash of RFC 6962, SHA-256(0x00 ‖ leaf).
func Hash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// ParseLeaf reads a leaf. It refuses, with ErrMalformed, every line that does
// not encode again to the same bytes: other names, another order, a name twice,
// spaces, another spelling of a string. A leaf of a newer version may therefore
// be refused; whoever only keeps and hashes leaves does not need to parse them.
func ParseLeaf(b []byte) (Leaf, error) {
	var l Leaf
	if len(b) > MaxLeaf {
		return Leaf{}, fmt.Errorf("parse leaf of %d bytes: longer than %d: %w", len(b), MaxLeaf, ErrMalformed)
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return Leaf{}, fmt.Errorf("parse leaf: %w: %w", ErrMalformed, err)
	}
	again, err := l.encode()
	if err != nil {
		return Leaf{}, fmt.Errorf("parse leaf: %w", err)
	}
	if !bytes.Equal(again, b) {
		return Leaf{}, fmt.Errorf("parse leaf: not in its one encoding: %w", ErrMalformed)
	}
	return l, nil
}

// encode writes the one line. It refuses what no leaf may say.
func (l *Leaf) encode() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	b, err := appendJSON(make([]byte, 0, 384), l)
	if err == nil && l.Kind == string(gate.KindDoor) {
		b = bytes.Replace(b, noList, nil, 1)
	}
	return b, err
}

// noList is what a door record leaves out: no list judged what the door did, and
// a third of all bytes that a gate sends are of doors. Within a string the quotes
// would be escaped, so these are names.
var noList = []byte(`,"fresh":0,"rev":0,"trust":0`)

func (l *Leaf) check() error {
	switch {
	case !validID(l.Log):
		return fmt.Errorf("id of the log is not [a-z0-9][a-z0-9-]{0,62}: %w", ErrMalformed)
	case l.Clock == "" || l.Kind == "":
		return fmt.Errorf("no clock or no kind: %w", ErrMalformed)
	case l.Who != nil && len(l.Who) != tlog.HashSize:
		return fmt.Errorf("who of %d bytes: %w", len(l.Who), ErrMalformed)
	case l.Fresh < -1 || l.TimeMS < 0 || l.TookUS < 0:
		return fmt.Errorf("number below its range: %w", ErrMalformed)
	}
	largest := max(l.Seq, l.Boot, l.Rev, l.Trust, l.Count, uint64(l.TimeMS), uint64(max(l.Fresh, 0)), uint64(l.TookUS))
	if l.About != nil {
		largest = max(largest, *l.About)
	}
	if largest > maxInteger {
		return fmt.Errorf("number above 2^53-1: %w", ErrMalformed)
	}
	return nil
}

// appendJSON appends v on one line as every encoding here is written: without
// spaces, and with <, > and & as they are.
func appendJSON(b []byte, v any) ([]byte, error) {
	w := bytes.NewBuffer(b)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode json: %w", err)
	}
	return bytes.TrimSuffix(w.Bytes(), []byte("\n")), nil
}

// validID says whether s is [a-z0-9][a-z0-9-]{0,62}, as the ids of gates, lanes
// and logs are.
func validID(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
