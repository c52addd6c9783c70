package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"text/template"

	"gated/central"
)

type gateCmd struct {
	Add gateAddCmd `cmd:"" help:"Register a gate box, or give it another key; print its tag."`
}

type gateAddCmd struct {
	directory
	ID     string `arg:"" help:"Its id, of a-z, 0-9 and -; unique in the network."`
	Site   uint32 `required:"" placeholder:"N" help:"Its community."`
	Key    string `required:"" placeholder:"VERIFIERKEY" help:"Its key, as gated key show prints it."`
	Broker string `and:"config" placeholder:"URL" help:"With --config: the broker as the box reaches it, tcp://, tls://, ws:// or wss://."`
	Config string `and:"config" placeholder:"FILE" help:"Write the box's gated.toml there, with this network's roots."`
	Prefix string `default:"gated/v1" help:"With --config: the prefix of the topics (${default})."`
}

// Run registers a gate.
func (c gateAddCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		tag, err := s.AddGate(ctx, c.ID, c.Site, c.Key)
		if err != nil {
			return err
		}
		if c.Config != "" {
			if err := c.writeConfig(ctx, s); err != nil {
				return err
			}
			fmt.Fprintf(out.words, "configuration written to %s\n", c.Config)
		}
		fmt.Fprintf(out.words, "gate %s of site %d has the tag\n", c.ID, c.Site)
		fmt.Fprintln(out.data, tag)
		return nil
	})
}

// configText is the box's configuration with a comment for every line that
// somebody might change.
//
//go:embed gated.toml.tmpl
var configText string

func (c gateAddCmd) writeConfig(ctx context.Context, s *central.Central) error {
	keys, threshold, err := s.Roots(ctx)
	if err != nil {
		return err
	}
	t, err := template.New("gated.toml").Parse(configText)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	f, err := os.OpenFile(c.Config, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it holds no secret
	if errors.Is(err, os.ErrExist) {
		return hinted(fmt.Errorf("write configuration: %w", err), "a configuration is not replaced: move it away, or name another file")
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	err = t.Execute(f, map[string]any{
		"ID": c.ID, "Site": c.Site, "Roots": quoted(keys), "Threshold": threshold, "Broker": c.Broker, "Prefix": c.Prefix,
	})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
