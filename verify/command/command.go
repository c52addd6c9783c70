package command

import (
	"fmt"
	"regexp"
	"time"

	"gated/gate"
	"gated/verify/document"
)

// Bounds of a command.
const (
	Life  = 10 * time.Second // from issue to expiry at most, whatever the verb (PROTOCOL 2.4)
	Ahead = 5 * time.Second  // by which the issuer's clock may be ahead of the gate's (PROTOCOL 2.4)
	maxID = 128              // bytes, as a record's ref holds
)

// JSON is a command on the wire, for whoever issues one.
type JSON struct {
	Site      uint32    `json:"site"`
	Gate      string    `json:"gate"`
	ID        string    `json:"id"` // of the issuer's choice, 1 to 128 bytes
	Verb      gate.Verb `json:"verb"`
	Lane      string    `json:"lane,omitempty"` // left out: every lane of the gate
	IssuedMS  int64     `json:"issued_at_ms"`
	ExpiresMS int64     `json:"expires_at_ms"`
	Until     int64     `json:"until,omitempty"` // unix seconds; hold-open and lockdown alone
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by,omitempty"`
}

// laneName is the shape of a lane's name.
var laneName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Parse reads a command whose signature somebody else has checked, or will. The
// error wraps document.ErrMalformed.
func Parse(d document.Document) (JSON, error) {
	var j JSON
	if d.Type != document.Command {
		return j, fmt.Errorf("%w: %q is not a command", document.ErrMalformed, d.Type)
	}
	if err := d.Decode(&j); err != nil {
		return j, err
	}
	if err := j.check(); err != nil {
		return JSON{}, fmt.Errorf("%w: %s: %w", document.ErrMalformed, d.Type, err)
	}
	return j, nil
}

// check says what is wrong with the shape.
func (j JSON) check() error {
	if j.ID == "" || len(j.ID) > maxID {
		return fmt.Errorf("an id of %d bytes", len(j.ID))
	}
	if j.Lane != "" && !laneName.MatchString(j.Lane) {
		return fmt.Errorf("%q is no name of a lane", j.Lane)
	}
	if life := j.ExpiresMS - j.IssuedMS; life <= 0 || life > Life.Milliseconds() {
		return fmt.Errorf("a life of %d ms", life)
	}
	switch j.Verb {
	case gate.VerbOpen, gate.VerbRelease:
		if j.Until != 0 {
			return fmt.Errorf("%s with an end", j.Verb)
		}
	case gate.VerbHoldOpen, gate.VerbLockdown:
		if ahead := j.Until - j.IssuedMS/1000; ahead <= 0 || ahead > int64(gate.LongestStay/time.Second) {
			return fmt.Errorf("%s that ends %d s after it was issued", j.Verb, ahead)
		}
	default:
		return fmt.Errorf("unknown verb %q", j.Verb)
	}
	return nil
}

// Command is what the gate is to do.
func (j JSON) Command() gate.Command {
	c := gate.Command{
		ID: j.ID, Verb: j.Verb, Lane: j.Lane, Expires: time.UnixMilli(j.ExpiresMS).UTC(), Reason: j.Reason, By: j.By,
	}
	if j.Until != 0 {
		c.Until = time.Unix(j.Until, 0).UTC()
	}
	return c
}
