package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"gated/gate"
)

// maxBody is the largest question: a signed document is at most 1 MiB.
const maxBody = 2 << 20

// Caller is who asks. UID and PID are the kernel's word (SO_PEERCRED); if it
// gives none, PID is 0.
type Caller struct {
	UID      uint32
	PID      int32
	Language gate.Language // of the sentences in the answer, by the caller's wish; English without one
}

// Text is an answer that is not sent as JSON.
type Text struct {
	ContentType string
	Body        []byte
}

// Answer answers one question. What it returns is sent as JSON, or as it is if it
// is a [Text]; an error is sent as its sentence, with status 422.
type Answer func(ctx context.Context, who Caller, body []byte) (any, error)

// Server serves the socket.
type Server struct {
	path    string
	answers map[string]Answer
	log     *slog.Logger
}

// New makes a server for the socket at path and starts nothing. The keys of
// answers are "METHOD /path", as [http.ServeMux] reads them.
func New(path string, answers map[string]Answer, log *slog.Logger) *Server {
	return &Server{path: path, answers: answers, log: log}
}

// Run serves until ctx ends and then returns nil. The socket has mode 0660: the
// service's group may ask.
func (s *Server) Run(ctx context.Context) error {
	l, err := s.listen(ctx)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for pattern, answer := range s.answers {
		mux.Handle(pattern, s.handler(answer))
	}
	srv := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ConnContext:       withCaller,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve socket %s: %w", s.path, err)
	}
	return nil
}

// listen takes the socket's place, from a dead daemon if need be. That the
// daemon is dead is sure: the living one holds the state directory's lock.
func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	info, err := os.Lstat(s.path)
	switch {
	case err == nil && info.Mode().Type() != os.ModeSocket:
		return nil, fmt.Errorf("listen on %s: something that is not a socket has that name; move it away or set [gate] socket", s.path)
	case err == nil:
		if err := os.Remove(s.path); err != nil {
			return nil, fmt.Errorf("remove old socket: %w", err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", s.path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; the folder must exist and be ours (systemd's RuntimeDirectory makes it)", s.path, err)
	}
	if err := os.Chmod(s.path, 0o660); err != nil { //nolint:gosec // the service's group is meant to ask
		return nil, errors.Join(fmt.Errorf("set mode of socket: %w", err), l.Close())
	}
	return l, nil
}

// handler turns an Answer into HTTP.
func (s *Server) handler(answer Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the question is too long", http.StatusRequestEntityTooLarge)
			return
		}
		who, _ := r.Context().Value(callerKey{}).(Caller)
		who.Language = gate.English
		if strings.HasPrefix(r.Header.Get("Accept-Language"), string(gate.Chinese)) {
			who.Language = gate.Chinese
		}
		v, err := answer(r.Context(), who, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		if err := send(w, v); err != nil {
			s.log.Debug("answer not delivered", "path", r.URL.Path, "err", err)
		}
	})
}

// send writes an answer as what it is.
func send(w http.ResponseWriter, v any) error {
	if text, ok := v.(Text); ok {
		w.Header().Set("Content-Type", text.ContentType)
		_, err := w.Write(text.Body)
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// callerKey is where a connection's Caller stands in its context.
type callerKey struct{}

// withCaller asks the kernel once a connection who is at its other end.
func withCaller(ctx context.Context, c net.Conn) context.Context {
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return ctx
	}
	var cred *unix.Ucred
	if err := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || cred == nil {
		return ctx
	}
	return context.WithValue(ctx, callerKey{}, Caller{UID: cred.Uid, PID: cred.Pid})
}
