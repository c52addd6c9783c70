package stage_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gated/stage"
)

// deadline bounds whatever waits for a real process.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func newStage(t *testing.T) *stage.Stage {
	s, err := stage.New(stage.Programs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close stage: %v", err)
		}
	})
	return s
}

// endings are the ways in which whoever uses a stage may come to an end.
var endings = map[string]func(*stage.Stage){
	"closed":             func(s *stage.Stage) { _ = s.Close() },
	"exits without ado":  func(*stage.Stage) { os.Exit(3) },
	"panics in a thread": func(*stage.Stage) { go panic("on purpose"); select {} },
	"is killed":          func(*stage.Stage) { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
}

// TestMain plays one of the endings when the test binary is run as a child.
func TestMain(m *testing.M) {
	end := endings[os.Getenv("STAGE_TEST_ENDING")]
	if end == nil {
		os.Exit(m.Run())
	}
	s, err := stage.New(stage.Programs{})
	if err != nil {
		panic(err)
	}
	p, err := s.Start("child", "/bin/sh", "-c", "sleep 600 & echo up; wait")
	if err != nil {
		panic(err)
	}
	if _, err := p.WaitLine(context.Background(), "up"); err != nil {
		panic(err)
	}
	fmt.Printf("%d %s\n", p.Pid(), s.Dir)
	end(s)
}

func TestNothingIsLeftBehind(t *testing.T) {
	for name := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t)
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), "STAGE_TEST_ENDING="+name)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("read what the child started: %v", err)
			}
			_ = cmd.Wait() // most endings are no good ones
			group, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
			if err := stage.Until(ctx, 10*time.Millisecond, func() (bool, error) {
				_, err := os.Stat(dir)
				return errors.Is(err, fs.ErrNotExist) && len(members(t, group)) == 0, nil
			}); err != nil {
				t.Errorf("left behind: folder %s or processes %v of group %s", dir, members(t, group), group)
			}
		})
	}
}

// members are the living processes of a process group; zombies do not count,
// their parent is none of ours.
func members(t *testing.T, group string) []string {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ") // state, parent, group
		f := strings.Fields(rest)
		if len(f) > 2 && f[2] == group && f[0] != "Z" {
			found = append(found, path)
		}
	}
	return found
}

func TestCloseEndsWhatRuns(t *testing.T) {
	s, err := stage.New(stage.Programs{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Start("stubborn", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WaitLine(deadline(t), "up"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := members(t, strconv.Itoa(p.Pid())); len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := s.Start("late", "/bin/true"); err == nil {
		t.Error("a closed stage started a process")
	}
}

func TestCommandThatIsRefusedIsNoError(t *testing.T) {
	s := newStage(t)
	r, err := s.Exec(deadline(t), "/bin/sh", "-c", "echo yes; echo no >&2; exit 4")
	if err != nil {
		t.Fatal(err)
	}
	if want := (stage.Result{Stdout: "yes\n", Stderr: "no\n", Code: 4}); r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if _, err := s.Must(deadline(t), "/bin/sh", "-c", "echo why >&2; exit 4"); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("Must: %v; it must say what the command said", err)
	}
	if _, err := s.Exec(deadline(t), "/nonexistent"); err == nil {
		t.Error("a program that is not there was run")
	}
}

func TestCommandThatHangsIsCutOff(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Exec(ctx, "/bin/sh", "-c", "sleep 600 & sleep 600"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want deadline exceeded", err)
	}
}

func TestStopInsistsOnACleanEnd(t *testing.T) {
	s := newStage(t)
	p, err := s.Start("rude", "/bin/sh", "-c", "trap 'echo no; exit 7' TERM; echo up; while :; do sleep 0.01; done")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WaitLine(deadline(t), "up"); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(deadline(t)); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("Stop: %v, want exit status 7", err)
	}
	if _, err := p.WaitLine(deadline(t), "never said"); err == nil {
		t.Error("a line was found that was never said")
	}
}
