package local_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/local"
)

// serve runs a server on a fresh socket until the test ends.
func serve(t *testing.T, path string, answers map[string]local.Answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- local.New(path, answers, slog.New(slog.DiscardHandler)).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the socket does not appear")
		}
	}
}

func TestAnswersKnowWhoAsks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	serve(t, path, map[string]local.Answer{
		"GET /v1/who": func(_ context.Context, who local.Caller, _ []byte) (any, error) { return who, nil },
		"POST /v1/say": func(_ context.Context, _ local.Caller, body []byte) (any, error) {
			if len(body) == 0 {
				return nil, errors.New("nothing was said")
			}
			return string(body), nil
		},
	})
	c := local.NewClient(path)
	var who local.Caller
	if err := c.Ask(t.Context(), "/v1/who", nil, &who); err != nil {
		t.Fatal(err)
	}
	if int(who.UID) != os.Getuid() || int(who.PID) != os.Getpid() {
		t.Errorf("asked by %+v, want our own uid %d and pid %d", who, os.Getuid(), os.Getpid())
	}
	var said string
	if err := c.Ask(t.Context(), "/v1/say", []byte("hello"), &said); err != nil || said != "hello" {
		t.Errorf("said %q, %v", said, err)
	}
	if err := c.Ask(t.Context(), "/v1/say", []byte{}, &said); err == nil || err.Error() != "nothing was said" {
		t.Errorf("error %v, want the answer's own sentence", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("socket's mode %v, %v; want 0660", info.Mode(), err)
	}
}

func TestNobodyHome(t *testing.T) {
	err := local.NewClient(filepath.Join(t.TempDir(), "none")).Ask(t.Context(), "/v1/status", nil, nil)
	if !errors.Is(err, local.ErrNotRunning) || !strings.Contains(err.Error(), "systemctl start gated") {
		t.Errorf("error %v, want ErrNotRunning and what to do", err)
	}
}

func TestOldSocketIsReplacedAndAFileIsNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as a SIGKILL leaves it
	_ = l.Close()
	serve(t, path, nil)

	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = local.New(file, nil, slog.New(slog.DiscardHandler)).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("Run on a file's name: %v", err)
	}
	if b, _ := os.ReadFile(file); string(b) != "precious" {
		t.Error("the file was harmed")
	}
}
