package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"gated/drivers/drivertest"
	"gated/verify/enrolment"
	"gated/verify/record"
	"gated/verify/verifytest"
)

// Users that no machine has: the daemon's, a member of its group, and anybody.
const (
	daemonID   = 64201
	memberID   = 64202
	strangerID = 64203
)

// caller is one of those who type commands.
type caller struct {
	name   string
	uid    uint32
	groups []uint32
}

var callers = []caller{{"root", 0, nil}, {"member", memberID, []uint32{daemonID}}, {"stranger", strangerID, nil}}

// guarded is a gate as the package installs it: the configuration for root and the
// group, the state directory for the daemon alone, and the daemon running as a
// user of its own.
type guarded struct {
	dir, program, config string
	good                 string // a code
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	if os.Geteuid() != 0 {
		drivertest.Missing(t, "root", errors.New("only root may become somebody else"))
	}
	dir, err := os.MkdirTemp("", "gated-permission-") //nolint:usetesting // the test's own is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g := &guarded{dir: dir, program: filepath.Join(dir, "gated"), config: filepath.Join(dir, "etc", "gated.toml")}
	w, err := worldOfToday()
	if err != nil {
		t.Fatal(err)
	}
	header := w.Header()
	header.NotBefore = uint32(w.At)
	g.good = w.Bearer(header)
	cfg := strings.NewReplacer("STATE", g.at("state"), "ROOT", w.Roots.Keys[0].Text, `id = "east"`, `id = "`+verifytest.GateID+`"`, "broker = ", "# broker = ",
		"[trust]", "socket = \""+g.at("run/gated.sock")+"\"\n\n[trust]", "/dev/ttyNONE", g.at("no-port"), `pulse = "3s"`, `pulse = "300ms"`).Replace(sound) + "\n[clock]\ntrust = \"always\"\n"
	for _, f := range []struct {
		name     string
		uid, gid int
		mode     os.FileMode
		text     string // empty: a folder
	}{
		{"", 0, 0, 0o755, ""},
		{"etc", 0, daemonID, 0o750, ""},
		{"etc/gated.toml", 0, daemonID, 0o640, cfg},
		{"state", daemonID, daemonID, 0o700, ""},
		{"run", daemonID, daemonID, 0o755, ""},
		{"desk", 0, 0, os.ModeSticky | 0o777, ""},
	} {
		path := g.at(f.name)
		if f.text != "" {
			err = os.WriteFile(path, []byte(f.text), f.mode)
		} else if f.name != "" {
			err = os.Mkdir(path, f.mode)
		}
		if err = errors.Join(err, os.Chown(path, f.uid, f.gid), os.Chmod(path, f.mode)); err != nil {
			t.Fatal(err)
		}
	}
	for i, raw := range w.Notes() {
		g.put(t, fmt.Sprintf("desk/%d.doc", i), raw)
	}
	self, err := os.ReadFile("/proc/self/exe") // testscript's main goes by the name of the program
	if err != nil {
		t.Fatal(err)
	}
	g.put(t, "gated", self)
	if err := os.Chmod(g.program, 0o755); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *guarded) at(name string) string { return filepath.Join(g.dir, name) }

func (g *guarded) put(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(g.at(name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// said is what a command came to.
type said struct {
	code, pid int
	out, err  string
}

// by runs one command as somebody.
func (g *guarded) by(t *testing.T, c caller, args ...string) said {
	t.Helper()
	if !slices.Contains(args, "-c") {
		args = append(args, "-c", g.config)
	}
	cmd := exec.CommandContext(t.Context(), g.program, args...)
	cmd.Dir = g.at("desk")
	cmd.Env = []string{"LANG=C", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + g.at("desk")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.uid, Gid: c.uid, Groups: c.groups}}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), cmd.ProcessState.Pid(), out.String(), problems.String()}
}

// start runs the daemon until the test ends.
func (g *guarded) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command(g.program, "run", "-c", g.config)
	cmd.Dir = g.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: daemonID, Gid: daemonID}}
	log := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = io.Discard, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("the daemon ended with %v:\n%s", err, log)
		}
	})
	for end := time.Now().Add(time.Minute); g.by(t, callers[0], "status").code != 0; {
		if time.Now().After(end) {
			t.Fatal("the daemon does not answer")
		}
	}
}

// who may do what: the least that somebody must be.
const (
	anybody = iota
	inGroup
	asRoot
)

// permission is what one verb asks of its caller.
type permission struct {
	verb    string
	more    []string
	least   int
	says    string // to whoever may
	stopped int    // least, with the daemon stopped; 0: the same
}

// permissions is the matrix of docs/technician.md, beside a running daemon.
var permissions = []permission{
	{verb: "run", least: asRoot, says: "another gated runs on"},
	{verb: "check", least: inGroup, says: "fine. Gate test-gate"},
	{verb: "enrol", more: []string{"enrol.toml", "--request", "request", "-c", "ETC/new.toml"}, least: asRoot, says: "request is the request"},
	{verb: "status", least: inGroup, says: "test-gate  site 1001"},
	{verb: "doctor", least: anybody, says: "not looked at."},
	{verb: "explain", more: []string{"GOOD"}, least: asRoot, says: "open: ok"},
	{verb: "trust show", least: asRoot, says: "trust list version 1"},
	{verb: "revocation show", least: asRoot, says: "revocation state 1"},
	{verb: "revocation check", more: []string{"--kid", "1", "--serial", "1"}, least: asRoot, says: "not listed"},
	{verb: "journal list", least: asRoot, says: "documents"},
	{verb: "journal verify", least: asRoot, says: "fine: every record"},
	{verb: "journal checkpoint", least: asRoot, says: "nothing is cosigned yet"},
	{verb: "journal prove", more: []string{"0"}, least: asRoot, says: "has cosigned 0 records"},
	{verb: "journal export", least: asRoot, says: `{"leaf":`},
	{verb: "journal verify-proof", more: []string{"0.doc"}, least: anybody, says: "refused: "},
	{verb: "import", more: []string{"0.doc"}, least: inGroup, says: "held already", stopped: asRoot},
	{verb: "door test", more: []string{"in", "--yes"}, least: inGroup, says: "The relay was on"},
	{verb: "io watch", more: []string{"--once"}, least: inGroup, says: "gated io watch"},
	{verb: "scanner test", more: []string{"in", "--for", "1ms"}, least: inGroup, says: "The scanner is down"},
	{verb: "scanner probe", least: inGroup, says: "is not there: no code can be read"},
	{verb: "key show", least: asRoot, says: "test-gate+"},
	{verb: "relay-safe", least: inGroup},
	{verb: "support-bundle", more: []string{"BUNDLE"}, least: anybody, says: " bytes"},
	{verb: "version", least: anybody, says: "gated dev"},
}

// TestWhoMayDoWhat tries every verb as root, as a member of the group, and as
// anybody, with the daemon running and stopped.
func TestWhoMayDoWhat(t *testing.T) {
	g := newGuarded(t)
	g.invite(t)
	if r := g.by(t, callers[0], "import", "0.doc", "1.doc", "2.doc", "3.doc"); r.code != 0 {
		t.Fatal(r.err)
	}
	for _, running := range []bool{false, true} {
		if running {
			g.start(t)
		}
		for _, p := range permissions {
			for rank, c := range callers {
				if p.verb == "run" && !running && c.uid == 0 {
					continue // it would
				}
				least, says := p.least, p.says
				if !running && p.stopped != 0 {
					least = p.stopped
				}
				if !running && slices.Contains([]string{"status", "door test"}, p.verb) {
					says = "gated is not running"
				}
				args := strings.Fields(p.verb)
				for _, a := range p.more {
					args = append(args, strings.NewReplacer("ETC", g.at("etc"), "GOOD", g.good, "BUNDLE", fmt.Sprintf("bundle-%v-%s", running, c.name)).Replace(a))
				}
				r := g.by(t, c, args...)
				if what := r.against(g, p.verb, 2-rank >= least, rank, says); what != "" {
					t.Errorf("running %v, %s as %s: %s; exit status %d\n%s%s", running, p.verb, c.name, what, r.code, r.out, r.err)
				}
			}
		}
	}
	g.checkMoved(t)
	g.checkOwnConfig(t)
}

// checkOwnConfig: whoever brings a configuration of his own gets no further.
func (g *guarded) checkOwnConfig(t *testing.T) {
	t.Helper()
	cfg, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	g.put(t, "desk/own.toml", cfg)
	for args, want := range map[string]string{
		"status": "gated.sock is not for this user", "door test in --yes": "gated.sock is not for this user", "import 0.doc": "gated.sock is not for this user",
		"io watch --once": "gated.sock is not for this user", "scanner test in --for 1ms": "gated.sock is not for this user",
		"key show": "this user may not use " + g.at("state/gate.key"), "journal list": "this user may not use " + g.at("state/gated.db"), "run": "this user may not use",
	} {
		r := g.by(t, callers[2], append(strings.Fields(args), "-c", "own.toml")...)
		if r.code != 1 || r.out != "" || !strings.Contains(r.err, want) {
			t.Errorf("gated %s of a stranger with his own configuration: exit status %d, %s%s", args, r.code, r.out, r.err)
		}
	}
}

// against says what is wrong with an answer; empty: nothing.
func (r said) against(g *guarded, verb string, may bool, rank int, says string) string {
	all := r.out + r.err
	refusal := "the configuration " + g.config + " is not for this user to read: use sudo, or join the group gated"
	if rank < 2 || verb == "enrol" { // who may read the configuration comes further
		refusal = "this user may not use " + g.dir
	}
	switch {
	case may && !strings.Contains(all, says):
		return fmt.Sprintf("does not say %q", says)
	case may && strings.Contains(r.err, "gated: error: ") && strings.Contains(r.err, "this user"):
		return "is refused"
	case !may && !strings.Contains(r.err, refusal):
		return fmt.Sprintf("does not say %q", refusal)
	case !may && (r.code != 1 || r.out != ""):
		return "is refused otherwise than with exit status 1 and nothing on standard output"
	}
	return ""
}

// checkMoved wants every movement of the door to be recorded with uid and process
// of whoever asked, by the kernel's word.
func (g *guarded) checkMoved(t *testing.T) {
	t.Helper()
	for _, c := range callers[:2] {
		moved := g.by(t, c, "door", "test", "in", "--yes", "--json")
		if moved.code != 0 {
			t.Fatalf("door test as %s: %s", c.name, moved.err)
		}
		want := fmt.Sprintf("asked by process %d of uid %d", moved.pid, c.uid)
		found := false
		for line := range strings.Lines(g.by(t, callers[0], "journal", "list", "--json").out) {
			l, err := record.ParseLeaf([]byte(strings.TrimSuffix(line, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			found = found || l.Source == "cli" && l.Kind == "command" && l.Event == "open" && l.Verdict == "open" && l.Ref == fmt.Sprint(c.uid) && l.Detail == want
		}
		if !found {
			t.Errorf("no record says that the door was %q", want)
		}
	}
}

// invite writes a file to enrol with.
func (g *guarded) invite(t *testing.T) {
	t.Helper()
	cfg, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	g.put(t, "desk/enrol.toml", invitationFor(t, string(cfg), ""))
}

// invitationFor is a file to enrol with at an address, with a token of zeros.
func invitationFor(t *testing.T, cfg, url string) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, ca, ca, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf([]byte(cfg), "\n[enrol]\nurl = %q\ntoken = %q\nca = \"\"\"\n%s\"\"\"\n", url,
		base64.StdEncoding.EncodeToString(make([]byte, enrolment.TokenBytes)), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestThePermissionMatrixIsWhole: each verb has its row, here and on both pages.
func TestThePermissionMatrixIsWhole(t *testing.T) {
	var c cli
	k, err := kong.New(&c, kong.Name("gated"))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string][]string{"docs/technician.md": {"anybody", "the group", "root"}, "docs/technician.zh-CN.md": {"任何人", "组成员", "root"}}
	for _, n := range k.Model.Leaves(true) {
		verb := n.FullPath()[len("gated "):]
		i := slices.IndexFunc(permissions, func(p permission) bool { return p.verb == verb })
		if i < 0 {
			t.Errorf("gated %s has no row in the matrix", verb)
			continue
		}
		for page, word := range words {
			text, err := os.ReadFile("../../" + page)
			if err != nil {
				t.Fatal(err)
			}
			row := fmt.Sprintf("| `gated %s` | %s |", verb, word[permissions[i].least])
			if !strings.Contains(string(text), row) {
				t.Errorf("%s lacks %q", page, row)
			}
		}
	}
}
