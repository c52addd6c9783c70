package manual_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// grammar is what a program takes: the flags of each of its commands, as its own
// manual page lists them.
type grammar map[string][]string

func readGrammar(t *testing.T, program string) grammar {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "run", "gated/cmd/"+program, "manual", "man").Output()
	if err != nil {
		t.Fatalf("manual of %s: %v", program, err)
	}
	g := grammar{}
	var at string
	for line := range strings.Lines(strings.ReplaceAll(string(out), `\-`, "-")) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, ".SS "); ok {
			at = words(name)
			g[at] = nil
		}
		if strings.HasPrefix(line, ".SH FLAGS") {
			at = ""
		}
		if flag, ok := strings.CutPrefix(line, ".B "); ok {
			g[at] = append(g[at], flagName.FindAllString(flag, -1)...)
		}
	}
	return g
}

var flagName = regexp.MustCompile(`(?:^|\s)--?[a-z][a-z-]*`)

// words are the words of a command before its first argument.
func words(line string) string {
	var name []string
	for w := range strings.FieldsSeq(line) {
		if !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(w) {
			break
		}
		name = append(name, w)
	}
	return strings.Join(name, " ")
}

// wrong says what a line asks for that there is not.
func (g grammar) wrong(line string) string {
	if line == "" || strings.HasPrefix(line, "-") {
		return ""
	}
	name := words(line)
	for _, known := g[name]; !known && name != ""; _, known = g[name] {
		if group(g, name) && name == strings.TrimSpace(line) {
			return "" // "gated journal", of which there are several
		}
		i := max(0, strings.LastIndexByte(name, ' '))
		name = name[:i]
	}
	if name == "" {
		return "no such command"
	}
	flags := append(slices.Clone(g[name]), g[""]...)
	for _, f := range flagName.FindAllString(strings.TrimPrefix(line, name), -1) {
		f = strings.TrimSpace(f)
		if !slices.ContainsFunc(flags, func(k string) bool { return strings.TrimSpace(k) == f }) && f != "--help" && f != "-h" {
			return name + " has no flag " + f
		}
	}
	return ""
}

func group(g grammar, name string) bool {
	for known := range g {
		if strings.HasPrefix(known, name+" ") {
			return true
		}
	}
	return false
}

// mentions are the command lines of a page: in blocks, after a prompt or not, and
// between backquotes.
func mentions(page, program string) (lines []string) {
	own := regexp.MustCompile("(?:^|[\\s`(|;/])" + program + " ([^`|;&>\\n]*)")
	inner := regexp.MustCompile(`\$\([^)]*\)`) // commands within commands
	take := func(text string) {
		text = inner.ReplaceAllString(text, "x")
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "… ") {
				for _, m := range own.FindAllStringSubmatch(line, -1) {
					lines = append(lines, strings.TrimSpace(m[1]))
				}
			}
		}
	}
	for _, m := range blocks.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(m[2]) {
			line = strings.TrimLeft(line, " ")
			line, prompt := strings.CutPrefix(line, "# ")
			if m[1] == "console" && !prompt {
				continue // what the command prints
			}
			line = strings.TrimPrefix(line, "$ ")
			for _, before := range []string{"sudo ", "runuser -u gate-central -- ", "build/"} {
				line = strings.TrimPrefix(line, before)
			}
			if strings.HasPrefix(line, program+" ") {
				take(line)
			}
			if after, ok := strings.CutPrefix(line, "central "); ok && program == "gate-central" { // the alias of install.md
				take("gate-central " + after)
			}
		}
	}
	for _, m := range regexp.MustCompile("`([^`\\n]+)`").FindAllStringSubmatch(blocks.ReplaceAllString(page, ""), -1) {
		if strings.HasPrefix(m[1], program+" ") {
			take(m[1])
		}
	}
	return lines
}

// TestEveryCommandOfTheDocsExists holds each command line in every page of the
// documentation against the program's own table: the command, and each flag.
func TestEveryCommandOfTheDocsExists(t *testing.T) {
	for program, least := range map[string]int{"gated": 40, "gate-central": 40} {
		g, total := readGrammar(t, program), 0
		for _, page := range pages(t) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range mentions(string(text), program) {
				total++
				if w := g.wrong(line); w != "" {
					t.Errorf("%s says %q: %s", strings.TrimPrefix(page, "../../"), program+" "+line, w)
				}
			}
		}
		if total < least {
			t.Errorf("only %d mentions of %s found: the test reads nothing", total, program)
		}
		for _, line := range []string{"nonsense", "check --nonsense", "journal nonsense x"} {
			if program == "gated" && g.wrong(line) == "" {
				t.Errorf("%s %s is taken", program, line)
			}
		}
	}
}

// pages is every page.
func pages(t *testing.T) (pages []string) {
	t.Helper()
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/decisions/*.md", "../../deploy/*/*.md"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, some...)
	}
	return pages
}

// TestBothInstallPagesSayTheSame holds the console of the Chinese page to the
// English one's, which is followed to the letter in a booted system.
func TestBothInstallPagesSayTheSame(t *testing.T) {
	console := regexp.MustCompile("(?ms)^```console\\n(.*?)^```")
	read := func(name string) (blocks []string) {
		text, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range console.FindAllStringSubmatch(string(text), -1) {
			blocks = append(blocks, m[1])
		}
		return blocks
	}
	en, zh := read("install.md"), read("install.zh-CN.md")
	if len(en) < 5 || !slices.Equal(en, zh) {
		t.Errorf("the consoles differ: %d blocks and %d", len(en), len(zh))
		for i := range min(len(en), len(zh)) {
			if en[i] != zh[i] {
				t.Errorf("block %d:\n%s\nagainst\n%s", i, en[i], zh[i])
			}
		}
	}
}
