package sync

import (
	"context"
	stdsync "sync"
	"sync/atomic"
	"time"
)

// session is the life on one connection.
type session struct {
	*Sync
	conn *Conn
	in   *inbox

	news    chan news     // worker to fetcher: what is missing
	acks    chan uint64   // worker to uploader: the newest cosigned size
	nudge   chan struct{} // worker to uploader: look again
	central atomic.Bool   // a heartbeat was published while we were connected

	told told // owned by the status loop
}

func (s *Sync) session(conn *Conn, in *inbox) *session {
	return &session{
		Sync: s, conn: conn, in: in,
		news: make(chan news, 1), acks: make(chan uint64, 1), nudge: make(chan struct{}, 1),
	}
}

// run subscribes and keeps everything going until ctx or the connection ends. It
// says for how long the connection was of use.
func (s *session) run(ctx context.Context) (lasted time.Duration, err error) {
	up := s.newUpload()
	defer func() {
		if ctx.Err() != nil && s.conn.Err() == nil {
			s.drain(ctx, up)
		}
	}()
	select {
	case <-s.renew: // Everything is about to be subscribed.
	default:
	}
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	s.report.subscribed()
	s.online.Store(true)
	defer s.online.Store(false)
	s.cfg.Log.InfoContext(ctx, "connected to the broker", "broker", s.cfg.Broker.URL)
	err = together(ctx, append(s.actLoops(), s.watch, s.intakeLoop, s.fetchLoop, s.statusLoop, up.loop)...)
	return time.Since(began), err
}

// begin tells that we are here and subscribes.
func (s *session) begin(ctx context.Context) error {
	doc := s.cfg.Status(true)
	if err := s.publishStatus(ctx, doc); err != nil {
		return err
	}
	s.told = tell(doc, time.Now())
	return s.subscribe(ctx)
}

// watch waits for the end of the connection, or brings it about.
func (s *session) watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.conn.Done():
		return s.conn.Err()
	case <-s.in.over:
		s.conn.drop(errOverrun)
		return errOverrun
	}
}

// drain sends what is under way, a last checkpoint and that we are going, in the
// time that there is for it: half of it is for records.
func (s *session) drain(ctx context.Context, up *upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Pace.Drain)
	defer cancel()
	half, stop := context.WithTimeout(ctx, s.cfg.Pace.Drain/2)
	defer stop()
	if err := up.finish(half); err != nil {
		s.cfg.Log.InfoContext(ctx, "records left for the next start", "err", err)
	}
	if err := up.last(ctx); err != nil {
		s.cfg.Log.InfoContext(ctx, "checkpoint left for the next start", "err", err)
	}
	if err := s.publishStatus(ctx, s.cfg.Status(false)); err != nil {
		s.cfg.Log.InfoContext(ctx, "broker not told that we go", "err", err)
	}
}

// together runs all parts at once. When one of them ends, all do. It returns the
// first error.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group stdsync.WaitGroup
	for _, part := range parts {
		group.Go(func() { cancel(part(ctx)) })
	}
	group.Wait()
	return context.Cause(ctx)
}
