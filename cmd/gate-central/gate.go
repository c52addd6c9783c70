package main

import (
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/template"
	"time"

	"gated/central"
)

type gateCmd struct {
	Add      gateAddCmd      `cmd:"" help:"Register a gate box: write the file with which it enrols, or take its key; print its tag."`
	Sign     gateSignCmd     `cmd:"" help:"Enrol a box without a network: take the request that gated enrol --request wrote, write the answer."`
	Withdraw gateWithdrawCmd `cmd:"" help:"End a gate whose box was stolen or is gone: its certificate and its key count no more."`
}

type gateAddCmd struct {
	directory
	ID      string        `arg:"" help:"Its id, of a-z, 0-9 and -; unique in the network."`
	Site    uint32        `required:"" placeholder:"N" help:"Its community."`
	Key     string        `placeholder:"VERIFIERKEY" help:"Its key, as gated key show prints it. Left out: the box enrols with the file that --config writes, once."`
	Broker  string        `and:"config" placeholder:"URL" help:"With --config: the broker as the box reaches it, tcp://, tls://, ws:// or wss://."`
	Config  string        `and:"config" placeholder:"FILE" help:"Write the box's gated.toml there, with this network's roots; without --key with all that gated enrol needs."`
	Prefix  string        `default:"gated/v1" help:"With --config: the prefix of the topics (${default})."`
	Enrol   string        `placeholder:"URL" help:"Without --key: where the box enrols, https://HOST:PORT of gate-central run --enrol. Left out: by files alone, see gate sign."`
	Life    time.Duration `default:"168h" help:"Without --key: how long the file can be used (${default})."`
	Replace bool          `help:"Without --key: another box takes the place of the one that is there, whose key and log are retired without an alarm."`
}

// Run registers a gate, or invites a box to become one.
func (c gateAddCmd) Run(ctx context.Context, out output) error {
	if c.Key == "" {
		return c.with(ctx, func(s *central.Central) error { return c.invite(ctx, s, out) })
	}
	if c.Enrol != "" || c.Replace {
		return fmt.Errorf("--enrol and --replace are for a box that enrols, and do not go with --key: %w", central.ErrAsked)
	}
	return c.with(ctx, func(s *central.Central) error {
		tag, err := s.AddGate(ctx, c.ID, c.Site, c.Key)
		if err != nil {
			return err
		}
		if c.Config != "" {
			if err := c.writeConfig(ctx, s, 0o644, nil); err != nil {
				return err
			}
			fmt.Fprintf(out.words, "configuration written to %s\n", c.Config)
		}
		fmt.Fprintf(out.words, "gate %s of site %d has the tag\n", c.ID, c.Site)
		fmt.Fprintln(out.data, tag)
		return nil
	})
}

// invite writes the file with which a box enrols.
func (c gateAddCmd) invite(ctx context.Context, s *central.Central, out output) error {
	if c.Config == "" {
		return fmt.Errorf("missing --key, of a box that has one, or --config and --broker, for a box that is to enrol: %w", central.ErrAsked)
	}
	if u, err := url.Parse(c.Enrol); c.Enrol != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/") {
		return fmt.Errorf("--enrol is like https://central.example:8443, not %q: %w", c.Enrol, central.ErrAsked)
	}
	ca, err := s.CA()
	if err != nil {
		return err
	}
	// Before the token: the one of an earlier file is void as soon as there is another.
	if _, err := os.Lstat(c.Config); err == nil {
		return hinted(fmt.Errorf("write configuration: %s is there", c.Config), "a configuration is not replaced: move it away, or name another file")
	}
	token, err := s.Invite(ctx, central.Invitation{Gate: c.ID, Site: c.Site, Replaces: c.Replace, Life: c.Life})
	if err != nil {
		return err
	}
	err = c.writeConfig(ctx, s, 0o600, map[string]any{
		"URL": strings.TrimSuffix(c.Enrol, "/"), "Token": base64.StdEncoding.EncodeToString(token),
		"Until": time.Now().Add(c.Life).UTC().Format(time.RFC3339), "CA": strings.TrimSpace(string(ca)),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out.words, "%s is for one box: it becomes gate %s with gated enrol within %v. Who has the file can become the gate: keep it to yourself\n",
		c.Config, c.ID, c.Life)
	return nil
}

type gateSignCmd struct {
	directory
	Request string `arg:"" type:"existingfile" help:"What gated enrol --request wrote."`
	Out     string `required:"" placeholder:"FILE" help:"Write the answer there, for gated enrol --answer."`
}

// Run answers a request that came as a file.
func (c gateSignCmd) Run(ctx context.Context, out output) error {
	raw, err := os.ReadFile(c.Request)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	return c.with(ctx, func(s *central.Central) error {
		id, certificate, err := s.Enrol(ctx, raw)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Out, certificate, 0o644); err != nil { //nolint:gosec // a certificate is public
			return fmt.Errorf("write answer: %w", err)
		}
		fmt.Fprintf(out.words, "gate %s is enrolled; %s is the answer for gated enrol --answer\n", id, c.Out)
		return nil
	})
}

type gateWithdrawCmd struct {
	directory
	ID string `arg:"" help:"The gate's id."`
}

// Run withdraws a gate.
func (c gateWithdrawCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		if err := s.WithdrawGate(ctx, c.ID); err != nil {
			return err
		}
		fmt.Fprintf(out.words, "gate %s is withdrawn; now write the broker's files anew (gate-central broker-config), give it the new acl and crl.pem, and reload it\n", c.ID)
		return nil
	})
}

// configText is the box's configuration with a comment for every line that
// somebody might change.
//
//go:embed gated.toml.tmpl
var configText string

// writeConfig writes the configuration; enrol, if not nil, is what its section
// [enrol] says.
func (c gateAddCmd) writeConfig(ctx context.Context, s *central.Central, mode os.FileMode, enrol map[string]any) error {
	keys, threshold, err := s.Roots(ctx)
	if err != nil {
		return err
	}
	t, err := template.New("gated.toml").Parse(configText)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	f, err := os.OpenFile(c.Config, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return hinted(fmt.Errorf("write configuration: %w", err), "a configuration is not replaced: move it away, or name another file")
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	secure := strings.HasPrefix(c.Broker, "tls:") || strings.HasPrefix(c.Broker, "wss:")
	err = t.Execute(f, map[string]any{
		"ID": c.ID, "Site": c.Site, "Roots": quoted(keys), "Threshold": threshold, "Broker": c.Broker, "Prefix": c.Prefix,
		"Certificate": enrol != nil && secure, "Enrol": enrol,
	})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
