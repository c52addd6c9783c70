package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Stage is one temporary folder and everything that runs in it. Safe for
// concurrent use.
type Stage struct {
	Dir      string // absolute; short enough for the path of a Unix socket
	Programs Programs

	mu      sync.Mutex
	closed  bool
	procs   map[*Process]bool
	started []*Process // by Start, ended ones too
	closers []io.Closer

	janitor *exec.Cmd
	word    *os.File // the janitor's standard input; our end closes it
}

// janitorScript kills and removes what is left once its input ends. A line
// "+ N" puts process group N under its care, "- N" takes it out again.
const janitorScript = `trap '' INT TERM HUP
live=
while read -r word group; do
	next=
	for g in $live; do [ "$g" = "$group" ] || next="$next $g"; done
	live=$next
	[ "$word" = "+" ] && live="$live $group"
done
for g in $live; do kill -s KILL -- "-$g" 2>/dev/null; done
rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }
`

// New makes the folder and its janitor. The caller closes the stage.
func New(p Programs) (*Stage, error) {
	dir, err := os.MkdirTemp("", "gated-")
	if err != nil {
		return nil, fmt.Errorf("make stage: %w", err)
	}
	s := &Stage{Dir: dir, Programs: p, procs: make(map[*Process]bool)}
	if err := s.hireJanitor(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Stage) hireJanitor() error {
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make janitor's pipe: %w", err)
	}
	defer func() { _ = read.Close() }()
	s.word = write
	s.janitor = exec.Command("/bin/sh", "-c", janitorScript, "sh", s.Dir)
	s.janitor.Stdin = read
	s.janitor.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of reach of the terminal's Ctrl-C
	if err := s.janitor.Start(); err != nil {
		return errors.Join(fmt.Errorf("start janitor: %w", err), write.Close())
	}
	return nil
}

// Path is a file of the stage.
func (s *Stage) Path(elem ...string) string {
	return filepath.Join(append([]string{s.Dir}, elem...)...)
}

// Close kills what runs, waits for it and removes the folder. Every call after
// the first does nothing.
func (s *Stage) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var procs []*Process
	for p := range s.procs {
		procs = append(procs, p)
	}
	closers := s.closers
	s.mu.Unlock()

	for _, p := range procs {
		p.Kill()
		<-p.done
	}
	var errs []error
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	errs = append(errs, s.word.Close())
	if err := s.janitor.Wait(); err != nil {
		errs = append(errs, fmt.Errorf("remove stage: %w", err))
	}
	return errors.Join(errs...)
}

// Processes are all that were started with [Stage.Start], oldest first, ended
// ones too.
func (s *Stage) Processes() []*Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.started)
}

// keep has c closed with the stage.
func (s *Stage) keep(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, c)
}

// adopt puts a process under the care of the stage and of its janitor. It
// refuses once the stage is closed.
func (s *Stage) adopt(p *Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("start process: the stage is closed")
	}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	s.procs[p] = true
	fmt.Fprintf(s.word, "+ %d\n", p.cmd.Process.Pid)
	return nil
}

// release takes a process that has ended out of that care, so that its number,
// which the kernel may give away again, is never signalled.
func (s *Stage) release(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.procs, p)
	if !s.closed {
		fmt.Fprintf(s.word, "- %d\n", p.cmd.Process.Pid)
	}
}

// Until calls seen every few milliseconds until it says yes, fails, or ctx
// ends. It is how everything outside of our own process is waited for.
func Until(ctx context.Context, every time.Duration, seen func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if ok, err := seen(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
