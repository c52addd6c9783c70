package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"

	"gated/gate"
	"gated/sync"
)

// tableOfCommands is the parser as a terminal of that language has it.
func tableOfCommands(t *testing.T, lang gate.Language) (*kong.Kong, *bytes.Buffer) {
	t.Helper()
	var c cli
	out := new(bytes.Buffer)
	parser, err := kong.New(&c, kong.Name("gated"), kong.Description(description), kong.Bind(&c.common),
		kong.Help(helpIn(lang)), kong.Writers(out, out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return parser, out
}

// TestHelpIsInChinese: each sentence of --help has its Chinese, and no Chinese is
// left of a sentence that is gone; the pages have no English but what one types.
func TestHelpIsInChinese(t *testing.T) {
	parser, _ := tableOfCommands(t, gate.English)
	used := map[string]bool{}
	need := func(where, help string) {
		if used[help] = true; help != "" && helpInChinese[help] == "" {
			t.Errorf("%s: no Chinese for %q in help_words.go", where, help)
		}
	}
	pages := []string{""}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		need(n.Path(), n.Help)
		for _, f := range n.Flags {
			need(n.Path()+" --"+f.Name, f.Help)
		}
		for _, p := range n.Positional {
			need(n.Path()+" "+p.Name, p.Help)
		}
		for _, c := range n.Children {
			if !c.Hidden {
				pages = append(pages, strings.TrimPrefix(c.FullPath(), "gated "))
			}
			walk(c)
		}
	}
	walk(parser.Model.Node)
	for help := range helpInChinese {
		if !used[help] {
			t.Errorf("help_words.go has Chinese for %q, which nothing says", help)
		}
	}
	for _, page := range pages {
		parser, out := tableOfCommands(t, gate.Chinese)
		_, _ = parser.Parse(append(strings.Fields(page), "--help")) // what a command needs beside --help is not there
		text := out.String()
		for _, english := range []string{"Usage", "Flags:", "Commands:", "Arguments:", "Run \"", "flags]"} {
			if strings.Contains(text, english) {
				t.Errorf("gated %s --help says %q", page, english)
			}
		}
		if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("gated %s --help has no Chinese: %q", page, text)
		}
	}
	if len(pages) < 20 {
		t.Errorf("only %d pages of help", len(pages))
	}
}

// TestAWrongCommandLineIsSaidInChinese: kong's words are not left in English.
func TestAWrongCommandLineIsSaidInChinese(t *testing.T) {
	for line, want := range map[string]string{
		"joural":               "多余的参数：joural",
		"status --jason":       "没有这个选项：--jason",
		"explain":              "缺少 \"<code>\"",
		"scanner":              "须为以下之一：\"test\"",
		"status --config":      "--config",
		"journal list --n=few": "--n",
	} {
		parser, _ := tableOfCommands(t, gate.Chinese)
		_, err := parser.Parse(strings.Fields(line))
		if err == nil {
			t.Errorf("gated %s is taken", line)
			continue
		}
		if said := wrongQuestion(err, gate.Chinese); !strings.Contains(said, want) || !strings.Contains(said, "提示") {
			t.Errorf("gated %s: %q, want %q in it", line, said, want)
		}
		if said := wrongQuestion(err, gate.English); !strings.Contains(said, "hint: gated --help") {
			t.Errorf("gated %s in English: %q", line, said)
		}
	}
}

// TestAStepToTheBrokerIsSaidInChinese: what stands in the way is named in the
// language of whoever asks, without the kernel's English behind it.
func TestAStepToTheBrokerIsSaidInChinese(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	p := sync.Probe(t.Context(), sync.Config{Broker: sync.Broker{URL: "tcp://" + at, ClientID: "gate"}, Prefix: "gated/v1", Gate: "gate", Site: 1}, false)
	for lang, want := range map[gate.Language]string{gate.Chinese: at + " 无人监听", gate.English: "nothing listens at " + at} {
		if got := brief(p.TCP.Err, lang); got != want {
			t.Errorf("in %s: %q, want %q", lang, got, want)
		}
	}
}
