package verify

import (
	"fmt"

	"gated/gate"
	"gated/verify/command"
	"gated/verify/document"
	"gated/verify/trust"
)

// Commanded is what one command came to.
type Commanded struct {
	// Command is what was ordered; also with a Reason to refuse, for the record.
	Command gate.Command
	// Reason is OK if the command is to be obeyed. Otherwise it is inert:
	// ClockUnknown is to be recorded; Expired, NotYetValid and Replayed are what
	// an honest wire may bring late or twice.
	Reason gate.Reason
	// Next and Keep are as in Outcome: Keep must be on disk before anything moves.
	Next *Documents
	Keep []document.Held
}

// Command judges a command of the central server (PROTOCOL 2.4). It changes
// nothing. An error means that nobody entitled has spoken to this box: it wraps
// document.ErrMalformed, document.ErrUnsigned, or ErrRefused if it names another
// gate or site.
func (d *Documents) Command(raw []byte, box Box, at gate.Moment) (Commanded, error) {
	c := Commanded{Next: d}
	doc, err := document.Parse(raw)
	if err != nil {
		return c, err
	}
	j, err := command.Parse(doc)
	if err != nil {
		return c, err
	}
	if j.Site != box.Site || j.Gate != box.ID {
		return c, fmt.Errorf("%w: the command is for gate %q of site %d", ErrRefused, j.Gate, j.Site)
	}
	if len(doc.SignedBy(d.Trust.Signers(trust.RoleCommand, box.Site)...)) == 0 {
		return c, fmt.Errorf("%s: %w", doc.Type, document.ErrUnsigned)
	}
	c.Command = j.Command()
	if c.Reason = d.commandTime(j, at); c.Reason != gate.OK {
		return c, nil
	}
	next := d.clone()
	next.commanded = j.IssuedMS
	c.Keep, err = next.keep(d)
	c.Next = next
	return c, err
}

// commandTime says whether a command's time is now, and has not been before.
func (d *Documents) commandTime(j command.JSON, at gate.Moment) gate.Reason {
	now := at.Time.UnixMilli()
	switch {
	case at.State != gate.ClockSynced:
		return gate.ClockUnknown
	case j.IssuedMS <= d.commanded:
		return gate.Replayed
	case now < j.IssuedMS-command.Ahead.Milliseconds():
		return gate.NotYetValid
	case now > j.ExpiresMS:
		return gate.Expired
	}
	return gate.OK
}
