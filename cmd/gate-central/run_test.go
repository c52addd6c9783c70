package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"gated/sync"
)

// patience is how long a test waits for another process or goroutine.
const patience = 20 * time.Second

// words collects what is said, from any goroutine.
type words struct {
	mu stdsync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// verb runs one command to its end.
func verb(t *testing.T, args ...string) string {
	t.Helper()
	var data, said bytes.Buffer
	if code := run(t.Context(), args, output{&data, &said}); code != 0 {
		t.Fatalf("%s: exit status %d: %s", args, code, &said)
	}
	return data.String()
}

// network makes a network with an issuer, a key and a site.
func network(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "c")
	verb(t, "init", "-d", dir)
	verb(t, "issuer", "add", "-d", dir, "--id", "1", "--name", "Swift")
	verb(t, "key", "add", "-d", dir, "--issuer", "1", "--kid", "257")
	verb(t, "site", "set", "-d", dir, "--site", "1001", "--name", "Guanggu")
	return dir
}

// server is a gate-central run in this process.
type server struct {
	lines chan string // of its standard output
	said  *words
	stop  func() int // ends it and returns its exit status
}

func serve(t *testing.T, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	s := &server{lines: make(chan string, 10), said: &words{}}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"run"}, args...), output{w, s.said})
		w.Close()
	}()
	go func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			s.lines <- lines.Text()
		}
		close(s.lines)
	}()
	s.stop = stdsync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { s.stop() })
	return s
}

// line is the next line that the server prints.
func (s *server) line(t *testing.T) string {
	t.Helper()
	select {
	case l, ok := <-s.lines:
		if !ok {
			t.Fatalf("the server has ended: %s", s.said)
		}
		return l
	case <-time.After(patience):
		t.Fatalf("the server says nothing: %s", s.said)
	}
	return ""
}

// subscribe listens to topics on a broker until the test ends.
func subscribe(t *testing.T, address, client string, topics ...string) <-chan sync.Message {
	t.Helper()
	messages := make(chan sync.Message, 1000)
	c, err := sync.Dial(t.Context(), sync.Broker{URL: "tcp://" + address, ClientID: client}, func(m sync.Message) { messages <- m })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Subscribe(t.Context(), topics...); err != nil {
		t.Fatal(err)
	}
	return messages
}

// next is the next message.
func next(t *testing.T, messages <-chan sync.Message) sync.Message {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(patience):
		t.Fatal("no message")
	}
	return sync.Message{}
}

func TestRunPublishesAndEndsCleanly(t *testing.T) {
	dir := network(t)
	s := serve(t, "-d", dir, "--listen", "127.0.0.1:0")
	address, ok := strings.CutPrefix(s.line(t), "broker listening on ")
	if !ok || s.line(t) != "ready" {
		t.Fatal("the first two lines are not those that scripts wait for")
	}
	retained := subscribe(t, address, "one", "gated/v1/trust", "gated/v1/revocation/heartbeat")
	for _, want := range []string{"gated/v1/trust", "gated/v1/revocation/heartbeat"} {
		if m := next(t, retained); m.Topic != want || !m.Retained {
			t.Errorf("retained: %s, not %s", m.Topic, want)
		}
	}
	live := subscribe(t, address, "two", "gated/v1/revocation/live")
	begin := time.Now()
	verb(t, "hold", "-d", dir, "--issuer", "1", "--rider", "42")
	if m := next(t, live); m.Retained || !strings.HasPrefix(string(m.Payload), "gated/v1/revocation-delta\n") {
		t.Errorf("live: %q", m.Payload)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("a hold took %s to be published", took)
	}

	var said bytes.Buffer
	impatient, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if code := run(impatient, []string{"run", "-d", dir, "--listen", "127.0.0.1:0"}, output{io.Discard, &said}); code != 1 {
		t.Errorf("a second server on the directory: exit status %d", code)
	}
	if !strings.Contains(said.String(), "hint: stop it first") {
		t.Errorf("a second server says %q", &said)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit status %d when interrupted", code)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the broker is still there")
	}
}

func TestRunPublishesEverythingAgainAfterTheBrokerWasWiped(t *testing.T) {
	address := freePort(t)
	kill := startBroker(t, address)
	dir := network(t)
	s := serve(t, "-d", dir, "--broker", "tcp://"+address)
	if l := s.line(t); l != "ready" {
		t.Fatalf("first line: %q", l)
	}
	kill()
	verb(t, "hold", "-d", dir, "--issuer", "1", "--rider", "42") // while there is no broker
	startBroker(t, address)                                      // with nothing in it
	messages := subscribe(t, address, "one", "gated/v1/revocation/delta/2")
	if m := next(t, messages); len(m.Payload) == 0 {
		t.Error("the delta is empty")
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

func TestRunWaitsForABroker(t *testing.T) {
	address := freePort(t)
	dir := network(t)
	s := serve(t, "-d", dir, "--broker", "tcp://"+address)
	for deadline := time.Now().Add(patience); !strings.Contains(s.said.String(), "no broker"); {
		if time.Now().After(deadline) {
			t.Fatalf("the server does not say that there is no broker: %s", s.said)
		}
		time.Sleep(10 * time.Millisecond)
	}
	startBroker(t, address)
	if l := s.line(t); l != "ready" {
		t.Errorf("first line: %q", l)
	}
}

// freePort is an address where nobody listens now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startBroker runs Mosquitto there until the test ends or kill is called, and
// returns when it accepts connections.
func startBroker(t *testing.T, address string) (kill func()) {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/mosquitto")
	}
	if err != nil {
		if strings.Contains(os.Getenv("GATED_MUST_RUN"), "mosquitto") {
			t.Fatal("mosquitto is not installed, and GATED_MUST_RUN asks for it")
		}
		t.Skip("mosquitto is not installed")
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n", port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = stdsync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	for deadline := time.Now().Add(patience); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return kill
		}
		if time.Now().After(deadline) {
			t.Fatalf("mosquitto does not listen: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
