package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gated/gate"
	"gated/verify"
)

// explainCmd is `gated explain`.
type explainCmd struct {
	Code string `arg:"" help:"The text of the QR code."`
	At   string `help:"Judge as at this time: RFC 3339 or unix seconds. Default: now." placeholder:"TIME"`
	Lane string `help:"Lane, if the box has several. Default: the first." placeholder:"NAME"`
	JSON bool   `help:"Print JSON."`
}

// explanation is the printed JSON; its names are stable.
type explanation struct {
	Verdict  gate.Verdict `json:"verdict"`
	Reason   gate.Reason  `json:"reason"`
	Entrance gate.Reason  `json:"entrance,omitempty"` // with exit-late: what an entrance would have said; with ok: passback, where it is only noted
	Rider    string       `json:"rider"`
	Guard    string       `json:"guard"`
	At       time.Time    `json:"at"`
	Clock    string       `json:"clock"`
	Fresh    int64        `json:"fresh"`
	Rev      uint64       `json:"rev"`
	Trust    uint64       `json:"trust"`
	Steps    []gate.Step  `json:"steps"`
}

// Run judges by what is on disk, beside a running daemon or without one. It
// moves no door and uses no pass up.
func (cmd *explainCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	lane, err := cmd.lane(cfg)
	if err != nil {
		return err
	}
	d, err := cmd.explain(cfg, lane)
	if err != nil {
		return err
	}
	lang := language(cfg)
	if cmd.JSON {
		err = printJSON(explanation{
			d.Verdict, d.Reason, d.Entrance, d.Reason.Rider().In(lang), d.Reason.Guard().In(lang),
			d.At.Time.UTC(), string(d.At.State), d.Fresh, d.Rev, d.Trust, d.Steps,
		})
	} else {
		printExplanation(d, lang)
	}
	if err == nil && d.Verdict != gate.Open {
		return errNo
	}
	return err
}

// marks say how a check went, and verdicts what they came to.
var (
	marks    = map[bool]gate.Text{true: {ZH: "通过", EN: "ok  "}, false: {ZH: "不过", EN: "FAIL"}}
	verdicts = map[gate.Verdict]gate.Text{
		gate.Open: {ZH: "开门", EN: "open"}, gate.Refused: {ZH: "拒绝", EN: "refused"}, gate.Ignored: {ZH: "不理会", EN: "ignored"},
	}
)

// printExplanation prints a line for each check, and what they came to. The
// reason's wire word stands there in either language: it is what the journal and
// the documentation call it.
func printExplanation(d gate.Decision, lang gate.Language) {
	for _, s := range d.Steps {
		name := s.Check.In(lang)
		// A Chinese character is two columns wide and three bytes long.
		width := (len(name) + utf8.RuneCountInString(name)) / 2
		fmt.Printf("  %s  %s%s %s\n", marks[s.OK].In(lang), name, strings.Repeat(" ", max(0, 18-width)), s.Facts.In(lang))
	}
	fmt.Printf("%s: %s. %s\n", verdicts[d.Verdict].In(lang), d.Reason, d.Reason.Guard().In(lang))
	if d.Entrance != "" {
		fmt.Printf("%s: %s. %s\n", besides[d.Reason].In(lang), d.Entrance, d.Entrance.Guard().In(lang))
	}
}

// besides leads in the other reason of an admission.
var besides = map[gate.Reason]gate.Text{
	gate.ExitLate: {ZH: "若是进门", EN: "an entrance would have said"},
	gate.OK:       {ZH: "记录中注明", EN: "noted in the record"},
}

// lane finds the lane that the code is held to.
func (cmd *explainCmd) lane(cfg *Config) (gate.Lane, error) {
	for _, l := range cfg.Lanes {
		if cmd.Lane == "" || cmd.Lane == l.Name {
			return gate.Lane{Name: l.Name, Direction: gate.Direction(l.Direction)}, nil
		}
	}
	var names []string
	for _, l := range cfg.Lanes {
		names = append(names, l.Name)
	}
	return gate.Lane{}, askedWrongly(fmt.Sprintf("the box has no lane %q: it has %s", cmd.Lane, strings.Join(names, ", ")))
}

// explain opens the state directory for reading and asks the gate's own
// verifier.
func (cmd *explainCmd) explain(cfg *Config, lane gate.Lane) (d gate.Decision, err error) {
	b, err := peekBox(context.Background(), cfg)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, b.store.Close()) }()
	at := b.clock.Now()
	if cmd.At != "" {
		t, err := parseTime(cmd.At)
		if err != nil {
			return d, err
		}
		at = gate.Moment{Time: t, State: gate.ClockSynced, Boot: "asked", Start: at.Start}
	}
	return b.verifier.Explain(cmd.Code, lane, at), nil
}

// parseTime reads what --at takes.
func parseTime(s string) (time.Time, error) {
	if unix, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(unix, 0), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, askedWrongly(fmt.Sprintf("--at %q is neither unix seconds nor RFC 3339 (2026-11-21T09:00:00+08:00)", s))
	}
	return t, nil
}

var _ gate.Judge = (*verify.Verifier)(nil)
