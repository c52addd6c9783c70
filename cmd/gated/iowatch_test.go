package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/local"
)

// aBoxAtRest are wires of two lanes and a box, one of which comes and goes.
func aBoxAtRest() local.IO {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.Local)
	line := func(lane, name, line string, active bool) local.Line {
		return local.Line{Lane: lane, Name: name, Line: line, Level: "low", Raw: active, Active: active}
	}
	s := local.IO{At: now, Running: true, Lines: []local.Line{
		line("in", "relay", "GPIO17", true), line("in", "contact", "GPIO27", true), line("in", "exit_button", "GPIO22", false),
		line("out", "relay", "GPIO18", false), line("out", "contact", "/run/a/file/of/a/wire", true), line("out", "exit_button", "GPIO24", false),
		line("", "fire", "GPIO5", false), line("", "tamper", "GPIO6", false), line("", "mains", "GPIO12", true),
	}}
	rattling := &s.Lines[4]
	rattling.Raw, rattling.Level, rattling.Rate, rattling.Edges, rattling.Changes = false, "high", 37, 123456, 12
	rattling.Last = &local.Change{At: now.Add(-12300 * time.Millisecond)}
	return s
}

// TestWiresAreReadableInEveryWindow: every wire has its line, none is broken or
// cut off in what matters, and a wider window shows more of it.
func TestWiresAreReadableInEveryWindow(t *testing.T) {
	now := aBoxAtRest()
	for _, lang := range []gate.Language{gate.English, gate.Chinese} {
		for _, size := range sizes {
			rows := ioRows(now, size[0], lang)
			if len(rows) != 2+len(now.Lines) || len(rows) > size[1] {
				t.Fatalf("%v %s: %d rows", size, lang, len(rows))
			}
			for i, r := range rows {
				if columnsOf(r.text) > size[0] || strings.Contains(r.text, "…") {
					t.Errorf("%v %s: row %d does not fit: %s", size, lang, i, r.text)
				}
			}
			for i, l := range now.Lines {
				if text := rows[2+i].text; !strings.HasPrefix(text, wireName(l, lang)) || !strings.Contains(text, wireSays(l, lang)) || !strings.Contains(text, l.Level) {
					t.Errorf("%v %s: wire %d: %s", size, lang, i, text)
				}
			}
			rattling := rows[6]
			if !strings.Contains(rattling.text, "high~") || !strings.Contains(rattling.text, " 37") || rattling.colour != yellow {
				t.Errorf("%v %s: the wire that rattles: %+v", size, lang, rattling)
			}
			if wide := strings.Contains(rattling.text, "12.3 s"); wide != (size[0] >= 60) {
				t.Errorf("%v: the last edge is shown: %v", size, wide)
			}
			if wide := strings.Contains(rattling.text, "123456"); wide != (size[0] >= 80) {
				t.Errorf("%v: the edges are shown: %v", size, wide)
			}
		}
	}
}

// TestAWindowThatIsTooLowSaysSo.
func TestAWindowThatIsTooLowSaysSo(t *testing.T) {
	s := screen{lang: gate.English}
	page := s.page(ioRows(aBoxAtRest(), 40, gate.English), 40, 5)
	if lines := strings.Split(page, "\r\n"); len(lines) != 5 || !strings.Contains(lines[4], "… 7 more lines") {
		t.Errorf("got %q", page)
	}
	if strings.Contains(page, "\x1b[3") {
		t.Errorf("colours where there are none: %q", page)
	}
	s.colours = true
	if page := s.page([]row{{"a", red}}, 40, 5); page != "\x1b[H\x1b[31ma\x1b[0m\x1b[K\x1b[J" {
		t.Errorf("got %q", page)
	}
}

func TestTextsAreBrokenWhereTheyMayBe(t *testing.T) {
	for _, tc := range []struct {
		text    string
		columns int
		want    []string
	}{
		{"the quick brown fox", 9, []string{"the quick", "brown fox"}},
		{"the quick brown fox", 10, []string{"the quick", "brown fox"}},
		{"incomprehensibilities", 10, []string{"incomprehe", "nsibilitie", "s"}},
		{"服务未运行：请启动", 7, []string{"服务未", "运行：", "请启动"}},
		{"", 7, nil},
	} {
		var got []string
		for _, r := range wrap(tc.text, tc.columns, plain) {
			got = append(got, r.text)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.text, diff)
		}
	}
	for text, want := range map[string]string{"门磁": "门磁", "门磁开": "门…", "door": "door", "doors": "doo…"} {
		if got := cut(text, 4); got != want {
			t.Errorf("cut %q to 4: %q", text, got)
		}
	}
}

func TestWordsOfTheWiresAreInBothLanguages(t *testing.T) {
	for word, text := range ioWords {
		if text.ZH == "" || text.EN == "" {
			t.Errorf("%q lacks a language", word)
		}
	}
	for name, w := range wireWords {
		for _, text := range []gate.Text{w.name, w.active, w.not} {
			if text.ZH == "" || text.EN == "" {
				t.Errorf("%q lacks a language", name)
			}
		}
	}
}

// TestWiresInATerminal watches a running box in real terminals of three sizes,
// each resized to the next while a wire moves.
func TestWiresInATerminal(t *testing.T) {
	d := newDoored(t)
	d.await("contact", true)
	for i, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			writeLevel(t, d.contact, "0")
			term := newTerminal(t, size, "C", "-c", d.c.Config, "io", "watch")
			term.shows("in contact", "shut", "low")
			whole := func(lines []string) bool {
				return len(lines) == 5 && strings.HasPrefix(lines[0], "gated io watch") && strings.HasPrefix(lines[1], "wire") &&
					strings.HasPrefix(lines[2], "in relay") && strings.HasPrefix(lines[3], "in contact") && strings.HasPrefix(lines[4], "fire")
			}
			term.until("five whole lines", whole)
			next := sizes[(i+1)%len(sizes)]
			term.resize(next)
			writeLevel(t, d.contact, "1")
			term.shows("in contact", "open", "high")
			lines := term.until("five whole lines after resizing", whole)
			if wide := strings.Contains(lines[1], "last edge"); wide != (next[0] >= 60) {
				t.Errorf("resized to %v:\n%s", next, strings.Join(lines, "\n"))
			}
			term.tmux("send-keys", "C-c")
			term.until("the end, and nothing else on the terminal", func(lines []string) bool { return slices.Equal(lines, []string{"status 0"}) })
		})
	}
	t.Run("in Chinese", func(t *testing.T) {
		writeLevel(t, d.contact, "0")
		term := newTerminal(t, sizes[2], "zh_CN.UTF-8", "-c", d.c.Config, "io", "watch")
		term.shows("in 门磁", "关着", "low")
	})
}

// TestAPersonIsAskedBeforeADoorMoves, at a terminal.
func TestAPersonIsAskedBeforeADoorMoves(t *testing.T) {
	d := newDoored(t)
	term := newTerminal(t, sizes[0], "C", "-c", d.c.Config, "door", "test", "in")
	term.shows("Is its way clear? [y/N]")
	term.tmux("send-keys", "n", "Enter")
	term.shows("Nothing was moved.")
	term.shows("status 1")
	term = newTerminal(t, sizes[0], "C", "-c", d.c.Config, "door", "test", "in")
	term.shows("Is its way clear? [y/N]")
	if slices.ContainsFunc(leaves(t, d.b), func(leaf string) bool { return strings.Contains(leaf, `"command"`) }) {
		t.Error("a door was moved before anybody said yes")
	}
	term.tmux("send-keys", "y", "Enter")
	term.shows("push the door")
	term.shows("ok    The relay was on")
	term.shows("FAIL  The contact never moved.")
	term.shows("      ", "strike")
	term.shows("status 1")
}

// TestWiresForWhoIsNoTerminal: a line for each change, or an object; with the
// daemon stopped the command reads them itself.
func TestWiresForWhoIsNoTerminal(t *testing.T) {
	d := newDoored(t)
	stopped := d.c.Config + ".stopped"
	text := strings.NewReplacer("SCANNER", `{ device = "/dev/ttyNONE" }`, "STATE", t.TempDir(), "ROOT", testRoot,
		`{ kind = "sim" }`, `{ kind = "sim", contact = { line = "`+d.contact+`" } }`).Replace(oneLane)
	writeLevel(t, stopped, text)
	for name, config := range map[string]string{"running": d.c.Config, "stopped": stopped} {
		writeLevel(t, d.contact, "0")
		lines := follow(t, "-c", config, "io", "watch")
		lines.has("in contact", "shut")
		if name == "stopped" {
			lines.has("gated is stopped")
		}
		writeLevel(t, d.contact, "1")
		lines.has(":", "in contact  open")
		objects := follow(t, "-c", config, "io", "watch", "in", "--json")
		objects.has(`"name":"contact"`, `"active":false`)
		writeLevel(t, d.contact, "0")
		var last local.IO
		line := objects.has(`"name":"contact"`, `"active":true`, `"level":"low"`)
		if err := json.Unmarshal([]byte(line), &last); err != nil || last.Running != (name == "running") {
			t.Errorf("%s: %v in %s", name, err, line)
		}
	}
}

// followed is a command whose output grows, in a file.
type followed struct {
	*testing.T
	file string
}

func follow(t *testing.T, args ...string) followed {
	t.Helper()
	f := followed{t, filepath.Join(t.TempDir(), "out")}
	out, err := os.Create(f.file)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "gated", args...)
	cmd.Env = append(cmd.Environ(), "LANG=C")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = out.Close() })
	return f
}

// lines are the whole lines so far.
func (f followed) lines() []string {
	f.Helper()
	b, err := os.ReadFile(f.file)
	if err != nil {
		f.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// has waits for a line with all of these words in it, and returns it.
func (f followed) has(words ...string) (line string) {
	f.Helper()
	defer func() {
		if f.Failed() {
			f.Logf("printed:\n%s", strings.Join(f.lines(), "\n"))
		}
	}()
	drivertest.Eventually(f, fmt.Sprintf("a line with %q", words), func() bool {
		for _, line = range f.lines() {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return true
			}
		}
		return false
	})
	return line
}
