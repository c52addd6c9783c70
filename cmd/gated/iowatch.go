package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"gated/gate"
	"gated/local"
)

// ioCmd is `gated io`.
type ioCmd struct {
	Watch ioWatchCmd `cmd:"" help:"Show every wire live: raw and debounced, edges a second, the last edge. Moves nothing. Ctrl-C ends it."`
}

// ioWatchCmd is `gated io watch`.
type ioWatchCmd struct {
	Lane string `arg:"" optional:"" help:"One lane, without the wires of the box; all without it."`
	Once bool   `help:"Print them once and end."`
	JSON bool   `help:"Print JSON: with --once one object, else one a line whenever a wire has changed."`
}

// looking gives the wires as they are now.
type looking func(context.Context) (local.IO, error)

// Run looks through the daemon if it is running, since then the wires are its own,
// and else reads them itself.
func (cmd *ioWatchCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	if cmd.Lane != "" && !slices.ContainsFunc(cfg.Lanes, func(l LaneConfig) bool { return l.Name == cmd.Lane }) {
		return askedWrongly(fmt.Sprintf("there is no lane %q in %s", cmd.Lane, c.Config))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	look := func(ctx context.Context) (now local.IO, err error) {
		return now, client.Ask(ctx, "/v1/io", nil, &now)
	}
	switch _, err := look(ctx); {
	case errors.Is(err, local.ErrNotRunning):
		own, err := openReader(cfg)
		if err != nil {
			return err
		}
		defer func() { _ = own.Close() }()
		look = own.look
	case err != nil:
		return err
	}
	return cmd.watch(ctx, language(cfg), func(ctx context.Context) (local.IO, error) {
		now, err := look(ctx)
		if cmd.Lane != "" {
			now.Lines = slices.DeleteFunc(now.Lines, func(l local.Line) bool { return l.Lane != cmd.Lane })
		}
		return now, err
	})
}

// watch shows what look gives, in the form that was asked for.
func (cmd *ioWatchCmd) watch(ctx context.Context, lang gate.Language, look looking) error {
	if cmd.Once {
		now, err := look(ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(now)
		}
		columns, _, ok := terminalSize(os.Stdout)
		for _, r := range ioRows(now, pick(ok, columns, 80), lang) {
			fmt.Println(r.text)
		}
		return nil
	}
	if s, ok := terminalScreen(lang); ok && !cmd.JSON {
		return s.show(ctx, func(columns, _ int) ([]row, error) {
			now, err := look(ctx)
			if err != nil && ctx.Err() == nil { // as when gated is being started anew: it is asked again
				return wrap(err.Error(), columns, red), nil
			}
			return ioRows(now, columns, lang), nil
		})
	}
	return cmd.follow(ctx, lang, look)
}

// follow prints a line for whatever changes, for who is no terminal.
func (cmd *ioWatchCmd) follow(ctx context.Context, lang gate.Language, look looking) error {
	t := time.NewTicker(drawEach)
	defer t.Stop()
	var before local.IO
	for {
		now, err := look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case !cmd.JSON:
			for _, line := range ioNews(before, now, lang) {
				fmt.Println(line)
			}
		case !sameEdges(before, now):
			if err := printLine(now); err != nil {
				return err
			}
		}
		before = now
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// sameEdges says whether no wire has moved from one look to the next.
func sameEdges(a, b local.IO) bool {
	return slices.EqualFunc(a.Lines, b.Lines, func(a, b local.Line) bool { return a.Edges == b.Edges && a.Changes == b.Changes })
}
