// Command bench prints what a box takes for a code, beside the least that it
// could take on this machine: rows 1 and 3 of DESIGN section 9.
//
// It promises that ours and the floor are measured in the same run, sample by
// sample in turn, so that whatever else the machine does falls on both. Ours is
// the real thing (controller, verifier, store), with a relay in memory. The
// floor is what nobody can do without: the bare Ed25519 verifications of that
// very code, and one bare SQLite insert of the same bytes, fsynced, on the same
// disk. A second table shows a code over a serial port, at the speeds of a module
// as it comes and as we set it. A last table holds the same claims as COSE/CWT, PASETO and JWT: made,
// drawn, read and measured in the same run, nothing typed in.
//
// With -revocation it measures the list of revocations instead, at ten million
// entries: what it weighs and what a lookup costs, beside a Go map, a sorted slice
// and a Bloom filter, and what its documents cost until they are enforced.
//
// With -journal it measures the store: a commit beside a bare insert with up to a
// million records, with slow syncs, and what an opening writes.
//
// With -memory it measures the real daemon with as many revocations and unsent
// records as a box must bear: what is resident, and how it starts, opens and drains.
//
// It refuses to decide anything: it exits with 0 whatever the figures are, and
// with 1 only if it could not measure. A new row is a function that returns a
// [row], called in measure; a new format is one in formats.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit status: 0 measured, 1 could not measure, 2 asked wrongly.
func run(args []string, out, errout io.Writer) int {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errout)
	n := f.Int("n", 1000, "samples of each figure")
	dir := f.String("dir", os.TempDir(), "folder on the disk that is to be measured")
	list := f.Bool("revocation", false, "measure the revocation list at full size instead, which takes a minute")
	line := f.Bool("network", false, "measure the line to the central server instead, which takes three minutes")
	memory := f.Bool("memory", false, "measure the memory of the real daemon and a long backlog instead, which takes minutes")
	journal := f.Bool("journal", false, "measure a long journal, a slow disk and what is written instead, which takes two minutes")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil || f.NArg() > 0 || *n < 1:
		fmt.Fprintln(errout, "bench: hint: go run ./bench [-n SAMPLES | -revocation | -network | -journal | -memory] [-dir FOLDER]")
		return 2
	}
	do := func() error { return measure(out, *dir, *n) }
	switch {
	case *list:
		do = func() error { return measureRevocation(out, *dir, 1) }
	case *journal:
		do = func() error { return measureJournal(out, *dir, 1) }
	case *memory:
		do = func() error { return measureMemory(context.Background(), out, *dir, 1) }
	case *line:
		do = func() error { return measureNetwork(out, *dir, 1) }
	}
	if err := do(); err != nil {
		fmt.Fprintf(errout, "bench: error: %v\n", err)
		return 1
	}
	return 0
}

// measure prints the machine and every row.
func measure(out io.Writer, dir string, n int) (err error) {
	temp, err := os.MkdirTemp(dir, "gated-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := printMachine(out, temp); err != nil {
		return err
	}
	var rows []row
	for _, kind := range kinds {
		r, err := measureOpening(temp, kind, n)
		if err != nil {
			return fmt.Errorf("measure opening by %s: %w", kind.name, err)
		}
		rows = append(rows, r)
	}
	for _, kind := range kinds {
		r, err := measureVerification(kind, n)
		if err != nil {
			return fmt.Errorf("measure verification of %s: %w", kind.name, err)
		}
		rows = append(rows, r)
	}
	var all []wired
	for _, kind := range kinds {
		for _, baud := range atBauds {
			w, err := measureWired(temp, kind, baud, n)
			if err != nil {
				return fmt.Errorf("measure %s at %d baud: %w", kind.name, baud, err)
			}
			all = append(all, w)
		}
	}
	others, err := measureFormats(n)
	if err != nil {
		return fmt.Errorf("measure other formats: %w", err)
	}
	printRows(out, rows)
	printWired(out, all)
	printFormats(out, others)
	return nil
}
