package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"gated/gate"
	"gated/local"
)

// statusCmd is `gated status`.
type statusCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run asks the daemon.
func (cmd *statusCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	var s local.Status
	if err := client.Ask(context.Background(), "/v1/status", nil, &s); err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(s)
	}
	printStatus(os.Stdout, s, language(cfg))
	return nil
}

func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// statusWords are the labels of the one screen.
var statusWords = map[string]gate.Text{
	"ready":      {ZH: "名单齐全", EN: "lists held"},
	"not-ready":  {ZH: "名单未到，暂不为任何人开门", EN: "lists missing: opens for nobody yet"},
	"online":     {ZH: "已连接服务器", EN: "broker answers"},
	"offline":    {ZH: "未连接服务器（不影响开门）", EN: "no broker (the door does not mind)"},
	"normal":     {ZH: "正常", EN: "normal"},
	"marked":     {ZH: "偏旧，放行并标记", EN: "getting old: admits, and marks it"},
	"restricted": {ZH: "过旧，仅接受短时码", EN: "old: admits short passes only"},
	"too-old":    {ZH: "太旧，拒绝放行", EN: "too old: refuses"},
	"unknown":    {ZH: "未知", EN: "unknown"},
	"undurable":  {ZH: "磁盘无法写入：记录暂存内存，断电即失", EN: "the disk takes no records: they are in memory, and a power cut loses them"},
	"scanner":    {ZH: "扫码器", EN: "scanner"},
	"up":         {ZH: "正常", EN: "up"},
	"checked":    {ZH: "设置已核对", EN: "settings read back"},
	"drifted":    {ZH: "设置曾被改动", EN: "settings had changed"},
	"none":       {ZH: "尚无扫码", EN: "no scan yet"},
	"alarms":     {ZH: "告警", EN: "alarms"},
	"no-alarms":  {ZH: "无告警", EN: "no alarms"},
}

// printStatus is one screen for a person.
func printStatus(w io.Writer, s local.Status, lang gate.Language) {
	say := func(word string) string { return statusWords[word].In(lang) }
	pick := func(cond bool, yes, no string) string {
		if cond {
			return say(yes)
		}
		return say(no)
	}
	fmt.Fprintf(w, "%s  site %d  gated %s\n", s.Gate, s.Site, s.Version)
	fmt.Fprintf(w, "  %s · %s\n", pick(s.Ready, "ready", "not-ready"), pick(s.Online, "online", "offline"))
	age := say("unknown")
	if s.Fresh >= 0 {
		age = fmt.Sprintf("%s (%s)", time.Duration(s.Fresh)*time.Second, say(s.Freshness))
	}
	fmt.Fprintf(w, "  trust %d  revocation %d  age %s  clock %s\n", s.Trust, s.Rev, age, s.Clock)
	fmt.Fprintf(w, "  log %s  records %d  cosigned %d  unsent %d\n", s.Log, s.Records, s.Cosigned, s.Unsent)
	if !s.Durable {
		fmt.Fprintf(w, "  %s\n", say("undurable"))
	}
	for _, l := range s.Lanes {
		printLane(w, l, lang, say)
	}
	if len(s.Alarms) == 0 {
		fmt.Fprintf(w, "  %s\n", say("no-alarms"))
		return
	}
	fmt.Fprintf(w, "  %s:\n", say("alarms"))
	for _, a := range s.Alarms {
		fmt.Fprintf(w, "    %s\n", a)
	}
}

func printLane(w io.Writer, l local.LaneStatus, lang gate.Language, say func(string) string) {
	scanner := say("up")
	if !l.Scanner.Up {
		scanner = l.Scanner.Error
	}
	fmt.Fprintf(w, "  lane %s (%s)  %s %s: %s\n", l.Name, l.Direction, say("scanner"), l.Scanner.Device, scanner)
	if m := l.Scanner.Module; m != nil {
		printModule(w, m, l.Scanner.Baud, say)
	}
	if l.Last == nil {
		fmt.Fprintf(w, "    %s\n", say("none"))
		return
	}
	reason := gate.Reason(l.Last.Reason)
	fmt.Fprintf(w, "    %s  %s %s: %s\n", l.Last.At.Local().Format(time.DateTime), l.Last.Verdict, reason, verdictWords(reason, lang))
}

// printModule is what is known of a scanner that can be asked.
func printModule(w io.Writer, m *local.ModuleStatus, baud int, say func(string) string) {
	if m.Model != "" {
		fmt.Fprintf(w, "    %s · %d baud\n", m.Model, baud)
	}
	if !m.Checked.IsZero() {
		fmt.Fprintf(w, "    %s %s\n", say("checked"), m.Checked.Local().Format(time.DateTime))
	}
	if m.Drift != "" {
		fmt.Fprintf(w, "    %s: %s\n", say("drifted"), m.Drift)
	}
	if m.Fault != "" {
		fmt.Fprintf(w, "    %s\n", m.Fault)
	}
}

// localTime is a record's time for a person.
func localTime(ms int64) string { return time.UnixMilli(ms).Local().Format(time.DateTime) }
