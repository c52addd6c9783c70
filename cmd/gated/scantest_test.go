package main

import (
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
)

// A rider's code, of which nothing but its head may ever be seen.
var ridersCode = "G1:" + strings.Repeat("SECRETQ7", 17) + "23"

// TestWhatAScannerTestFinds: each way in which a scanner can be wrong is told by
// its own name, and nothing else is called wrong.
func TestWhatAScannerTestFinds(t *testing.T) {
	const ms = time.Millisecond
	type code struct {
		after time.Duration // the code before
		sort  scanner.Sort
	}
	shown := func(n int) (all []code) {
		for range n {
			all = append(all, code{time.Second, scanner.SortTest})
		}
		return all
	}
	for _, tc := range []struct {
		name   string
		codes  []code
		grown  map[string]uint64
		down   bool
		want   []string // findings, a - before those that are not normal
		spread string
	}{
		{"all is well", []code{{ms, scanner.SortTest}, {900 * ms, scanner.SortTest}, {2 * time.Second, scanner.SortTest}, {time.Second, scanner.SortTest}}, nil, false, []string{"read"}, "900 1000 2000"},
		{"nothing comes", nil, nil, false, []string{"-nothing"}, ""},
		{"nobody shows the test code", []code{{ms, scanner.SortPass}, {time.Second, scanner.SortText}}, nil, false, []string{"-not-tried"}, ""},
		{"it is ended early", shown(2), nil, false, []string{"-few"}, "1000 1000 1000"},
		{"the port is gone", shown(4), nil, true, []string{"-down"}, "1000 1000 1000"},
		{"each code comes twice", []code{{ms, scanner.SortTest}, {50 * ms, scanner.SortTest}, {time.Second, scanner.SortTest}, {50 * ms, scanner.SortTest}, {time.Second, scanner.SortTest}, {time.Second, scanner.SortTest}}, nil, false, []string{"read", "-doubles"}, "1000 1000 1000"},
		{"a bad cable", append(shown(4), code{time.Second, scanner.SortDamaged}), map[string]uint64{"noise": 3}, false, []string{"read", "-damaged", "-noise"}, "1000 1000 1000"},
		{"no suffix, and unreadable codes", shown(4), map[string]uint64{"no-terminator": 4, "no-read": 8}, false, []string{"read", "-no-read", "-no-terminator"}, "1000 1000 1000"},
		{"bytes from before", shown(4), map[string]uint64{"before-opening": 9}, false, []string{"read", "before-opening"}, "1000 1000 1000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := scanTrial{lane: "in", wanted: 4}
			status := local.ScannerStatus{Up: true, Counters: map[string]uint64{"noise": 100}}
			old := local.Code{Number: 7, Sort: "damaged"}
			tr.take(local.Seen{Scanner: status, Newest: 7, Codes: []local.Code{old}})
			now, at := local.Seen{Scanner: status, Codes: []local.Code{old}}, time.Unix(1800000000, 0)
			now.Scanner.Up, now.Scanner.Counters = !tc.down, map[string]uint64{"noise": 100 + tc.grown["noise"]}
			for name, n := range tc.grown {
				now.Scanner.Counters[name] = max(n, now.Scanner.Counters[name])
			}
			for i, c := range tc.codes {
				at = at.Add(c.after)
				now.Newest = uint64(8 + i)
				now.Codes = append(now.Codes, local.Code{Number: now.Newest, At: at, Sort: string(c.sort), Text: string(c.sort)})
				tr.take(now) // the same codes come again with each look
			}
			tr.take(now)
			r := tr.report(gate.English)
			var got []string
			for _, f := range r.Findings {
				got = append(got, pick(f.OK, "", "-")+f.Name)
				if strings.Contains(f.Say, "%!") {
					t.Errorf("badly told: %s", f.Say)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			spread := ""
			if r.Between != nil {
				spread = fmt.Sprint(r.Between.Shortest, r.Between.Middle, r.Between.Longest)
			}
			if spread != tc.spread {
				t.Errorf("between %q, want %q", spread, tc.spread)
			}
			if wrong := slices.ContainsFunc(tc.want, func(s string) bool { return s[0] == '-' }); r.Fine == wrong {
				t.Errorf("fine: %v", r.Fine)
			}
		})
	}
}

func TestWordsOfTheScannerTestAreInBothLanguages(t *testing.T) {
	for name, text := range scanWords {
		if text.ZH == "" || text.EN == "" || strings.Count(text.ZH, "%") != strings.Count(text.EN, "%") {
			t.Errorf("%s lacks a language or says not the same: %+v", name, text)
		}
	}
	for _, c := range discards {
		if _, ok := scanWords[c.String()]; !ok {
			t.Errorf("no words for the count %s", c)
		}
	}
}

// scanned is a running box at a cable, whose scanner is up.
func scanned(t *testing.T) (c *drivertest.Cable, b *box, config string) {
	t.Helper()
	c = drivertest.NewCable(t)
	b, lanes, config := runningAs(t, strings.Replace(oneLane, "SCANNER", `{ device = "`+c.Path()+`", baud = "115200" }`, 1))
	drivertest.Eventually(t, "the scanner is up", func() bool { return lanes[0].scanner.Health().Up })
	client := local.NewClient(b.cfg.Gate.Socket)
	drivertest.Eventually(t, "it answers", func() bool { return client.Ask(t.Context(), "/v1/io", nil, new(local.IO)) == nil })
	return c, b, config
}

// TestAScannerInATerminal shows codes to a running box in real terminals of three
// sizes, each resized to the next, and looks that no rider's code is to be seen.
func TestAScannerInATerminal(t *testing.T) {
	c, b, config := scanned(t)
	for i, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			term := newTerminal(t, size, "C", "-c", config, "scanner", "test", "--count", "2")
			term.shows("read 0 of 2")
			term.shows("Ctrl-C ends.")
			c.Send([]byte(ridersCode + "\r"))
			term.shows(" 141 pass", "G1:SECRE")
			c.Send([]byte("my own text\r"))
			term.shows("  11 text", "my own")
			next := sizes[(i+1)%len(sizes)]
			term.resize(next)
			c.Send([]byte(scanner.TestCode + "\r"))
			term.shows("read 1 of 2")
			term.shows("other 2")
			lines := term.until("the newest code first, each on a line of its own", func(lines []string) bool {
				n := len(lines)
				return n > 5 && strings.Contains(lines[n-1], " 141 pass") && strings.Contains(lines[n-2], "  11 text") && strings.Contains(lines[n-3], " 141 test")
			})
			if !strings.HasPrefix(lines[0], "gated scanner test in") || strings.Contains(strings.Join(lines, ""), "SECRETQ7") {
				t.Errorf("to be seen:\n%s", strings.Join(lines, "\n"))
			}
			time.AfterFunc(2*twice, func() { c.Send([]byte(scanner.TestCode + "\r")) })
			term.shows("ok    The test code was read 2 times")
			term.shows("status 0")
		})
	}
	for _, leaf := range leaves(t, b) {
		if strings.Contains(leaf, `"verdict":"open"`) || strings.Contains(leaf, "SECRET") {
			t.Errorf("a test opened the gate, or a code was recorded: %s", leaf)
		}
	}
}

// TestAScannerForWhoIsNoTerminal: beside the daemon, and with it stopped, when the
// command has the port.
func TestAScannerForWhoIsNoTerminal(t *testing.T) {
	free := drivertest.NewCable(t)
	stopped := writeConfig(t, strings.NewReplacer("SCANNER", `{ device = "`+free.Path()+`", baud = "115200" }`, "STATE", t.TempDir(), "ROOT", testRoot).Replace(oneLane))
	c, _, config := scanned(t)
	for _, tc := range []struct {
		config string
		cable  *drivertest.Cable
	}{{config, c}, {stopped, free}} {
		f := follow(t, "-c", tc.config, "scanner", "test", "--count", "1")
		f.has("Ctrl-C ends.")
		tc.cable.Send([]byte("hello\r"))
		f.has("  5 text    hello  68 65 6c 6c 6f")
		tc.cable.Send([]byte(ridersCode + "\r"))
		f.has("141 pass    G1:SECRE…  47 31 3a 53 45 43 52 45…")
		tc.cable.Send([]byte(scanner.TestCode + "\r"))
		f.has("141 test    "+scanner.TestCode, "47 31 3a")
		f.has("ok    The test code was read, and whole.")
	}
	out, err := exec.CommandContext(t.Context(), "gated", "-c", config, "scanner", "test", "--json", "--for", "300ms").Output()
	var r scanReport
	if jerr := json.Unmarshal(out, &r); jerr != nil || err == nil || r.Fine || len(r.Findings) != 1 || r.Findings[0].Name != "nothing" {
		t.Errorf("nothing was shown: %v, %v, %s", err, jerr, out)
	}
}

// TestTheTestCodeIsDrawn in a terminal that has room for it, and as a picture.
func TestTheTestCodeIsDrawn(t *testing.T) {
	term := newTerminal(t, sizes[0], "C", "scanner", "test", "--code")
	term.shows("status 0")
	var lines []string
	for line := range strings.SplitSeq(term.tmux("capture-pane", "-p", "-S", "-1"), "\n") {
		if len(lines) > 0 || strings.ContainsAny(line, "█▀▄") {
			lines = append(lines, line)
		}
	}
	for y := range scanner.TestModules {
		// The quiet rows above are blank, and were left out; they are two to a line.
		line := []rune(lines[y/2])
		for x := range len(scanner.TestModules) {
			r := ' '
			if quietZone+x < len(line) {
				r = line[quietZone+x]
			}
			if is := r == '█' || r == '▀' && y%2 == 0 || r == '▄' && y%2 == 1; is != black(x, y) {
				t.Fatalf("module %d, %d is drawn black: %v\n%s", x, y, is, strings.Join(lines, "\n"))
			}
		}
	}
	term = newTerminal(t, sizes[1], "C", "scanner", "test", "--code")
	term.shows("must have 49")
	term.shows("status 1")

	file := filepath.Join(t.TempDir(), "code.png")
	if err := (&scannerTestCmd{PNG: file}).Run(nil); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for y := range scanner.TestModules {
		for x := range len(scanner.TestModules) {
			if r, _, _, _ := m.At((quietZone+x)*pixels, (quietZone+y)*pixels).RGBA(); (r == 0) != black(x, y) {
				t.Fatalf("module %d, %d", x, y)
			}
		}
	}
}
