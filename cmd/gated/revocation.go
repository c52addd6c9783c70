package main

import (
	"errors"
	"fmt"

	"gated/verify"
	"gated/verify/revocation"
)

// revocationCmd is `gated revocation`.
type revocationCmd struct {
	Show  revocationShowCmd  `cmd:"" help:"Show the revocation state in force and how old it is."`
	Check revocationCheckCmd `cmd:"" help:"Say whether a pass or a rider is on the list."`
}

// errNoState says what an unknown state means.
var errNoState = errors.New("no revocation state is held, which means unknown, not nobody: the gate opens for nobody; connect the box, or use gated import")

type revocationShowCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run reads what is on disk.
func (cmd *revocationShowCmd) Run(c *common) error {
	return withDocuments(c, func(d *verify.Documents) error {
		s := d.State
		if s == nil {
			return errNoState
		}
		if cmd.JSON {
			return printJSON(shownState(d))
		}
		fmt.Printf("revocation state %d of epoch %d, %d entries, hash %x\n", s.Seq, s.Epoch, s.Set.Count(), s.Hash)
		if d.Proof != nil {
			fmt.Printf("newest heartbeat on disk: %s; the running gate may have heard a newer one (gated status)\n", unixTime(d.Proof.IssuedAt))
		}
		for _, sec := range s.Set.Sections() {
			fmt.Printf("  %s: %d\n", sectionWords(sec), s.Set.Len(sec))
		}
		return nil
	})
}

// sectionWords is a section for a person.
func sectionWords(sec revocation.Section) string {
	class := "revoked"
	if sec.Class == revocation.HoldClass {
		class = "on hold"
	}
	switch sec.Kind {
	case revocation.Riders:
		return fmt.Sprintf("riders of issuer %d %s", sec.ID, class)
	case revocation.Passes:
		return fmt.Sprintf("passes of key %d %s", sec.ID, class)
	default:
		return fmt.Sprintf("cutoff of key %d", sec.ID)
	}
}

type revocationCheckCmd struct {
	Issuer uint32 `help:"Number of the issuer, with --rider." placeholder:"N"`
	Rider  uint32 `help:"The issuer's number for the rider." placeholder:"N"`
	Kid    uint16 `help:"Number of the key, with --serial." placeholder:"N"`
	Serial uint32 `help:"Serial of the pass." placeholder:"N"`
	JSON   bool   `help:"Print JSON."`
}

// Run says yes with exit status 1, so that a script can ask.
func (cmd *revocationCheckCmd) Run(c *common) error {
	kind, id, value := revocation.Passes, uint32(cmd.Kid), cmd.Serial
	switch {
	case cmd.Issuer != 0 && cmd.Kid == 0:
		kind, id, value = revocation.Riders, cmd.Issuer, cmd.Rider
	case cmd.Issuer != 0 || cmd.Kid == 0:
		return errors.New("say either --issuer and --rider, or --kid and --serial")
	}
	return withDocuments(c, func(d *verify.Documents) error {
		if d.State == nil {
			return errNoState
		}
		for _, class := range []revocation.Class{revocation.RevokedClass, revocation.HoldClass} {
			sec := revocation.Section{Kind: kind, ID: id, Class: class}
			if d.State.Set.Has(sec, value) {
				if cmd.JSON {
					return errors.Join(printJSON(lookedUp{true, shownSection(sec, d), value, d.State.Seq}), errNo)
				}
				fmt.Printf("listed: %d is among the %s, state %d\n", value, sectionWords(sec), d.State.Seq)
				return errNo
			}
		}
		if cmd.JSON {
			return printJSON(lookedUp{Value: value, Seq: d.State.Seq})
		}
		fmt.Printf("not listed in state %d\n", d.State.Seq)
		return nil
	})
}
