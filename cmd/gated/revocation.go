package main

import (
	"errors"
	"fmt"

	"gated/gate"
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
		lang := c.language()
		fmt.Println(gate.Say("注销名单第 %d 号，第 %d 代，%d 条，散列 %x", "revocation state %d of epoch %d, %d entries, hash %x", s.Seq, s.Epoch, s.Set.Count(), s.Hash).In(lang))
		if d.Proof != nil {
			fmt.Println(gate.Say("磁盘上最新的心跳：%s；运行中的门可能已收到更新的（gated status）",
				"newest heartbeat on disk: %s; the running gate may have heard a newer one (gated status)", unixTime(d.Proof.IssuedAt)).In(lang))
		}
		for _, sec := range s.Set.Sections() {
			fmt.Printf("  %s: %d\n", sectionWords(sec).In(lang), s.Set.Len(sec))
		}
		return nil
	})
}

// sectionWords is a section for a person.
func sectionWords(sec revocation.Section) gate.Text {
	class := gate.Text{ZH: "已注销", EN: "revoked"}
	if sec.Class == revocation.HoldClass {
		class = gate.Text{ZH: "被暂停", EN: "on hold"}
	}
	switch sec.Kind {
	case revocation.Riders:
		return gate.Say("平台 %[1]d %[2]s的骑手", "riders of issuer %[1]d %[3]s", sec.ID, class.ZH, class.EN)
	case revocation.Passes:
		return gate.Say("密钥 %[1]d %[2]s的通行证", "passes of key %[1]d %[3]s", sec.ID, class.ZH, class.EN)
	default:
		return gate.Say("密钥 %d 的截止时间", "cutoff of key %d", sec.ID)
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
				words := sectionWords(sec)
				fmt.Println(gate.Say("在名单上：%[1]d 属于%[2]s，名单第 %[4]d 号", "listed: %[1]d is among the %[3]s, state %[4]d", value, words.ZH, words.EN, d.State.Seq).In(c.language()))
				return errNo
			}
		}
		if cmd.JSON {
			return printJSON(lookedUp{Value: value, Seq: d.State.Seq})
		}
		fmt.Println(gate.Say("不在名单上，名单第 %d 号", "not listed in state %d", d.State.Seq).In(c.language()))
		return nil
	})
}
