package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// BoxConfig is what the configuration of a simulated gate box says.
type BoxConfig struct {
	ID     string
	Site   uint32
	Roots  string        // the lines roots and threshold of the section [trust]
	Broker string        // host:port
	Pulse  time.Duration // of the relay, mode "hold"
}

// Box is one gate box: its folder, configuration, scanner, relay trace, and its
// process when that runs. Its methods are safe for concurrent use, but only one
// goroutine may start and stop it.
type Box struct {
	Dir     string
	Config  string // path of gated.toml
	Scanner *Scanner
	Trace   Trace
	Under   []string // program and arguments that start the daemon, as setpriv does; empty: nothing stands before it

	stage *Stage
	mu    sync.Mutex
	run   *running
}

// running is one process of the box and what systemd does after it.
type running struct {
	*Process
	safe    chan struct{} // closed when relay-safe has ended
	safeErr error
}

// NewBox writes the configuration of a box into its own folder. The scanner is
// plugged in, nothing runs.
func (s *Stage) NewBox(cfg BoxConfig) (*Box, error) {
	dir := s.Path(cfg.ID)
	b := &Box{
		Dir: dir, Config: filepath.Join(dir, "gated.toml"),
		Scanner: s.NewScanner(filepath.Join(dir, "scanner")),
		Trace:   Trace(filepath.Join(dir, "relay.trace")),
		stage:   s,
	}
	if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
		return nil, fmt.Errorf("make box: %w", err)
	}
	if err := os.WriteFile(b.Config, []byte(cfg.toml(dir)), 0o600); err != nil {
		return nil, fmt.Errorf("make box: %w", err)
	}
	return b, b.Scanner.PlugIn()
}

// toml is the configuration file. The line numbers count: tests break it line
// by line.
func (c BoxConfig) toml(dir string) string {
	return fmt.Sprintf(`[gate]
id = %[1]q
site = %[2]d
state_dir = "%[6]s/state"
socket = "%[6]s/gated.sock"
language = "en"

[trust]
%[3]s

[mqtt]
broker = "tcp://%[4]s"
prefix = "gated/v1"

[[lane]]
name = "in"
direction = "in"
scanner = { kind = "serial", device = "%[6]s/scanner", baud = "auto" }
door = { kind = "sim", trace = "%[6]s/relay.trace", mode = "hold", pulse = %[5]q }
signal = { kind = "sim", trace = "%[6]s/signal.trace" }

[clock]
trust = "always"
`, c.ID, c.Site, strings.TrimSpace(c.Roots), c.Broker, c.Pulse.String(), dir)
}

// Do runs one command of gated with this box's configuration and returns what
// it printed.
func (b *Box) Do(ctx context.Context, args ...string) (string, error) {
	return b.stage.Must(ctx, b.stage.Programs.Gated, append(args, "-c", b.Config)...)
}

// Try is Do for a command that may be refused.
func (b *Box) Try(ctx context.Context, args ...string) (Result, error) {
	return b.stage.Exec(ctx, b.stage.Programs.Gated, append(args, "-c", b.Config)...)
}

// Start starts the daemon and returns at once. When its process ends, however
// it ends, `gated relay-safe` is run, as systemd does after ExecStart.
func (b *Box) Start() error {
	if r := b.current(); r != nil {
		<-r.safe
	}
	line := append(slices.Clone(b.Under), b.stage.Programs.Gated, "run", "-c", b.Config)
	proc, err := b.stage.Start("gated", line[0], line[1:]...)
	if err != nil {
		return err
	}
	r := &running{Process: proc, safe: make(chan struct{})}
	b.mu.Lock()
	b.run = r
	b.mu.Unlock()
	go func() {
		defer close(r.safe)
		<-proc.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, r.safeErr = b.Do(ctx, "relay-safe")
	}()
	return nil
}

func (b *Box) current() *running {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.run
}

// Process is the daemon's newest process; nil before the first start.
func (b *Box) Process() *Process {
	if r := b.current(); r != nil {
		return r.Process
	}
	return nil
}

// Kill ends the daemon with SIGKILL and returns once it is gone and relay-safe
// has run.
func (b *Box) Kill(ctx context.Context) error {
	r := b.current()
	r.Kill()
	return r.wait(ctx)
}

// Stop ends the daemon as systemd does, with SIGTERM, and insists on exit
// status 0.
func (b *Box) Stop(ctx context.Context) error {
	r := b.current()
	return errors.Join(r.Stop(ctx), r.wait(ctx))
}

func (r *running) wait(ctx context.Context) error {
	select {
	case <-r.safe:
		return r.safeErr
	case <-ctx.Done():
		return fmt.Errorf("wait for relay-safe: %w", ctx.Err())
	}
}

// Running says whether the daemon's process is there.
func (b *Box) Running() bool {
	r := b.current()
	if r == nil {
		return false
	}
	select {
	case <-r.Done():
		return false
	default:
		return true
	}
}
