// Command pi tries the real arm64 gated on two emulated boards: a Raspberry Pi 3
// and QEMU's "virt", each with Debian's kernel, its GPIO and serial drivers, a
// disk, and a network to a central server and a broker on this machine.
//
// It promises that what it says of a pin was seen from outside: every write of
// the guest to the GPIO registers is taken from the emulator with its time, from
// power-on to power-off, so that no level is too short to be seen. It ends with
// exit status 0 only if every check held on every board. The boards run at the same
// time: each keeps about one processor of this machine busy.
//
// It refuses to know what a real board alone can show: pulls, the level after
// the firmware, relay boards, baud rates, contacts that bounce, a card that
// loses power. docs/emulated-pi.md draws that line.
//
// A new check is a row in a table of checks_*.go and its function; a new board is
// one more value of type board.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"gated/stage"
)

// longest is how long one board may take, whatever goes wrong. On an idle
// machine it is about a minute and a half.
const longest = 15 * time.Minute

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the flags.
type options struct {
	programs stage.Programs // of this machine, not of the board
	kit      string         // folder that pi/kit.sh filled
	boards   []string
	fault    fault
	said     io.Writer // gets what the boards say
}

// fault is what is wrong on purpose, so that the checks can be seen to fail.
type fault string

const (
	noFault    fault = ""
	wrongPulse fault = "pulse" // the box is told a pulse of twice the length
	wrongPin   fault = "pin"   // the box is told another line for the relay
)

// run returns the exit status: 0 all held, 1 something did not, 2 asked wrongly.
func run(args []string, out, errout io.Writer) int {
	opt, err := parse(args, errout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(errout, "pi: error: %v\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	r := &report{out: out, begin: time.Now()}
	var all sync.WaitGroup
	for _, name := range opt.boards {
		all.Go(func() {
			if err := try(ctx, opt, boards[name], r); err != nil {
				r.broken(name, err)
			}
		})
	}
	all.Wait()
	r.sum()
	if ctx.Err() != nil {
		fmt.Fprintln(errout, "pi: interrupted; everything that was started has been stopped")
		return 1
	}
	if r.failed > 0 {
		return 1
	}
	return 0
}

func parse(args []string, errout io.Writer) (options, error) {
	var opt options
	var only, wrong string
	f := flag.NewFlagSet("pi", flag.ContinueOnError)
	f.SetOutput(errout)
	f.StringVar(&opt.programs.Central, "central", "build/gate-central", "path of a built gate-central")
	f.StringVar(&opt.kit, "kit", "build/pi", "folder that pi/kit.sh filled")
	f.StringVar(&only, "board", "", "try this board alone")
	f.StringVar(&wrong, "break", "", "set this wrong on purpose, pulse or pin; the checks must then fail")
	verbose := f.Bool("v", false, "print what the boards say")
	if err := f.Parse(args); err != nil {
		return opt, err
	}
	opt.boards = slices.Sorted(maps.Keys(boards))
	if only != "" {
		opt.boards = []string{only}
	}
	opt.fault, opt.said = fault(wrong), io.Discard
	if *verbose {
		opt.said = errout
	}
	var err error
	if opt.programs.Central, err = filepath.Abs(opt.programs.Central); err != nil {
		return opt, fmt.Errorf("find gate-central: %w", err)
	}
	if opt.kit, err = filepath.Abs(opt.kit); err != nil {
		return opt, fmt.Errorf("find kit: %w", err)
	}
	switch {
	case f.NArg() > 0:
		return opt, fmt.Errorf("unexpected %q", f.Arg(0))
	case boards[opt.boards[0]] == nil:
		return opt, fmt.Errorf("there is no board %q; the boards are %s", only, strings.Join(slices.Sorted(maps.Keys(boards)), ", "))
	case !slices.Contains([]fault{noFault, wrongPulse, wrongPin}, opt.fault):
		return opt, fmt.Errorf("there is nothing called %q to break; there are pulse and pin", wrong)
	}
	return opt, nil
}

// try plays all checks on one board. An error means that they could not be
// played, not that one failed.
func try(ctx context.Context, opt options, b *board, r *report) (err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	s, err := stage.New(opt.programs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	t, err := newTrial(ctx, s, b, opt)
	if err != nil {
		return err
	}
	defer func() { _ = t.kill() }() // it may be gone already
	r.play(ctx, t)
	return nil
}
