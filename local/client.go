package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"gated/gate"
)

// ErrNotRunning is wrapped when nobody serves the socket.
var ErrNotRunning = errors.New("gated is not running")

// askLimit is how long an answer is waited for.
const askLimit = 10 * time.Second

// Client asks the daemon behind a socket.
type Client struct {
	// Language of the sentences that are asked for; empty: English.
	Language gate.Language

	path string
	http *http.Client
}

// NewClient makes a client of the socket at path. Nothing is opened until it is
// asked.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{path: path, http: &http.Client{
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
		Timeout:   askLimit,
	}}
}

// Ask sends body (nil: GET, else POST) and reads the answer into v.
func (c *Client) Ask(ctx context.Context, path string, body []byte, v any) error {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://gated"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make question: %w", err)
	}
	if c.Language != "" {
		req.Header.Set("Accept-Language", string(c.Language))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return errors.New(strings.TrimSpace(string(b)))
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

// explain says what a failed connection means.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: nobody answers at %s; start it with systemctl start gated", ErrNotRunning, c.path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("socket %s is not for this user: use sudo, or join the group gated (sudo usermod -aG gated $USER) and log in again", c.path)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("gated at %s ended while it was asked: ask again in some seconds; journalctl -u gated -n 30 says why", c.path)
	case os.IsTimeout(err):
		return fmt.Errorf("gated at %s has not answered within %s: it is busy or hangs; ask again, then systemctl restart gated", c.path, askLimit)
	default:
		return fmt.Errorf("ask %s: %w", c.path, err)
	}
}

// Peer is whoever serves the socket, by the kernel's word.
func (c *Client) Peer(ctx context.Context) (Caller, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.path)
	if err != nil {
		return Caller{}, c.explain(err)
	}
	defer func() { _ = conn.Close() }()
	who, ok := withCaller(ctx, conn).Value(callerKey{}).(Caller)
	if !ok {
		return Caller{}, fmt.Errorf("ask %s: the kernel does not say who serves it", c.path)
	}
	return who, nil
}
