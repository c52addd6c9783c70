package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"gated/gate"
	"gated/local"
)

// scannerTestCmd is `gated scanner test`.
type scannerTestCmd struct {
	Lane  string        `arg:"" optional:"" help:"The lane, if the box has several."`
	Count int           `default:"20" help:"How many times the test code is to be read."`
	For   time.Duration `default:"10m" help:"How long at most."`
	Code  bool          `help:"Draw the test code, which opens nothing, and end."`
	PNG   string        `name:"png" type:"path" placeholder:"FILE" help:"With --code: write a picture of it."`
	JSON  bool          `help:"Print JSON: what came of it."`
}

// seeing gives what the scanner has read.
type seeing func(context.Context) (local.Seen, error)

// Run looks through the daemon if it is running, since then the port is its own,
// and else reads the port itself.
func (cmd *scannerTestCmd) Run(c *common) error {
	if cmd.Code || cmd.PNG != "" {
		return cmd.showCode()
	}
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	lang := language(cfg)
	lane, err := cmd.lane(c, cfg, lang)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	t := &scanTrial{lane: lane.Name, wanted: cmd.Count}
	see := func(ctx context.Context) (now local.Seen, err error) {
		q, err := json.Marshal(local.See{Lane: lane.Name, After: t.newest})
		if err != nil {
			return now, fmt.Errorf("write question: %w", err)
		}
		return now, client.Ask(ctx, "/v1/scanner", q, &now)
	}
	switch _, err := see(ctx); {
	case errors.Is(err, local.ErrNotRunning):
		own, err := ownScanner(ctx, lane)
		if err != nil {
			return err
		}
		see = func(context.Context) (local.Seen, error) { return seen(own, t.newest, lang), nil }
	case err != nil:
		return err
	}
	if err := cmd.watch(ctx, lang, t, see); err != nil {
		return err
	}
	return cmd.print(t.report(lang))
}

// lane is the one that is meant.
func (cmd *scannerTestCmd) lane(c *common, cfg *Config, lang gate.Language) (*LaneConfig, error) {
	var names []string
	for i := range cfg.Lanes {
		names = append(names, cfg.Lanes[i].Name)
	}
	switch i := slices.Index(names, cmd.Lane); {
	case i >= 0:
		return &cfg.Lanes[i], nil
	case cmd.Lane != "":
		return nil, askedWrongly(fmt.Sprintf("there is no lane %q in %s", cmd.Lane, c.Config))
	case len(names) == 1:
		return &cfg.Lanes[0], nil
	default:
		return nil, askedWrongly(fmt.Sprintf(scanWords["which"].In(lang), strings.Join(names, ", ")))
	}
}

// errDone ends a test that has read what it wanted, or was given its time.
var errDone = errors.New("the test is done")

// watch shows the test until it is done, or somebody ends it.
func (cmd *scannerTestCmd) watch(ctx context.Context, lang gate.Language, t *scanTrial, see seeing) error {
	end := time.Now().Add(cmd.For)
	look := func() error {
		now, err := see(ctx)
		switch {
		case ctx.Err() != nil:
			return errDone
		case err != nil:
			return err
		}
		t.take(now)
		if t.done() || time.Now().After(end) {
			return errDone
		}
		return nil
	}
	var err error
	if s, ok := terminalScreen(lang); ok && !cmd.JSON {
		err = s.show(ctx, func(columns, height int) ([]row, error) {
			err := look()
			return scanRows(t, time.Now(), columns, height, lang), err
		})
	} else {
		err = cmd.follow(ctx, lang, t, look)
	}
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// follow prints a line for each code, for who is no terminal.
func (cmd *scannerTestCmd) follow(ctx context.Context, lang gate.Language, t *scanTrial, look func() error) error {
	tick := time.NewTicker(drawEach)
	defer tick.Stop()
	err := look() // what was shown before this is not counted, so nobody is asked before it
	if err == nil && !cmd.JSON {
		fmt.Println(scanWords["hint"].In(lang))
	}
	for told := uint64(0); ; err = look() {
		for _, c := range t.codes {
			if c.Number > told && !cmd.JSON {
				fmt.Println(codeLine(c))
			}
			told = max(told, c.Number)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// print prints what came of it. Exit status 1: something is not as it should be.
func (cmd *scannerTestCmd) print(r scanReport) error {
	if cmd.JSON {
		if err := printJSON(r); err != nil {
			return err
		}
	} else {
		for _, f := range r.Findings {
			printWrapped(os.Stdout, pick(f.OK, "ok    ", "FAIL  "), f.Say)
		}
	}
	if !r.Fine {
		return errNo
	}
	return nil
}

// codeLine is one code on one line: its length, its sort, its text and its bytes.
func codeLine(c local.Code) string {
	more := pick(c.Whole, "", "…")
	return fmt.Sprintf("%s %3d %-7s %s%s  %s%s", c.At.Local().Format("15:04:05.000"), c.Length, c.Sort, quoted(c.Text), more, spaced(c.Hex), more)
}

// quoted is a text that cannot do anything to a terminal.
func quoted(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) }

// spaced puts a space between bytes.
func spaced(hex string) string {
	var b strings.Builder
	for i := 0; i+1 < len(hex); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hex[i : i+2])
	}
	return b.String()
}

// scanRows is a screen of that size: the newest codes first, as many as there is
// room for.
func scanRows(t *scanTrial, at time.Time, columns, height int, lang gate.Language) []row {
	say := func(word string) string { return scanWords[word].In(lang) }
	rows := []row{{"gated scanner test " + t.lane + "  " + at.Local().Format(time.TimeOnly), bold}}
	if !t.now.Running {
		rows = append(rows, wrap(say("stopped"), columns, yellow)...)
	}
	if s := t.now.Scanner; s.Up {
		rows = append(rows, wrap(fmt.Sprintf("%s %d baud: %s", lineName(s.Device), s.Baud, say("up")), columns, plain)...)
	} else {
		rows = append(rows, wrap(s.Error, columns, red)...)
	}
	rows = append(rows, wrap(fmt.Sprintf(say("count"), t.read, t.wanted, t.doubles, t.damaged, t.others), columns, pick(t.read > 0, green, plain))...)
	if shortest, middle, longest, ok := t.spread(); ok {
		rows = append(rows, wrap(fmt.Sprintf(say("between"), round(shortest), round(middle), round(longest)), columns, plain)...)
	}
	lost := ""
	for _, c := range discards {
		if n := t.grown(c); n > 0 {
			lost += fmt.Sprintf(" %s %d", c, n)
		}
	}
	rows = append(rows, wrap(pick(lost == "", say("none"), say("lost")+lost), columns, pick(lost == "", plain, yellow))...)
	if len(t.codes) == 0 {
		return append(rows, wrap(say("hint"), columns, plain)...)
	}
	for _, c := range slices.Backward(t.codes) {
		if len(rows) == height {
			break
		}
		rows = append(rows, row{codeLine(c), plain})
	}
	return rows
}
