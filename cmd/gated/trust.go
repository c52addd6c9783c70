package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/trust"
)

// trustCmd is `gated trust`.
type trustCmd struct {
	Show trustShowCmd `cmd:"" help:"Show who may do what, by the trust list and the site document in force."`
}

type trustShowCmd struct {
	Raw  bool `xor:"form" help:"Print the signed notes as they came."`
	JSON bool `xor:"form" help:"Print JSON."`
}

// Run reads what is on disk, beside a running daemon or without one.
func (cmd *trustShowCmd) Run(c *common) error {
	return withDocuments(c, func(d *verify.Documents) error {
		if d.Trust == nil {
			return errors.New("no trust list is held: the box believes the configuration's roots alone; connect it, or use gated import")
		}
		if cmd.Raw {
			fmt.Printf("%s\n", d.Trust.Raw)
			if d.Site != nil {
				fmt.Printf("%s\n", d.Site.Raw)
			}
			return nil
		}
		if cmd.JSON {
			return printJSON(shownTrust(d, c.language()))
		}
		printTrust(d.Trust, c.language())
		if d.Site != nil {
			printSite(d.Site, c.language())
		}
		return nil
	})
}

func printTrust(l *trust.List, lang gate.Language) {
	fmt.Printf("trust list version %d of epoch %d, issued %s; %d of %d roots sign\n",
		l.Version, l.Epoch, unixTime(l.IssuedAt), l.Roots.Threshold, len(l.Roots.Keys))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, i := range l.Issuers {
		fmt.Fprintf(w, "  issuer %d\t%s\n", i.ID, i.Name)
	}
	printKeys(w, l.Keys)
	for _, a := range l.Authorities {
		fmt.Fprintf(w, "  authority %s\troles %v\tsites %s\n", a.Name, a.Roles, a.Sites)
	}
	_ = w.Flush()
	for _, a := range l.Alarms {
		fmt.Printf(pick(lang == gate.Chinese, "  告警：%s\n", "  alarm: %s\n"), a.In(lang))
	}
}

func printKeys(w *tabwriter.Writer, keys []trust.Key) {
	for _, k := range keys {
		fmt.Fprintf(w, "  key %d of issuer %d\t%s\t%s to %s\tsites %s\tbearer %s, bound %s\n", k.Kid, k.Issuer, keyState(k),
			unixTime(k.NotBefore), unixTime(k.NotAfter), k.Sites, seconds(k.MaxBearerTTL), seconds(k.MaxBoundTTL))
	}
}

func printSite(s *trust.Site, lang gate.Language) {
	fmt.Printf("site document version %d of epoch %d for site %d, %s, issued %s\n", s.Version, s.Epoch, s.Number, s.Name, unixTime(s.IssuedAt))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, g := range s.Gates {
		fmt.Fprintf(w, "  gate %s\ttag %d\t%s\n", g.ID, g.Tag, g.Key.Text)
	}
	printKeys(w, s.Keys)
	_ = w.Flush()
	for _, a := range s.Alarms {
		fmt.Printf(pick(lang == gate.Chinese, "  告警：%s\n", "  alarm: %s\n"), a.In(lang))
	}
}

func unixTime(s int64) string       { return time.Unix(s, 0).Format(time.DateTime) }
func seconds(s int64) time.Duration { return time.Duration(s) * time.Second }

// withDocuments opens the state directory for reading and gives what it holds.
func withDocuments(c *common, use func(*verify.Documents) error) (err error) {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	b, err := peekBox(context.Background(), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.store.Close()) }()
	return use(b.docs.now())
}

// peekBox opens the state directory for reading, beside a running daemon or
// without one.
func peekBox(ctx context.Context, cfg *Config) (*box, error) {
	st, err := store.OpenReadOnly(cfg.Gate.StateDir)
	if err != nil {
		return nil, fmt.Errorf("open state directory: %w", err)
	}
	b := &box{cfg: cfg, store: st, log: slog.New(slog.DiscardHandler)}
	if err := b.wire(ctx, st.Start()); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return b, nil
}
