package sync

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// Sync keeps one gate and the central server in step. Only one of it may run
// for a gate.
type Sync struct {
	cfg    Config
	topics topics
	docs   Documents
	acts   Acts // nil: nobody acts on the gate
	out    Outbox
	online atomic.Bool
	renew  chan struct{}
	report reporter

	resume mark // where the next connection begins; owned by the uploader of the present one
}

// New makes a Sync and starts nothing. Without acts, which may be nil, nobody acts
// on the gate from afar and it hears of no neighbour.
func New(cfg Config, docs Documents, acts Acts, out Outbox) *Sync {
	cfg.Pace = cfg.Pace.WithDefaults(cfg.Metered)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Jitter == nil {
		cfg.Jitter = jitter
	}
	return &Sync{
		cfg:    cfg,
		topics: topics{prefix: strings.TrimRight(cfg.Prefix, "/"), gate: cfg.Gate, site: cfg.Site},
		docs:   docs,
		acts:   acts,
		out:    out,
		renew:  make(chan struct{}, 1),
	}
}

// Online says whether there is a connection on which everything is subscribed.
func (s *Sync) Online() bool { return s.online.Load() }

// Refresh makes the box subscribe afresh, so that the broker sends again all
// that it retains. For documents that came into force another way: one signed by
// an authority that was unknown until then was dropped. It does not block.
func (s *Sync) Refresh() { tick(s.renew) }

// Run connects, for ever, until ctx ends; then it sends what is under way for at
// most Pace.Drain and returns nil. A broker that is away or wrongly configured
// is no error, because it may come back: it is logged once for each new reason.
func (s *Sync) Run(ctx context.Context) error {
	var said string
	for attempt := 0; ; attempt++ {
		began := time.Now()
		lasted, err := s.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		s.report.end(err)
		level := slog.LevelWarn
		if err.Error() == said {
			level = slog.LevelDebug
		}
		said = err.Error()
		if lasted >= s.cfg.Pace.Settled {
			attempt, said = 0, ""
		}
		pause := max(s.cfg.Jitter(ceiling(attempt)), s.cfg.Pace.Between-time.Since(began))
		s.cfg.Log.Log(ctx, level, "no connection to the broker", "err", err, "attempt", attempt, "again", pause.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// connect makes one connection, lives on it to its end and says how long it was
// of use. The error is never nil unless ctx has ended.
func (s *Sync) connect(ctx context.Context) (lasted time.Duration, err error) {
	in := newInbox(s.topics)
	b := s.cfg.Broker
	b.Will = nil
	if last := s.cfg.Status(false); len(last) > 0 {
		b.Will = &Message{Topic: s.topics.status(), Payload: last, Retained: true}
	}
	heard := &ears{}
	s.report.begin(heard)
	conn, err := Dial(ctx, b, func(m Message) {
		heard.note(s.topics, m)
		in.put(m)
	})
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return s.session(conn, in).run(ctx)
}

// tick puts one tick into a channel that has room for one.
func tick(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
