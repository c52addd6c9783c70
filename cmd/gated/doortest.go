package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"gated/gate"
	"gated/local"
)

// doorCmd is `gated door`.
type doorCmd struct {
	Test doorTestCmd `cmd:"" help:"Open a lane once, as for a rider, and measure what relay and contact do. Asks before it moves. It is recorded, with your uid."`
}

// doorTestCmd is `gated door test`.
type doorTestCmd struct {
	Lane string        `arg:"" help:"The lane to open."`
	Yes  bool          `help:"Do not ask."`
	Wait time.Duration `default:"30s" help:"How long the door is waited for to be shut again."`
	JSON bool          `help:"Print JSON."`
}

// lookEach is how often the wires are looked at. What they did in between is in
// what they tell.
const lookEach = 100 * time.Millisecond

// Run has the daemon move the door: the one who moves it is the loop that owns it.
func (cmd *doorTestCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(cfg.Lanes, func(l LaneConfig) bool { return l.Name == cmd.Lane })
	if i < 0 {
		return askedWrongly(fmt.Sprintf("there is no lane %q in %s", cmd.Lane, c.Config))
	}
	ctx, lang := context.Background(), language(cfg)
	var before local.IO
	if err := client.Ask(ctx, "/v1/io", nil, &before); err != nil {
		return notRunning(err, doorWordsFor["not-running"].In(lang))
	}
	if !cmd.Yes {
		yes, err := agree(fmt.Sprintf(doorWordsFor["ask"].In(lang), cmd.Lane))
		switch {
		case err != nil:
			return err
		case !yes:
			fmt.Fprintln(os.Stderr, doorWordsFor["left"].In(lang))
			return errNo
		}
		if err := client.Ask(ctx, "/v1/io", nil, &before); err != nil { // it may have been thought about for long
			return err
		}
	}
	t := trial{lane: cmd.Lane, door: cfg.Lanes[i].doorTiming().WithDefaults(), wait: cmd.Wait, before: before}
	r, err := cmd.move(ctx, client, t, lang)
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := printJSON(r); err != nil {
			return err
		}
	} else {
		r.print(os.Stdout)
	}
	if !r.Fine {
		return errNo
	}
	return nil
}

// move opens the door and looks until it is at rest again.
func (cmd *doorTestCmd) move(ctx context.Context, client *local.Client, t trial, lang gate.Language) (doorReport, error) {
	question := fmt.Appendf(nil, `{"lane":%q}`, cmd.Lane)
	if err := client.Ask(ctx, "/v1/open", question, &t.answer); err != nil {
		return doorReport{}, err
	}
	if t.answer.Verdict != string(gate.Open) {
		return t.report(lang), nil
	}
	if !cmd.JSON {
		fmt.Fprintln(os.Stderr, doorWordsFor[t.request()].In(lang))
	}
	for {
		var now local.IO
		if err := client.Ask(ctx, "/v1/io", nil, &now); err != nil {
			return doorReport{}, err
		}
		if t.look(now) {
			return t.report(lang), nil
		}
		time.Sleep(lookEach)
	}
}
