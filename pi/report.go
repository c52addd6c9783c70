package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// check is one thing that must be seen. It says what was measured.
type check struct {
	name string
	see  func(context.Context, *trial) (measured string, err error)
}

// patience is how long one check may take. It is for what hangs: no figure
// decides anything.
const patience = 4 * time.Minute

// report counts and prints what became of the checks. Safe for concurrent use.
type report struct {
	out   io.Writer
	begin time.Time

	mu                   sync.Mutex
	passed, failed, left int
}

// play tries the checks of a trial in their order, each of which goes on from
// where the one before left the box. After a failure the board's others cannot
// mean anything, and are not tried.
func (r *report) play(ctx context.Context, t *trial) {
	checks := t.checks()
	for i, c := range checks {
		short, cancel := context.WithTimeout(ctx, patience)
		measured, err := c.see(short, t)
		cancel()
		if err != nil {
			r.fail(t, c, err, checks[i+1:])
			return
		}
		r.mu.Lock()
		r.passed++
		r.line("ok", t.board.name, c.name, measured)
		r.mu.Unlock()
	}
}

// fail is a check that did not hold, and those that it leaves untried.
func (r *report) fail(t *trial, c check, err error, left []check) {
	tail := t.tail()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong(t.board.name, c.name, err)
	fmt.Fprint(r.out, indent(tail))
	for _, c := range left {
		r.left++
		r.line("-", t.board.name, c.name, "not tried")
	}
}

// broken is a board whose checks could not be played, or that could not be
// cleared away.
func (r *report) broken(board string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong(board, "the board's disk, network and power", err)
}

// wrong is called with mu held, like line.
func (r *report) wrong(board, name string, err error) {
	r.failed++
	first, rest, _ := strings.Cut(err.Error(), "\n")
	r.line("FAIL", board, name, first)
	fmt.Fprint(r.out, indent(rest))
}

func (r *report) line(verdict, board, name, measured string) {
	fmt.Fprintf(r.out, "%-4s %5.1f s  %-8s %s", verdict, time.Since(r.begin).Seconds(), board, name)
	if measured != "" {
		fmt.Fprintf(r.out, ": %s", measured)
	}
	fmt.Fprintln(r.out)
}

// sum is the closing line, when all boards are done.
func (r *report) sum() {
	fmt.Fprintf(r.out, "%d passed, %d failed", r.passed, r.failed)
	if r.left > 0 {
		fmt.Fprintf(r.out, ", %d not tried", r.left)
	}
	fmt.Fprintf(r.out, " (%.0f s)\n", time.Since(r.begin).Seconds())
}

func indent(s string) string {
	if s == "" {
		return ""
	}
	return "    | " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    | ") + "\n"
}
