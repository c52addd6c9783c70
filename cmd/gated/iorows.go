package main

import (
	"fmt"
	"strings"
	"time"

	"gated/gate"
	"gated/local"
)

// wireWords are the wires and what they can say.
var wireWords = map[string]struct{ name, active, not gate.Text }{
	"relay":       {gate.Text{EN: "relay", ZH: "继电器"}, gate.Text{EN: "on", ZH: "接通"}, gate.Text{EN: "off", ZH: "断开"}},
	"contact":     {gate.Text{EN: "contact", ZH: "门磁"}, gate.Text{EN: "shut", ZH: "关着"}, gate.Text{EN: "open", ZH: "开着"}},
	"exit_button": {gate.Text{EN: "button", ZH: "出门按钮"}, gate.Text{EN: "pressed", ZH: "按下"}, gate.Text{EN: "released", ZH: "松开"}},
	"fire":        {gate.Text{EN: "fire", ZH: "消防"}, gate.Text{EN: "FIRE", ZH: "火警"}, gate.Text{EN: "quiet", ZH: "无"}},
	"tamper":      {gate.Text{EN: "tamper", ZH: "防拆"}, gate.Text{EN: "box open", ZH: "箱体打开"}, gate.Text{EN: "box shut", ZH: "箱体关闭"}},
	"mains":       {gate.Text{EN: "mains", ZH: "市电"}, gate.Text{EN: "there", ZH: "有"}, gate.Text{EN: "lost", ZH: "断电"}},
}

// ioWords are the labels of the screen.
var ioWords = map[string]gate.Text{
	"running": {EN: "from gated", ZH: "服务运行中"},
	"stopped": {EN: "gated is stopped: read by this command, relays not shown. End it before you start gated.", ZH: "服务未运行：由本命令直接读取，不显示继电器。启动服务前请先结束本命令。"},
	"none":    {EN: "No wire but the relays is configured: contact, exit_button, [inputs].", ZH: "除继电器外未配置任何接线：contact、exit_button、[inputs]。"},
	"wire":    {EN: "wire", ZH: "接线"},
	"now":     {EN: "now", ZH: "现状"},
	"level":   {EN: "raw", ZH: "电平"},
	"rate":    {EN: "/s", ZH: "次/秒"},
	"line":    {EN: "line", ZH: "引脚"},
	"last":    {EN: "last edge", ZH: "上次跳变"},
	"edges":   {EN: "edges", ZH: "跳变"},
	"changes": {EN: "changes", ZH: "动作"},
	"rattles": {EN: "comes and goes, %d times a second: loose, or at its limit", ZH: "每秒跳变 %d 次：接触不良或处于临界位置"},
}

// ioColumns are what is shown of a wire, the most important first: as many as the
// window has room for.
var ioColumns = []struct {
	name  string
	width int
	text  func(l local.Line, at time.Time, lang gate.Language) string
}{
	{"wire", 16, func(l local.Line, _ time.Time, lang gate.Language) string { return wireName(l, lang) }},
	{"now", 9, func(l local.Line, _ time.Time, lang gate.Language) string { return wireSays(l, lang) }},
	{"level", 6, wireLevel},
	{"rate", 5, func(l local.Line, _ time.Time, _ gate.Language) string { return fmt.Sprint(l.Rate) }},
	{"line", 9, func(l local.Line, _ time.Time, _ gate.Language) string { return lineName(l.Line) }},
	{"last", 9, wireLast},
	{"edges", 7, func(l local.Line, _ time.Time, _ gate.Language) string { return fmt.Sprint(l.Edges) }},
	{"changes", 8, func(l local.Line, _ time.Time, _ gate.Language) string { return fmt.Sprint(l.Changes) }},
}

// ioRows is a screen of that width.
func ioRows(now local.IO, columns int, lang gate.Language) []row {
	say := func(word string) string { return ioWords[word].In(lang) }
	rows := []row{{"gated io watch  " + now.At.Local().Format(time.TimeOnly), bold}}
	if now.Running {
		rows[0].text += "  " + say("running")
	} else {
		rows = append(rows, wrap(say("stopped"), columns, yellow)...)
	}
	if len(now.Lines) == 0 {
		return append(rows, wrap(say("none"), columns, plain)...)
	}
	shown, width := 0, -1
	for shown < len(ioColumns) && width+1+ioColumns[shown].width <= columns {
		width += 1 + ioColumns[shown].width
		shown++
	}
	line := func(text func(i int) string) string {
		var cells []string
		for i := range shown {
			cells = append(cells, fill(text(i), ioColumns[i].width))
		}
		return strings.TrimRight(strings.Join(cells, " "), " ")
	}
	rows = append(rows, row{line(func(i int) string { return say(ioColumns[i].name) }), bold})
	for _, l := range now.Lines {
		rows = append(rows, row{line(func(i int) string { return ioColumns[i].text(l, now.At, lang) }), wireColour(l)})
	}
	return rows
}

// wireColour marks what moves: yellow while a wire comes and goes, green while it
// is active and a relay.
func wireColour(l local.Line) string {
	switch {
	case l.Name == "fire" && l.Active:
		return red
	case l.Rate > 0 || l.Raw != l.Active:
		return yellow
	case l.Name == "relay" && l.Active:
		return green
	default:
		return plain
	}
}

func wireName(l local.Line, lang gate.Language) string {
	return strings.TrimSpace(l.Lane + " " + wireWords[l.Name].name.In(lang))
}

func wireSays(l local.Line, lang gate.Language) string {
	w := wireWords[l.Name]
	return pick(l.Active, w.active, w.not).In(lang)
}

// wireLevel is the level at the wire itself, marked while it is not what the wire
// is taken for.
func wireLevel(l local.Line, _ time.Time, _ gate.Language) string {
	return l.Level + pick(l.Raw != l.Active, "~", "")
}

// lineName is a line's name, or the end of a file's.
func lineName(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// wireLast is how long ago the last edge was.
func wireLast(l local.Line, at time.Time, _ gate.Language) string {
	if l.Last == nil {
		return "-"
	}
	ago := max(0, at.Sub(l.Last.At))
	switch {
	case ago < time.Minute:
		return fmt.Sprintf("%.1f s", ago.Seconds())
	case ago < time.Hour:
		return fmt.Sprintf("%.0f min", ago.Minutes())
	default:
		return fmt.Sprintf("%.0f h", ago.Hours())
	}
}

// ioNews is a line for each wire at first, and then one for each change, and for
// each second in which a wire only came and went.
func ioNews(before, now local.IO, lang gate.Language) (news []string) {
	if before.At.IsZero() {
		for _, r := range ioRows(now, 80, lang) {
			news = append(news, r.text)
		}
		return news
	}
	for i, l := range now.Lines {
		if i >= len(before.Lines) {
			break // the daemon was started anew with other wires
		}
		was := before.Lines[i]
		for _, c := range l.Recent {
			if c.At.After(before.At) {
				said := l
				said.Active = c.Active
				news = append(news, fmt.Sprintf("%s  %s  %s", c.At.Local().Format("15:04:05.000"), wireName(l, lang), wireSays(said, lang)))
			}
		}
		if l.Edges > was.Edges+2 && l.Changes == was.Changes {
			news = append(news, fmt.Sprintf("%s  %s  "+ioWords["rattles"].In(lang), now.At.Local().Format("15:04:05.000"), wireName(l, lang), l.Rate))
		}
	}
	return news
}
