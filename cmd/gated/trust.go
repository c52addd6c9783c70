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
	fmt.Println(gate.Say("信任名单第 %[1]d 版，第 %[2]d 代，%[3]s 签发；%[5]d 个根中须 %[4]d 个签名", "trust list version %d of epoch %d, issued %s; %d of %d roots sign",
		l.Version, l.Epoch, unixTime(l.IssuedAt), l.Roots.Threshold, len(l.Roots.Keys)).In(lang))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, i := range l.Issuers {
		fmt.Fprintln(w, gate.Say("  平台 %d\t%s", "  issuer %d\t%s", i.ID, i.Name).In(lang))
	}
	printKeys(w, l.Keys, lang)
	for _, a := range l.Authorities {
		fmt.Fprintln(w, gate.Say("  授权方 %s\t角色 %v\t小区 %s", "  authority %s\troles %v\tsites %s", a.Name, a.Roles, a.Sites).In(lang))
	}
	_ = w.Flush()
	for _, a := range l.Alarms {
		fmt.Printf(pick(lang == gate.Chinese, "  告警：%s\n", "  alarm: %s\n"), a.In(lang))
	}
}

func printKeys(w *tabwriter.Writer, keys []trust.Key, lang gate.Language) {
	for _, k := range keys {
		state := keyStates[keyState(k)]
		fmt.Fprintln(w, gate.Say("  平台 %[2]d 的密钥 %[1]d\t%[3]s\t%[5]s 至 %[6]s\t小区 %[7]s\t静态码 %[8]s，动态码 %[9]s",
			"  key %[1]d of issuer %[2]d\t%[4]s\t%[5]s to %[6]s\tsites %[7]s\tbearer %[8]s, bound %[9]s", k.Kid, k.Issuer, state.ZH, state.EN,
			unixTime(k.NotBefore), unixTime(k.NotAfter), k.Sites, seconds(k.MaxBearerTTL), seconds(k.MaxBoundTTL)).In(lang))
	}
}

// keyStates are what a key is good for, by keyState's words.
var keyStates = map[string]gate.Text{
	"active": {ZH: "有效", EN: "active"}, "void": {ZH: "作废", EN: "void"}, "disabled": {ZH: "未启用", EN: "disabled"},
}

func printSite(s *trust.Site, lang gate.Language) {
	fmt.Println(gate.Say("小区文件第 %[1]d 版，第 %[2]d 代，小区 %[3]d，%[4]s，%[5]s 签发", "site document version %d of epoch %d for site %d, %s, issued %s",
		s.Version, s.Epoch, s.Number, s.Name, unixTime(s.IssuedAt)).In(lang))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, g := range s.Gates {
		fmt.Fprintln(w, gate.Say("  门 %s\t标签 %d\t%s", "  gate %s\ttag %d\t%s", g.ID, g.Tag, g.Key.Text).In(lang))
	}
	printKeys(w, s.Keys, lang)
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
