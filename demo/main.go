// Command demo plays one morning at a gate with real processes and says in one
// line a step what happened and what was measured.
//
// It promises to end with exit status 0 only if every step was seen to happen,
// from outside: at the relay, by the box's own status, in the records at the
// central server. It needs no root and no fixed port, and leaves no process and
// no file behind, also after Ctrl-C.
//
// It refuses to take a step's word for itself: what a step does and how it is
// seen are two functions, and -break NAME leaves out the first, so that the
// demo must fail and name that step. That is how the demo is itself tested.
//
// A new step is a row in [morning] and its two functions.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"gated/stage"
)

// longest is how long one morning may take, whatever goes wrong. It is meant to
// take less than 90 s.
const longest = 3 * time.Minute

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the flags.
type options struct {
	programs stage.Programs
	live     bool
	omit     string // name of the step whose cause is left out
}

// run returns the exit status: 0 all seen, 1 something was not, 2 asked wrongly.
func run(args []string, out, errout io.Writer) int {
	opt, err := parse(args, errout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(errout, "demo: error: %v\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ok, err := play(ctx, opt, out)
	if err != nil {
		fmt.Fprintf(errout, "demo: error: %v\n", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}

func parse(args []string, errout io.Writer) (options, error) {
	var opt options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(errout)
	f.StringVar(&opt.programs.Gated, "gated", "", "path of a built gated (default: build it)")
	f.StringVar(&opt.programs.Central, "central", "", "path of a built gate-central (default: build it)")
	f.BoolVar(&opt.live, "live", false, "leave everything running afterwards, until Ctrl-C")
	f.StringVar(&opt.omit, "break", "", "leave out the cause of step `NAME`; the demo must then fail and name it")
	if err := f.Parse(args); err != nil {
		return opt, err
	}
	if f.NArg() > 0 {
		return opt, fmt.Errorf("unexpected %q", f.Arg(0))
	}
	names := stepNames()
	if opt.omit != "" && !slices.Contains(names, opt.omit) {
		return opt, fmt.Errorf("there is no step %q to break; the steps are %s", opt.omit, strings.Join(names, ", "))
	}
	return opt, nil
}

// play sets the stage, plays the morning and clears the stage again. It says
// whether every step was seen.
func play(ctx context.Context, opt options, out io.Writer) (ok bool, err error) {
	s, err := stage.New(opt.programs)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := findPrograms(ctx, s, out); err != nil {
		return false, err
	}
	begin := time.Now()

	fmt.Fprintln(out, "One morning at the east gate of East Garden: real processes, simulated relay.  小区东门的一个早晨")
	short, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	m, err := newMorning(short, s, begin, out)
	if err != nil {
		return false, err
	}
	results := m.play(short, opt.omit)
	ok = table(out, results)
	fmt.Fprintf(out, "%.0f s in all.\n", time.Since(begin).Seconds())
	if ctx.Err() != nil {
		return false, errors.New("interrupted; everything that was started has been stopped")
	}
	if opt.live {
		err = m.leaveRunning(ctx, out)
	}
	return ok, err
}

// findPrograms checks the given programs, or builds both.
func findPrograms(ctx context.Context, s *stage.Stage, out io.Writer) (err error) {
	if s.Programs == (stage.Programs{}) {
		fmt.Fprintln(out, "Building gated and gate-central; the first time this takes some minutes.")
		s.Programs, err = stage.Build(ctx, s.Dir)
		return err
	}
	s.Programs, err = s.Programs.Find()
	return err
}
