package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is one running program in a process group of its own. Its methods are
// safe for concurrent use.
type Process struct {
	Name string
	Out  *Lines // standard output and error, as they came

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and err is set
	err  error
}

// Start starts a program that runs until it is stopped. The stage ends it at
// the latest.
func (s *Stage) Start(name, path string, args ...string) (*Process, error) {
	p := &Process{Name: name, Out: NewLines(), cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.Out, p.Out
	if err := s.run(p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = append(s.started, p)
	return p, nil
}

// run starts p and lets a goroutine wait for its end.
func (s *Stage) run(p *Process) error {
	p.cmd.Dir = s.Dir
	// A program built with the race detector would sleep for a second at its end.
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 2 * time.Second // a grandchild may hold the pipe
	if err := s.adopt(p); err != nil {
		return err
	}
	go func() {
		p.err = p.cmd.Wait()
		s.release(p)
		close(p.done)
	}()
	return nil
}

// Kill ends the whole process group with SIGKILL, at once and without a word to
// the process.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL) }

// Signal sends sig to the whole process group. A group that is gone is fine.
func (p *Process) Signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, sig)
	}
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the process's number, also after its end.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Wait returns the exit status once the process has ended: -1 if a signal ended
// it. An error means that ctx ended first.
func (p *Process) Wait(ctx context.Context) (code int, err error) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the end of %s: %w", p.Name, ctx.Err())
	}
}

// Stop asks the process to end with SIGTERM and insists on exit status 0.
func (p *Process) Stop(ctx context.Context) error {
	p.Signal(syscall.SIGTERM)
	code, err := p.Wait(ctx)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("stop %s: exit status %d (%w); it said:\n%s", p.Name, code, p.err, p.Out.Tail(20))
	}
	return nil
}

// WaitLine returns the first line that begins with prefix. It is an error if
// the process ends before it has said that.
func (p *Process) WaitLine(ctx context.Context, prefix string) (string, error) {
	for from := 0; ; {
		lines, more := p.Out.From(from)
		for _, l := range lines {
			if strings.HasPrefix(l, prefix) {
				return l, nil
			}
		}
		from += len(lines)
		select {
		case <-more:
		case <-p.done:
			if rest, _ := p.Out.From(from); len(rest) == 0 {
				return "", fmt.Errorf("%s ended without saying %q; it said:\n%s", p.Name, prefix, p.Out.Tail(20))
			}
		case <-ctx.Done():
			return "", fmt.Errorf("wait until %s says %q: %w; it said:\n%s", p.Name, prefix, ctx.Err(), p.Out.Tail(20))
		}
	}
}

// Result is what a command that ended by itself came to.
type Result struct {
	Stdout, Stderr string
	Code           int // exit status; -1: ended by a signal
}

// Exec runs a command to its end. An exit status other than 0 is no error; not
// to have been run, or to have been cut off by ctx, is.
func (s *Stage) Exec(ctx context.Context, path string, args ...string) (Result, error) {
	var stdout, stderr bytes.Buffer
	p := &Process{Name: path, Out: NewLines(), cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &stdout, &stderr
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("run %s: %w", path, err)
	}
	if err := s.run(p); err != nil {
		return Result{}, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Kill()
		<-p.done
		return Result{}, fmt.Errorf("run %s %s: %w", path, strings.Join(args, " "), ctx.Err())
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		return Result{}, fmt.Errorf("run %s: %w", path, p.err)
	}
	return Result{stdout.String(), stderr.String(), p.cmd.ProcessState.ExitCode()}, nil
}

// Must is Exec for a command that has to succeed; it returns what was printed.
func (s *Stage) Must(ctx context.Context, path string, args ...string) (string, error) {
	r, err := s.Exec(ctx, path, args...)
	if err != nil {
		return "", err
	}
	if r.Code != 0 {
		return "", fmt.Errorf("run %s %s: exit status %d: %s", path, strings.Join(args, " "), r.Code, strings.TrimSpace(r.Stderr))
	}
	return r.Stdout, nil
}
