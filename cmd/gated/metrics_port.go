package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"gated/local"
)

// checkMetrics refuses what is no address to listen on.
func (c *Config) checkMetrics(f *findings) {
	if c.Metrics.Listen == "" {
		return
	}
	_, port, err := net.SplitHostPort(c.Metrics.Listen)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 {
		f.add("metrics.listen", text(`%q 不能作监听地址：请写 "127.0.0.1:9464"，或不填`, `%q is no address to listen on: write "127.0.0.1:9464", or leave it out`, c.Metrics.Listen))
	}
}

// portAgain is when a port that could not be had is tried again.
const portAgain = time.Minute

// serveMetrics answers GET /metrics on the configured port until ctx ends, and
// nothing else. A port that somebody else has is no reason for the gate to stand
// still: it is logged and tried again.
func (b *box) serveMetrics(ctx context.Context, page func(context.Context) local.Text) error {
	if b.cfg.Metrics.Listen == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		text := page(r.Context())
		w.Header().Set("Content-Type", text.ContentType)
		if _, err := w.Write(text.Body); err != nil {
			b.log.Debug("metrics not delivered", "err", err)
		}
	})
	for {
		err := b.servePort(ctx, mux)
		if ctx.Err() != nil {
			return nil
		}
		b.log.Warn("no metrics at the configured port; the gate is not concerned", "listen", b.cfg.Metrics.Listen, "err", err, "again", portAgain)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(portAgain):
		}
	}
}

// servePort serves until ctx ends or the port is lost. Whoever can reach the port
// may be anybody: each has little time and little room.
func (b *box) servePort(ctx context.Context, h http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", b.cfg.Metrics.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", b.cfg.Metrics.Listen, err)
	}
	const limit = 10 * time.Second
	srv := &http.Server{
		Handler: http.MaxBytesHandler(h, 0), ReadTimeout: limit, WriteTimeout: limit, IdleTimeout: limit,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelDebug),
	}
	b.log.Info("metrics", "url", "http://"+l.Addr().String()+"/metrics")
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	err = srv.Serve(few{l, make(chan struct{}, mostReaders)})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", b.cfg.Metrics.Listen, err)
}

// mostReaders is how many connections to the port there are at once: a flood of
// them must leave the gate its files and its memory.
const mostReaders = 8

// few is a listener that has so many connections at once, and hangs up on more.
type few struct {
	net.Listener
	room chan struct{}
}

// Accept is the listener's.
func (f few) Accept() (net.Conn, error) {
	for {
		c, err := f.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case f.room <- struct{}{}:
			return &seated{Conn: c, leave: sync.OnceFunc(func() { <-f.room })}, nil
		default:
			_ = c.Close()
		}
	}
}

// seated is one of the few.
type seated struct {
	net.Conn
	leave func()
}

// Close makes room.
func (s *seated) Close() error {
	defer s.leave()
	return s.Conn.Close()
}
