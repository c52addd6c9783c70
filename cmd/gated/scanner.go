package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
)

// scannerCmd is `gated scanner`.
type scannerCmd struct {
	Test  scannerTestCmd  `cmd:"" help:"Show live what the scanner reads, and read the test code a number of times. A code that may open something is shown by its first letters alone."`
	Probe scannerProbeCmd `cmd:"" help:"Find each scanner's module, set it as its profile says, and read it back."`
}

// scannerProbeCmd is `gated scanner probe`.
type scannerProbeCmd struct {
	Lane string `arg:"" optional:"" help:"One lane; all without it."`
	JSON bool   `help:"Print JSON."`
}

// probedAll is what `gated scanner probe --json` prints.
type probedAll struct {
	Scanners []probed `json:"scanners"`
}

// probed is what is known of one lane's scanner.
type probed struct {
	Lane    string `json:"lane"`
	Running bool   `json:"running"`    // the daemon has the port, and says this
	Profile string `json:"profile"`    // that the module answers to; empty: it answers to none
	Want    string `json:"configured"` // profile
	local.ScannerStatus
}

// Run asks the daemon if it is running, since then the ports are its own, and
// else the modules.
func (cmd *scannerProbeCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	var s local.Status
	running := client.Ask(context.Background(), "/v1/status", nil, &s) == nil
	var all []probed
	for i := range cfg.Lanes {
		l := &cfg.Lanes[i]
		if cmd.Lane == "" || cmd.Lane == l.Name {
			all = append(all, l.probe(running, s, language(cfg)))
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("probe scanner: there is no lane %q in %s", cmd.Lane, c.Config)
	}
	if cmd.JSON {
		err = printJSON(probedAll{all})
	} else {
		printProbed(all, language(cfg))
	}
	for _, p := range all {
		if !p.well() && err == nil {
			err = errNo
		}
	}
	return err
}

// probe is what is known of the lane's scanner now, in that language.
func (l *LaneConfig) probe(running bool, s local.Status, lang gate.Language) probed {
	p := probed{Lane: l.Name, Running: running, Want: l.Scanner.Profile}
	orElse(&p.Want, "plain")
	if running {
		for _, other := range s.Lanes {
			if other.Name == l.Name {
				p.ScannerStatus = other.Scanner
			}
		}
		if m := p.Module; m != nil && !m.Checked.IsZero() {
			p.Profile = p.Want
		}
		return p
	}
	f, err := scanner.Probe(context.Background(), l.scanner(nil))
	p.Profile = f.Profile
	p.ScannerStatus = scannerStatus(f.Health, lang)
	p.Device = l.Scanner.Device
	var t *scanner.Trouble
	switch {
	case errors.As(err, &t):
		p.Error, p.Cause = t.Say.In(lang), string(t.Cause)
	case err != nil:
		p.Error, p.Cause = err.Error(), string(scanner.Other)
	}
	return p
}

// well says whether a technician may leave it so.
func (p probed) well() bool {
	return p.Up && (p.Module == nil || p.Module.Fault == "") && (p.Profile == p.Want || p.Profile == "" && p.Want == "plain")
}

// probeWords are the sentences for what a probe came to.
var probeWords = map[string]gate.Text{
	"set":     {EN: "set, saved and read back", ZH: "已设置、保存并核对"},
	"plain":   {EN: "it answers to no profile; codes are read as it sends them", ZH: "模块不应答任何型号的指令；按其输出读码"},
	"other":   {EN: "it answers as profile %q: write that into the configuration, lest it obey setup codes", ZH: "模块应答型号 %q：请写入配置，否则设置码可改动它"},
	"running": {EN: "from the running daemon", ZH: "来自运行中的服务"},
}

func printProbed(all []probed, lang gate.Language) {
	say := func(word string) string { return probeWords[word].In(lang) }
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, p := range all {
		fmt.Fprintf(w, "%s\t%s", p.Lane, p.Device)
		if p.Module != nil && p.Module.Model != "" {
			fmt.Fprintf(w, "\t%s, %d baud", p.Module.Model, p.Baud)
		}
		switch {
		case p.Error != "":
			fmt.Fprintf(w, "\t%s", p.Error)
		case p.Module != nil && p.Module.Fault != "":
			fmt.Fprintf(w, "\t%s", p.Module.Fault)
		case p.Profile == "":
			fmt.Fprintf(w, "\t%s", say("plain"))
		case p.Profile != p.Want:
			fmt.Fprintf(w, "\t"+say("other"), p.Profile)
		default:
			fmt.Fprintf(w, "\t%s", say("set"))
		}
		if p.Running {
			fmt.Fprintf(w, " (%s)", say("running"))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
}
