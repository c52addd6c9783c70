package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"gated/doctor"
	"gated/gate"
)

// doctorCmd is `gated doctor`.
type doctorCmd struct {
	JSON bool   `help:"Print JSON."`
	Fix  bool   `help:"Offer to put right what can safely be put right, and ask before each."`
	Root string `hidden:"" default:"/" help:"Where /sys, /proc and /etc are looked for: for tests."`
}

// doctorLimit is how long the whole may take: a broker that does not answer must
// not keep the technician waiting.
const doctorLimit = 20 * time.Second

// Run makes every check, with the daemon running or not. Exit status 1 if any
// failed.
func (cmd *doctorCmd) Run(c *common) error {
	ctx, cancel := context.WithTimeout(context.Background(), doctorLimit)
	defer cancel()
	p := newPatient(c, cmd.Root)
	found := doctor.Examine(p.facts(ctx))
	lang := language(p.cfg)
	if cmd.JSON {
		if err := printJSON(diagnosis(p, found, lang)); err != nil {
			return err
		}
	} else {
		printFindings(os.Stdout, found, lang, colours())
	}
	if cmd.Fix {
		if err := p.fix(found, lang, os.Stdin, os.Stderr); err != nil {
			return err
		}
	}
	if doctor.Worst(found) == doctor.Fail {
		return errNo
	}
	return nil
}

// diagnosed is what doctor prints as JSON; docs/json.md describes it.
type diagnosed struct {
	Gate    string         `json:"gate"`
	At      time.Time      `json:"at"`      // by the wall clock
	Running bool           `json:"running"` // the daemon answers
	Worst   doctor.State   `json:"worst"`
	Checks  []checkedThing `json:"checks"` // in the technician's order
}

type checkedThing struct {
	Name     string       `json:"name"`         // stable
	Of       string       `json:"of,omitempty"` // lane or input
	State    doctor.State `json:"state"`        // ok, warn, fail, or skip: it was not looked at
	Title    string       `json:"title"`        // this and what follows: sentences in the caller's language
	Measured string       `json:"measured"`
	Why      string       `json:"why"`
	Next     string       `json:"next,omitempty"` // what to do; only of warn and fail
}

func diagnosis(p *patient, found []doctor.Finding, lang gate.Language) diagnosed {
	d := diagnosed{Gate: p.cfg.Gate.ID, At: p.now, Running: p.status != nil, Worst: doctor.Worst(found)}
	for _, f := range found {
		d.Checks = append(d.Checks, checkedThing{
			f.Name, f.Of, f.State, f.Title.In(lang), f.Measured.In(lang), f.Why.In(lang), f.Next.In(lang),
		})
	}
	return d
}

// doctorWords are the words around the findings.
var doctorWords = map[string]gate.Text{
	"ok":   {ZH: "正常", EN: "ok  "},
	"warn": {ZH: "注意", EN: "warn"},
	"fail": {ZH: "故障", EN: "FAIL"},
	"skip": {ZH: "未查", EN: "skip"},
	"sum":  {ZH: "%d 项故障，%d 项注意，%d 项正常，%d 项未查。", EN: "%d failed, %d to look at, %d fine, %d not looked at."},
	"why":  {ZH: "为什么要紧", EN: "why"},
	"next": {ZH: "下一步", EN: "do"},
}

// hues are the colours of a terminal for each state.
var hues = map[doctor.State]string{doctor.OK: "\x1b[32m", doctor.Warn: "\x1b[33m", doctor.Fail: "\x1b[31;1m", doctor.Skip: "\x1b[2m"}

// printFindings prints one line a check, and then at the end, where a terminal
// stands still, what to do.
func printFindings(w io.Writer, found []doctor.Finding, lang gate.Language, colour bool) {
	word := func(s doctor.State) string {
		text := doctorWords[string(s)].In(lang)
		if colour {
			return hues[s] + text + "\x1b[0m"
		}
		return text
	}
	count := map[doctor.State]int{}
	for _, f := range found {
		count[f.State]++
		fmt.Fprintf(w, "%s  %-18s %s\n", word(f.State), f.Name, about(f, lang))
	}
	fmt.Fprintf(w, "\n"+doctorWords["sum"].In(lang)+"\n", count[doctor.Fail], count[doctor.Warn], count[doctor.OK], count[doctor.Skip])
	for _, s := range []doctor.State{doctor.Fail, doctor.Warn} {
		for _, f := range found {
			if f.State == s {
				fmt.Fprintf(w, "\n%s  %s (%s): %s\n", word(s), f.Name, f.Title.In(lang), about(f, lang))
				fmt.Fprintf(w, "      %s: %s\n      %s: %s\n", doctorWords["why"].In(lang), f.Why.In(lang), doctorWords["next"].In(lang), f.Next.In(lang))
			}
		}
	}
}

// about is what was measured, and of what.
func about(f doctor.Finding, lang gate.Language) string {
	if f.Of == "" {
		return f.Measured.In(lang)
	}
	return f.Of + ": " + f.Measured.In(lang)
}

// colours says whether standard output is a terminal that wants them
// (no-color.org).
func colours() bool {
	_, err := unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS)
	return err == nil && os.Getenv("NO_COLOR") == ""
}
