package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gated/gate"
)

// Rules of a site, with every default filled in.
type Rules struct {
	Admit        []Admit // nil: every issuer, always; empty but not nil: nobody
	Prohibited   *Prohibited
	Stale        Stale
	Passback     PassbackRule
	ClockUnknown string // "refuse" or "allow"
	ExitGrace    int64  // seconds
	Present      bool   // a platform may present bound passes for its riders
}

// DefaultRules are those of a site that says nothing (PROTOCOL 2.2, DESIGN 5).
func DefaultRules() Rules {
	return Rules{
		Stale:        Stale{Mark: 900, Restrict: 86400, Refuse: 604800},
		Passback:     PassbackRule{Mode: "off", Seconds: 300},
		ClockUnknown: "refuse",
		ExitGrace:    7200,
	}
}

// Admit is one row of who may enter when. With rows, a pass needs one that
// matches its issuer, the direction and the time.
type Admit struct {
	Issuers   Issuers
	Direction gate.Direction
	Days      []int // 1 = Monday … 7 = Sunday, the day on which the time begins; nil: all
	From, To  int   // minutes after midnight, To up to 1440; equal: the whole day; From > To passes midnight
}

// Prohibited keeps riders out and tells them where to hand over.
type Prohibited struct {
	Issuers Issuers
	Notice  string // a name in the site's notices
}

// Stale are the steps of DESIGN 5, in seconds; none is smaller than the one
// before.
type Stale struct {
	Mark     int64 `json:"mark"`
	Restrict int64 `json:"restrict"`
	Refuse   int64 `json:"refuse"`
}

// PassbackRule of a site.
type PassbackRule struct {
	Mode    string // "off", "soft", "timed"
	Seconds int64
}

// Issuers is a set of issuer numbers, or all. 0 stands for the property's own
// keys. On the wire it is [1,2] or ["*"].
type Issuers struct {
	All bool
	IDs []uint32
}

// Has says whether the set holds issuer.
func (i Issuers) Has(issuer uint32) bool { return i.All || slices.Contains(i.IDs, issuer) }

// MarshalJSON writes the set as it stands on the wire.
func (i Issuers) MarshalJSON() ([]byte, error) {
	if i.All {
		return []byte(`["*"]`), nil
	}
	if i.IDs == nil {
		return []byte(`[]`), nil
	}
	return json.Marshal(i.IDs)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Issuers) UnmarshalJSON(b []byte) error {
	var star []string
	if err := json.Unmarshal(b, &star); err == nil && slices.Equal(star, []string{"*"}) {
		*i = Issuers{All: true}
		return nil
	}
	var ids []uint32
	if err := json.Unmarshal(b, &ids); err != nil {
		return fmt.Errorf(`neither numbers of issuers nor ["*"]`)
	}
	*i = Issuers{IDs: ids}
	return nil
}

// RulesJSON is the rules of a site on the wire: each may be left out.
type RulesJSON struct {
	Admit        []AdmitJSON     `json:"admit,omitzero"`
	Prohibited   *ProhibitedJSON `json:"prohibited,omitempty"`
	Stale        *StaleJSON      `json:"stale,omitempty"`
	Passback     *PassbackJSON   `json:"passback,omitempty"`
	ClockUnknown string          `json:"clock_unknown,omitempty"`
	ExitGrace    *int64          `json:"exit_grace,omitempty"`
	Present      bool            `json:"present,omitempty"`
}

// AdmitJSON is a row of who may enter when, on the wire.
type AdmitJSON struct {
	Issuers   Issuers        `json:"issuers"`
	Direction gate.Direction `json:"direction,omitempty"` // both if left out
	Days      []int          `json:"days,omitempty"`
	From      string         `json:"from,omitempty"` // 06:00
	To        string         `json:"to,omitempty"`   // 23:00, up to 24:00
}

// ProhibitedJSON is the prohibition on the wire.
type ProhibitedJSON struct {
	Issuers Issuers `json:"issuers"`
	Notice  string  `json:"notice,omitempty"`
}

// StaleJSON is the steps of an old list on the wire.
type StaleJSON struct {
	Mark     *int64 `json:"mark,omitempty"`
	Restrict *int64 `json:"restrict,omitempty"`
	Refuse   *int64 `json:"refuse,omitempty"`
}

// PassbackJSON is the passback rule on the wire.
type PassbackJSON struct {
	Mode    string `json:"mode"`
	Seconds *int64 `json:"seconds,omitempty"`
}

// Rules fills in the defaults and refuses words and numbers that mean nothing:
// a rule that is only half understood would let the wrong people in.
func (j RulesJSON) Rules() (Rules, error) {
	r := DefaultRules()
	r.Present = j.Present
	set(&r.ExitGrace, j.ExitGrace)
	if j.ClockUnknown != "" {
		r.ClockUnknown = j.ClockUnknown
	}
	if r.ClockUnknown != "refuse" && r.ClockUnknown != "allow" {
		return Rules{}, fmt.Errorf("clock_unknown is %q, neither refuse nor allow", r.ClockUnknown)
	}
	if j.Stale != nil {
		set(&r.Stale.Mark, j.Stale.Mark)
		set(&r.Stale.Restrict, j.Stale.Restrict)
		set(&r.Stale.Refuse, j.Stale.Refuse)
	}
	if r.Stale.Mark > r.Stale.Restrict || r.Stale.Restrict > r.Stale.Refuse {
		return Rules{}, fmt.Errorf("stale: the steps %d, %d, %d do not rise", r.Stale.Mark, r.Stale.Restrict, r.Stale.Refuse)
	}
	if j.Passback != nil {
		r.Passback.Mode = j.Passback.Mode
		set(&r.Passback.Seconds, j.Passback.Seconds)
	}
	if !slices.Contains([]string{"off", "soft", "timed"}, r.Passback.Mode) {
		return Rules{}, fmt.Errorf("passback: the mode is %q, not off, soft or timed", r.Passback.Mode)
	}
	if j.Prohibited != nil {
		r.Prohibited = &Prohibited{Issuers: j.Prohibited.Issuers, Notice: j.Prohibited.Notice}
	}
	if j.Admit != nil {
		r.Admit = make([]Admit, len(j.Admit))
	}
	for i, row := range j.Admit {
		var err error
		if r.Admit[i], err = row.admit(); err != nil {
			return Rules{}, fmt.Errorf("admit, row %d: %w", i+1, err)
		}
	}
	return r, nil
}

// set takes over what was said.
func set(to *int64, said *int64) {
	if said != nil {
		*to = *said
	}
}

func (j AdmitJSON) admit() (Admit, error) {
	a := Admit{Issuers: j.Issuers, Direction: gate.Both, Days: j.Days}
	switch j.Direction {
	case gate.In, gate.Out:
		a.Direction = j.Direction
	case gate.Both, "":
	default:
		return Admit{}, fmt.Errorf("the direction is %q, not in, out or both", j.Direction)
	}
	for _, d := range j.Days {
		if d < 1 || d > 7 {
			return Admit{}, fmt.Errorf("day %d is not from 1 to 7", d)
		}
	}
	var err error
	if a.From, err = minute(j.From, 0); err != nil {
		return Admit{}, err
	}
	end := 0 // neither is given: the whole day
	if j.From != "" {
		end = 24 * 60
	}
	if a.To, err = minute(j.To, end); err != nil {
		return Admit{}, err
	}
	if a.From == 24*60 {
		return Admit{}, errors.New("a time that begins at 24:00 never begins")
	}
	return a, nil
}

// minute reads 06:00 as minutes after midnight.
func minute(text string, ifEmpty int) (int, error) {
	if text == "" {
		return ifEmpty, nil
	}
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of the form 06:00", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}
