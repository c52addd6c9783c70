package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gated/central"
	"gated/sync"
)

// link keeps the server connected: one connection after another, with a pause
// between that grows as long as nothing comes of them.
type link struct {
	broker sync.Broker
	server *central.Server
	log    *slog.Logger
}

// run serves until ctx ends, or the server cannot go on. Ready is called once,
// when everything has been published for the first time.
func (l link) run(ctx context.Context, ready func()) error {
	failures := 0
	for {
		err := l.once(ctx, func() {
			failures = 0
			if ready != nil {
				ready()
				ready = nil
			}
			l.log.Info("everything published", "broker", l.broker.URL)
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, central.ErrBroker) {
			return err
		}
		pause := sync.Backoff(failures)
		failures++
		l.log.Warn("no broker", "err", err, "again", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// once serves one connection.
func (l link) once(ctx context.Context, ready func()) error {
	in := central.NewInbox()
	conn, err := sync.Dial(ctx, l.broker, func(m sync.Message) {
		if !in.Put(central.Message(m)) {
			l.log.Warn("message dropped: too many wait", "topic", m.Topic)
		}
	})
	if err != nil {
		return errors.Join(central.ErrBroker, err)
	}
	defer conn.Close()
	return l.server.Serve(ctx, connection{conn}, in, ready)
}

// connection is a sync.Conn as package central wants it.
type connection struct{ *sync.Conn }

// Publish sends m and waits for the broker's word.
func (c connection) Publish(ctx context.Context, m central.Message) error {
	return c.Conn.Publish(ctx, sync.Message(m))
}

var _ central.Broker = connection{}
