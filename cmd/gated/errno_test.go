package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gated/gate"
	"gated/verify/verifytest"
)

// bare are the kernel's and the library's own words, which help nobody at a gate.
func bare() []string {
	words := []string{"no such host", "i/o timeout", "unexpected EOF", "use of closed", "SQL logic error", "unable to open database", "file is not a database", "dial tcp", "lookup "}
	for n := syscall.Errno(1); n < 134; n++ {
		if text := n.Error(); !strings.HasPrefix(text, "errno ") {
			words = append(words, text)
		}
	}
	return words
}

// errorRow is one thing that goes wrong, and what is said of it.
type errorRow struct {
	what   string
	config string // old and new text of the sound configuration, parted by =>
	args   string
	says   string // a pattern
	env    string // of the command; empty: only the usual
}

// broker is a change of the configuration to which more of [mqtt] can be added.
const broker = "# broker = \"tcp://127.0.0.1:1883\"\n=>broker = \"tcp://127.0.0.1:1\"\n"

// errorRows are the likely ones. D is the story's folder; there are a folder
// "folder", a file "text" and a socket "dead.sock" of a daemon that was killed.
var errorRows = []errorRow{
	{what: "no configuration", args: "check -c D/missing.toml", says: "there is no configuration D/missing.toml, so this box is no gate yet: enrol it"},
	{what: "a folder as configuration", args: "status -c D/folder", says: "read configuration: D/folder is a folder, and a file is wanted"},
	{what: "a file in the way", args: "status -c D/text/gated.toml", says: "a part of that path is a file and no folder"},
	{what: "a link to itself", args: "status -c D/loop", says: "leads back to itself"},
	{what: "no ca", config: broker + "ca = \"D/missing.pem\"\n", args: "check", says: `gated.toml:\d+: file cannot be used: D/missing.pem is not there`},
	{what: "a folder as password", config: broker + "username = \"x\"\npassword_file = \"D/folder\"\n", args: "check", says: `D/folder is a folder`},
	{what: "a socket's name that is too long", config: `D/sock=>D/` + strings.Repeat("long", 40), args: "check", says: `:\d+: .* is longer than the 107 bytes that the kernel takes`},
	{what: "nobody at the socket", args: "status", says: "gated is not running: nobody answers at D/sock; start it with systemctl start gated\ngated: While it is stopped no code opens the gate"},
	{what: "a dead socket", config: `D/sock=>D/dead.sock`, args: "status", says: "gated is not running: nobody answers at D/dead.sock"},
	{what: "a folder as socket", config: `D/sock=>D/folder`, args: "status", says: "gated is not running"},
	{what: "no state directory", args: "journal list", says: "D/state has no gated.db: start gated on it once"},
	{what: "a file as state directory", config: "D/state=>D/text", args: "journal list", says: "open state directory: .*a part of that path is a file"},
	{what: "a file as state directory, to make a key", config: "D/state=>D/text", args: "key show", says: "gate's key: .*a part of that path is a file"},
	{what: "a file as state directory, to run", config: "D/state=>D/text", args: "run", says: "a part of that path is a file[^\n]*\ngated: The gate is not run by this"},
	{what: "a state directory that cannot be made", config: "D/state=>/proc/gated", args: "run", says: "/proc/gated"},
	{what: "a folder as database", args: "journal list --db D/folder", says: "D/folder is a folder"},
	{what: "a text as database", args: "journal list --db D/text", says: "D/text is no database of gated: look at the name"},
	{what: "no database", args: "journal verify --db D/missing.db", says: "open database: D/missing.db is not there \\(or its folder is not\\): look at the name\ngated: The gate goes on as it was"},
	{what: "no pin", args: "journal verify --pin D/missing", says: "read pinned checkpoint: D/missing is not there"},
	{what: "no proof", args: "journal verify-proof D/missing", says: "read proof: D/missing is not there"},
	{what: "a folder as proof", args: "journal verify-proof D/folder", says: "read proof: D/folder is a folder"},
	{what: "no document", args: "import D/missing", says: "read document: D/missing is not there \\(or its folder is not\\): look at the name\ngated: What was not accepted has changed nothing"},
	{what: "a folder as document", args: "import D/folder", says: "read document: D/folder is a folder"},
	{what: "no file to enrol with", args: "enrol D/missing -c D/new.toml", says: "read the file to enrol with: D/missing is not there \\(or its folder is not\\): look at the name\ngated: The box is not enrolled by this"},
	{what: "a request without a folder", args: "enrol D/enrol.toml --request D/missing/r -c D/new.toml", says: "write request: D/missing/r[^ ]* is not there"},
	{what: "no answer", args: "enrol D/enrol.toml --answer D/missing -c D/new.toml", says: "the box is not enrolled: D/missing is not there"},
	{what: "nobody enrols", args: "enrol D/enrol.toml -c D/new.toml", says: "the central server was not reached, .*: nobody listens at 127.0.0.1:1"},
	{what: "nobody is called so", args: "enrol D/enrol-name.toml -c D/new.toml", says: "central.invalid (is not known|does not answer)"},
	{what: "a bundle without a folder", args: "support-bundle D/missing/b", says: "the bundle D/missing/b was not written, and the gate is not touched by that: D/missing/b is not there"},
	{what: "a bundle where a folder is", args: "support-bundle D/folder", says: "D/folder is there already and was not overwritten"},
	{what: "a bundle onto a full disk", args: "support-bundle -", says: "cannot be written, because the disk is full", env: "OUT=/dev/full"},
	{what: "JSON onto a full disk", args: "version --json", says: "print JSON: .* cannot be written, because the disk is full", env: "OUT=/dev/full"},
	{what: "a picture without a folder", args: "scanner test --png D/missing/code.png", says: "D/missing/code.png is not there"},
	{what: "no scanner", args: "scanner probe", says: "D/no-port is not there: no code can be read at this lane"},
	{what: "a text as scanner", config: "D/no-port\"=>D/text\"", args: "scanner probe", says: "D/text is not a serial port"},
	{what: "a folder as scanner", config: "D/no-port\"=>D/folder\"", args: "scanner probe", says: "D/folder is not a serial port"},
	{what: "the same with doctor", config: "D/no-port\"=>D/folder\"", args: "doctor --root D/root", says: "is not a serial port"},
	{what: "nobody listens, with doctor", config: broker, args: "doctor --root D/root", says: "FAIL  tcp +nothing listens at 127.0.0.1:1\n"},
	{what: "an unknown broker, with doctor", config: "# broker = \"tcp://127.0.0.1:1883\"=>broker = \"tcp://broker.invalid:1883\"", args: "doctor --root D/root", says: "name +the name broker.invalid (was not found|could not be)"},
	{what: "a damaged state directory, with doctor", config: "D/state=>D/text", args: "doctor --root D/root", says: "FAIL"},
	{what: "a trace without a folder", config: `kind = "sim", mode=>kind = "sim", trace = "D/missing/trace", mode`, args: "run", says: "D/missing/trace"},
	{what: "a socket without a folder", config: `D/sock=>D/missing/sock`, args: "run", says: "D/missing/sock"},
}

// TestErrorsAreAPersonsWords walks the likely errors of every command: what is
// printed says what happened in words, and never the kernel's.
func TestErrorsAreAPersonsWords(t *testing.T) {
	for _, row := range errorRows {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			dir := errorStage(t, row)
			args := strings.Fields(strings.ReplaceAll(row.args, "D/", dir+"/"))
			if !strings.Contains(row.args, "-c ") {
				args = append(args, "-c", filepath.Join(dir, "gated.toml"))
			}
			cmd := exec.CommandContext(t.Context(), "gated", args...)
			cmd.Dir, cmd.Env = dir, []string{"LANG=C", "PATH=" + os.Getenv("PATH")}
			var all bytes.Buffer
			cmd.Stdout, cmd.Stderr = &all, &all
			if out, ok := strings.CutPrefix(row.env, "OUT="); ok {
				f, err := os.OpenFile(out, os.O_WRONLY, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = f.Close() }()
				cmd.Stdout = f
			}
			err := cmd.Run()
			said := strings.ReplaceAll(all.String(), dir, "D")
			if cmd.ProcessState.ExitCode() == 0 {
				t.Errorf("exit status 0 (%v): %s", err, said)
			}
			if !regexp.MustCompile(row.says).MatchString(said) {
				t.Errorf("does not say %q:\n%s", row.says, said)
			}
			for line := range strings.Lines(said) {
				for _, word := range bare() {
					if strings.Contains(line, word) && !strings.HasPrefix(line, "time=") { // the daemon's log is for who reads logs
						t.Errorf("says %q to a person: %s", word, line)
					}
				}
			}
			if os.Getenv("SHOW") != "" {
				t.Logf("\n%s", said)
			}
		})
	}
}

// errorStage is a folder with a sound configuration, changed as the row wants.
func errorStage(t *testing.T, row errorRow) string {
	t.Helper()
	dir := t.TempDir()
	cfg := strings.NewReplacer("STATE", filepath.Join(dir, "state"), "ROOT", testRoot, `id = "east"`, `id = "`+verifytest.GateID+`"`, "broker = ", "# broker = ",
		"[trust]", `socket = "`+dir+"/sock\"\n\n[trust]", "/dev/ttyNONE", dir+"/no-port").Replace(sound)
	if before, after, ok := strings.Cut(strings.ReplaceAll(row.config, "D/", dir+"/"), "=>"); ok {
		changed := strings.Replace(cfg, before, after, 1)
		if changed == cfg {
			t.Fatal("the row changes nothing")
		}
		cfg = changed
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "dead.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	err = errors.Join(l.Close(), os.Mkdir(filepath.Join(dir, "folder"), 0o700), os.Mkdir(filepath.Join(dir, "root"), 0o700), os.Symlink("loop", filepath.Join(dir, "loop")))
	for name, text := range map[string]string{
		"gated.toml": cfg, "text": "nothing but a text\n",
		"enrol.toml": string(invitationFor(t, cfg, "https://127.0.0.1:1")), "enrol-name.toml": string(invitationFor(t, cfg, "https://central.invalid")),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEveryNumberHasWords: each has the name of what it is about, in both
// languages, and none of the kernel's words.
func TestEveryNumberHasWords(t *testing.T) {
	for number := range errnoWords {
		for _, lang := range []gate.Language{gate.English, gate.Chinese} {
			for _, err := range []error{
				&fs.PathError{Op: "open", Path: "/dev/x", Err: number},
				fmt.Errorf("use it: %w", &os.LinkError{Op: "rename", Old: "/a", New: "/dev/x", Err: number}),
				errors.Join(io.ErrClosedPipe, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.UnixAddr{Name: "/dev/x", Net: "unix"}, Err: os.NewSyscallError("connect", number)}),
			} {
				said, known := inWords(err, lang)
				if !known || strings.Contains(said, number.Error()) || !strings.Contains(said, "/dev/x") || strings.Contains(said, "%!") {
					t.Errorf("%v in %s: %q", err, lang, said)
				}
			}
			if said, known := inWords(fmt.Errorf("set it: %w", number), lang); !known || strings.Contains(said, number.Error()) {
				t.Errorf("%v alone in %s: %q", number, lang, said)
			}
		}
	}
	if said, known := inWords(errors.New("the door is open"), gate.English); known || said != "the door is open" {
		t.Errorf("%q, %v", said, known)
	}
	timeout := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8883}, Err: os.ErrDeadlineExceeded}
	if said, known := inWords(timeout, gate.English); !known || !strings.Contains(said, "10.0.0.1:8883 does not answer in time") {
		t.Errorf("%q, %v", said, known)
	}
}
