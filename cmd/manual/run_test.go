package manual_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/stage"
)

// ran is a command line of the documentation, and what a shell is given for it:
// the line itself, unless it leaves something open, and the exit status. The shell
// stands in a folder of its own; gated has the gate's configuration there, and
// gate-central the network, both of which run.
type ran struct {
	says, run string
	code      int
}

// either is a code that says what was found, not whether the line could be run: 0 or 1.
const either = -1

// inText are the lines that stand in the text, in an order in which they can be
// run. Whoever writes another line into a page puts it here.
var inText = []ran{
	{says: "gated version"},
	{says: "gated check"},
	{says: "gated check --json"},
	{says: "gated status"},
	{says: "gated status --json"},
	{says: "gated doctor", code: either}, // what it finds is this machine
	{says: "gated doctor --fix", run: "gated doctor --fix </dev/null", code: either},
	{says: "gated run", code: 1}, // one runs
	{says: "gated scanner probe"},
	{says: "gated scanner test", run: "gated scanner test --for 300ms", code: 1},
	{says: "gated scanner test --code"},
	{says: "gated io watch", run: "gated io watch --once"},
	{says: "gated door test", run: "gated door test in --yes"},
	{says: "gated door test LANE", run: "gated door test in </dev/null", code: 2}, // it asks, and nobody is there
	{says: "gated explain", run: `gated explain "$(cat pass)"`},
	{says: "gated trust show"},
	{says: "gated revocation show"},
	{says: "gated revocation check", run: "gated revocation check --kid 257 --serial 4294967295"},
	{says: "gated key show"},
	{says: "gated journal", run: "gated journal list"},
	{says: "gated journal list"},
	{says: "gated journal list --last 5"},
	{says: "gated journal list --db FILE", run: "gated journal list --db copy.db"},
	{says: "gated journal export"},
	{says: "gated journal export --from A --to B", run: "gated journal export --from 0 --to 1"},
	{says: "gated journal checkpoint"},
	{says: "gated journal prove", run: "gated journal prove 0"},
	{says: "gated journal verify-proof", run: "gated journal prove 0 > proved && gated journal verify-proof proved"},
	{says: "gated journal verify"},
	{says: "gated journal verify --db FILE --pin CHECKPOINT", run: "gated journal checkpoint > pin && gated journal verify --db copy.db --pin pin"},
	{says: "gated journal verify --db 文件 --pin 检查点", run: "gated journal verify --db copy.db --pin pin"},
	{says: "gated support-bundle"},

	{says: "gate-central init", run: "gate-central init -d new"},
	{says: "gate-central roots"},
	{says: "gate-central records"},
	{says: "gate-central gate add", run: "gate-central gate add west --site 1001 --broker tls://localhost:8883 --config gated-enrol.toml"},
	{says: "gated enrol --request request gated-enrol.toml", run: `mkdir -m 700 west
		sed -i "s|/var/lib/gated|$PWD/west|; s|/dev/serial/by-path/CHANGE-ME|$PWD/scanner|" gated-enrol.toml
		gated enrol -c west.toml --request request gated-enrol.toml`},
	{says: "gate-central gate sign request --out answer"},
	{says: "gated enrol --answer answer gated-enrol.toml", run: "gated enrol -c west.toml --answer answer gated-enrol.toml"},
	{says: "gated enrol", run: "gated enrol -c west.toml gated-enrol.toml"},
	{says: "gate-central export --gate east --out documents"},
	{says: "gated import documents/*"},
	{says: "gated import", run: "gated import documents/*"},
	{says: "gated relay-safe", run: "gated relay-safe -c west.toml"},
	{says: "gate-central gate add … --config FILE", run: "gate-central gate add north --site 1001 --broker tls://localhost:8883 --config north.toml"},
	{says: "gate-central gate add ID --replace …", run: "gate-central gate add west --replace --site 1001 --broker tls://localhost:8883 --config west2.toml"},
	{says: "gate-central gate withdraw", run: "gate-central gate withdraw north"},
	{says: "gate-central gate withdraw east", run: "gate-central gate add south --site 1001 --broker tls://localhost:8883 --config south.toml && gate-central gate withdraw south"},
	{says: "gate-central gate withdraw ID", run: "gate-central gate withdraw west"},
	{says: "gate-central cert broker --host NAME --out OUT", run: "gate-central cert broker --host localhost --out out"},
	{says: "gate-central broker-config -d DIR --at /etc/mosquitto OUT", run: "gate-central broker-config --at /etc/mosquitto out"},
	{says: "gate-central run", run: "gate-central run --broker tls://localhost:1 --ca out/none.pem", code: 1},
	{says: "gate-central run --listen", run: "gate-central run --listen 127.0.0.1:0", code: 1}, // one runs
	{
		says: "gate-central run --broker tls://HOST:8883 --ca ca.pem --cert central.pem --key central.key",
		run:  "gate-central run --broker tls://localhost:1 --ca out/ca.pem --cert out/none.pem --key out/none.key", code: 1,
	},
	{says: "gate-central key add --public BASE64", run: "gate-central key add --issuer 1 --kid 258 --public Kay64UG8yvCyLhqU000NxzYeUm0L/hLIl5S8kyKWbdc="},
	{says: "gate-central key void --kid 257", run: "gate-central key void --kid 258"},
	{says: "gate-central site key add", run: "gate-central site key add --site 1001 --kid 32768"},
	{says: "gate-central open", run: "gate-central open --gate east"},
	{says: "gate-central epoch begin"},
	{says: "gate-central erase"},
}

// TestEveryCommandOfTheDocsRuns runs each command line of the pages but those of
// docs/install.md's consoles, which make system-test follows to the letter in a
// booted system, and those of the blocks of docs/issuing.md, which the next test runs.
func TestEveryCommandOfTheDocsRuns(t *testing.T) {
	w := aWorld(t)
	elsewhere := blocks.FindAllString(pageOf(t, "install.md"), -1)
	elsewhere = append(elsewhere, blocks.FindAllString(pageOf(t, "issuing.md"), -1)...)
	for _, program := range []string{"gated", "gate-central"} {
		for line, page := range allMentions(t, program) {
			known := slices.ContainsFunc(inText, func(r ran) bool { return r.says == program+" "+line })
			if !known && !slices.Contains(mentions(strings.Join(elsewhere, "\n"), program), line) {
				t.Errorf("%s says %q, which is in no row of inText", page, program+" "+line)
			}
		}
	}
	sh := shell(t, w)
	for _, r := range inText {
		if r.run == "" {
			r.run = r.says
		}
		sh(r.run, r.code)
	}
}

// TestTheBlocksOfIssuingRun runs what docs/issuing.md says in blocks, in the order of
// a day: a network of one's own, a pass judged, and then what ends passes.
func TestTheBlocksOfIssuingRun(t *testing.T) {
	sh := shell(t, aWorld(t))
	var first, then []string
	for _, m := range blocks.FindAllStringSubmatch(pageOf(t, "issuing.md"), -1) {
		switch text := m[2]; {
		case m[1] != "sh" || !strings.Contains(text, "gate"):
		case strings.Contains(text, "init -d net"):
			first = append(first, text)
		case strings.Contains(text, "gate-central"):
			then = append(then, strings.ReplaceAll(text, "-d DIR", "-d net"))
		case strings.Contains(text, "gated"):
			// The page leaves out the middle of the line.
			then = append([]string{strings.NewReplacer("0001...", fmt.Sprintf("%x", seed()), " ...)", " --kid 257 --site 1001 --serial 1 --ttl10 90 --flags 1 --rider 42)",
				"node docs/examples/issue.mjs", "issue").Replace(text)}, then...)
		}
	}
	if len(first) != 1 || len(then) < 2 {
		t.Fatalf("%d and %d blocks found", len(first), len(then))
	}
	for _, text := range append(first, then...) {
		sh(text, 0)
	}
}

// seed is that of the worked example: the bytes 0 to 31.
func seed() (b []byte) {
	for i := range 32 {
		b = append(b, byte(i))
	}
	return b
}

var blocks = regexp.MustCompile("(?ms)^```([a-z]*)\\n(.*?)^```")

// aWorld is a gate that has let one rider in, with its record at the central server.
func aWorld(t *testing.T) *stage.World {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		drivertest.Missing(t, "pty", err)
	}
	_ = f.Close()
	ctx := limited(t)
	s, err := stage.New(stage.Programs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.Programs, err = stage.Build(ctx, s.Dir); err != nil {
		t.Fatal(err)
	}
	w, err := s.NewWorld(ctx, stage.WorldConfig{Pulse: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.Central.Issue(ctx, stage.Site, 42)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err := w.Box.Show(ctx, code); err != nil || seen.Reason != gate.OK {
		t.Fatalf("the gate said %s: %v", seen.Reason, err)
	}
	if _, err := w.Central.WaitRecords(ctx, func(r stage.Records) bool { return r.Gate(stage.GateID).Cosigned > 0 }); err != nil {
		t.Fatal(err)
	}
	return w
}

// limited bounds what hangs.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// shell gives a way to run lines in a new folder, which has a pass and a copy of the
// gate's database. In it gated is that of the gate, unless a line says -c, and
// gate-central that of its network, unless it says -d.
func shell(t *testing.T, w *stage.World) func(text string, code int) {
	t.Helper()
	ctx, dir, bin := limited(t), t.TempDir(), t.TempDir()
	code, err := w.Central.Issue(ctx, stage.Site, 43)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	wrap := func(name, flag, program, value string) error {
		return os.WriteFile(filepath.Join(bin, name), fmt.Appendf(nil, "#!/bin/sh\ncase \" $* \" in *' %[1]s '*) exec %[2]s \"$@\" ;; esac\nexec %[2]s \"$@\" %[1]s %[3]s\n", flag, program, value), 0o700)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "pass"), []byte(code), 0o600),
		wrap("gated", "-c", w.Programs.Gated, w.Box.Config),
		wrap("gate-central", "-d", w.Programs.Central, w.Central.Dir),
		os.WriteFile(filepath.Join(bin, "issue"), fmt.Appendf(nil, "#!/bin/sh\ncd %s && exec go run ./docs/examples/issue-go \"$@\"\n", root), 0o700),
	)
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string, want int) {
		t.Helper()
		r, err := w.Exec(limited(t), "/bin/sh", "-ec", fmt.Sprintf("cd %s; PATH=%s:$PATH; export LANG=C\n%s", dir, bin, text))
		if err != nil {
			t.Fatal(err)
		}
		if r.Code != want && (want != either || r.Code > 1) {
			t.Errorf("exit status %d instead of %d: %s\n%s%s", r.Code, want, text, r.Stdout, r.Stderr)
		}
	}
	run(fmt.Sprintf("cp %[1]s/state/*.db copy.db; for f in %[1]s/state/*.db-wal; do [ ! -e $f ] || cp $f copy.db-wal; done", w.Box.Dir), 0)
	return run
}

// allMentions are the command lines of every page, with a page that has each.
func allMentions(t *testing.T, program string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range mentions(string(text), program) {
			all[line] = strings.TrimPrefix(page, "../../")
		}
	}
	return all
}

func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
