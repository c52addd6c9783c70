package main

import (
	"context"
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
	"door":       {ZH: "门", EN: "door"},
	"open":       {ZH: "开着", EN: "open"},
	"shut":       {ZH: "关着", EN: "shut"},
	"":           {ZH: "未接门磁", EN: "no contact"},
	"relay-on":   {ZH: "继电器接通", EN: "relay on"},
	"relay-off":  {ZH: "继电器断开", EN: "relay off"},
	"hold-open":  {ZH: "按指令保持开门", EN: "held open by order"},
	"lockdown":   {ZH: "大门封闭：仅出门按钮和消防可开门", EN: "lockdown: only the exit button and fire open"},
	"fire":       {ZH: "消防报警：对所有人开门", EN: "fire: open for anybody"},
	"pre-alarm":  {ZH: "门开着已久，即将告警", EN: "open for long, soon an alarm"},
	"held-open":  {ZH: "门开得太久", EN: "open for too long"},
	"forced":     {ZH: "无人获准进出，门却被打开", EN: "forced: nobody had been let in or out"},
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
	printDoor(w, l, say)
	if l.Last == nil {
		fmt.Fprintf(w, "    %s\n", say("none"))
		return
	}
	reason := gate.Reason(l.Last.Reason)
	fmt.Fprintf(w, "    %s  %s %s: %s\n", l.Last.At.Local().Format(time.DateTime), l.Last.Verdict, reason, verdictWords(reason, lang))
}

// printDoor is the door in one line: what is always known, and what is unusual.
func printDoor(w io.Writer, l local.LaneStatus, say func(string) string) {
	relay := "relay-off"
	if l.Relay {
		relay = "relay-on"
	}
	fmt.Fprintf(w, "    %s %s · %s", say("door"), say(l.Door), say(relay))
	for _, unusual := range []struct {
		is   bool
		word string
	}{{l.Fault != "", l.Fault}, {l.HoldOpen, "hold-open"}, {l.Lockdown, "lockdown"}, {l.Fire, "fire"}} {
		if unusual.is {
			fmt.Fprintf(w, " · %s", say(unusual.word))
		}
	}
	fmt.Fprintln(w)
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
