// Command gated is the daemon of a gate box and the technician's commands.
//
// It is the only place that knows two of the house's packages at once: it reads
// the configuration, opens the state directory, wires verify, store, drivers,
// sync and local together, and starts every long-lived goroutine. It decides
// nothing about a rider and moves no door itself.
//
// A new command is one file with a struct, a row in [cli], and a story in
// testdata/script. A new configuration key is a field in config.go, a check in
// check.go and, in the comment above it, its row of docs/configuration.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	_ "time/tzdata" // the box may have no zone files, and site rules need theirs

	"github.com/alecthomas/kong"

	"gated/cmd/manual"
	"gated/gate"
	"gated/local"
)

// common is shared by all commands.
type common struct {
	Config string `short:"c" default:"/etc/gated/gated.toml" placeholder:"FILE" help:"Configuration file."`
}

// cli is the table of commands.
type cli struct {
	common

	Run        runCmd        `cmd:"" help:"Run the gate."`
	Enrol      enrolCmd      `cmd:"" help:"Make this box a gate, with the file that the central server's operator has written for it."`
	Check      checkCmd      `cmd:"" help:"Check the configuration and say what is wrong."`
	Status     statusCmd     `cmd:"" help:"Show the running gate: lanes, lists, clock, records, alarms."`
	Doctor     doctorCmd     `cmd:"" help:"Look for what is wrong, in a technician's order, and say what to do."`
	Explain    explainCmd    `cmd:"" help:"Say how a code would be judged, step by step. Opens nothing."`
	Trust      trustCmd      `cmd:"" help:"Show who may do what."`
	Revoked    revocationCmd `cmd:"" name:"revocation" help:"Show or search the revocation list."`
	Journal    journalCmd    `cmd:"" help:"List, verify, prove or export the records of this box, or of a database by its name."`
	Import     importCmd     `cmd:"" help:"Take in signed documents from files."`
	Door       doorCmd       `cmd:"" help:"Test a door."`
	IO         ioCmd         `cmd:"" name:"io" help:"Look at the wires."`
	Scanner    scannerCmd    `cmd:"" help:"Test the scanners, and ask and set their modules."`
	Key        keyCmd        `cmd:"" help:"Show the gate's public key."`
	RelaySafe  relaySafeCmd  `cmd:"" help:"Switch every relay off. For systemd, after the daemon has ended in any way."`
	ClockState clockStateCmd `cmd:"" hidden:"" help:"For systemd: write every two seconds whether the kernel's clock is synchronised."`
	Bundle     bundleCmd     `cmd:"" name:"support-bundle" help:"Pack one file for whoever helps from afar: configuration, status, doctor, records, log. Without secrets and without persons."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	Manual manual.Cmd `cmd:"" hidden:"" help:"Print the manual page, or the completion for bash."`
}

// description is the first line of --help.
const description = "The gate daemon, and the technician's commands."

// errNo ends a command with status 1 without another word: its output has said
// it.
var errNo = errors.New("no")

// askedWrongly ends a command with status 2: nothing is broken but the question.
type askedWrongly string

func (e askedWrongly) Error() string { return string(e) }

// gcPercent is how much garbage lies about before it is collected, in percent of
// what is in use: half of Go's own. A box has little memory and a processor that
// waits; an import of ten million revocations then peaks at 2.1 times their size
// instead of 3.2 (make bench, which runs at the same). GOGC overrides it.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(realMain())
}

// realMain returns the exit status: 0 fine, 1 no or broken, 2 asked wrongly.
func realMain() int {
	var c cli
	lang := terminalLanguage()
	parser, err := kong.New(&c, kong.Name("gated"), kong.Description(description),
		kong.UsageOnError(), kong.Bind(&c.common), kong.Help(helpIn(lang)))
	if err != nil {
		panic(err) // the table above is wrong
	}
	ctx, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprint(os.Stderr, wrongQuestion(err, lang))
		return 2
	}
	var asked askedWrongly
	switch err := ctx.Run(&c.common); {
	case err == nil:
		return 0
	case errors.Is(err, errNo):
		return 1
	case errors.As(err, &asked):
		fmt.Fprintf(os.Stderr, "gated: error: %s\n", asked)
		return 2
	default:
		command, _, _ := strings.Cut(ctx.Command(), " <")
		for _, line := range explained(err, command, lang) {
			fmt.Fprintln(os.Stderr, line)
		}
		return 1
	}
}

// client speaks to the daemon of the same configuration.
func (c *common) client() (*Config, *local.Client, error) {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return nil, nil, err
	}
	client := local.NewClient(cfg.Gate.Socket)
	client.Language = language(cfg)
	return cfg, client, nil
}

// notRunning adds to an error what it means for the question, if it says that the
// daemon is not running.
func notRunning(err error, meaning string) error {
	if errors.Is(err, local.ErrNotRunning) {
		return fmt.Errorf("%w.\n%s", err, meaning)
	}
	return err
}

// language is that of the configuration, unless the environment asks for
// Chinese.
func language(cfg *Config) gate.Language {
	if l := terminalLanguage(); l != "" {
		return l
	}
	return gate.Language(cfg.Gate.Language)
}

// language is that of a command that has not read its configuration.
func (c *common) language() gate.Language {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return pick(terminalLanguage() == gate.Chinese, gate.Chinese, gate.English)
	}
	return language(cfg)
}

// terminalLanguage is what the environment asks for; empty: nothing.
func terminalLanguage() gate.Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return gate.Chinese
			}
			return gate.English
		}
	}
	return ""
}
