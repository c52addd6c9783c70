package central

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Times of the server.
const (
	// pollEvery is how often the server looks whether anybody has changed the
	// database. Looking costs some microseconds.
	pollEvery = 50 * time.Millisecond
	// upkeepEvery is how often it looks what is due by the clock.
	upkeepEvery = time.Second
	// silentFor is how long it may be silent before a heartbeat goes out at all
	// costs.
	silentFor = (beatEvery + 5) * time.Second
	// ingestAtOnce is how many bytes of messages are taken in by one change.
	ingestAtOnce = 1 << 20
)

// Server publishes what is in the database and takes in what gates send. One
// runs on a directory at a time.
type Server struct {
	c      *Central
	prefix string
	log    *slog.Logger

	pollEvery, upkeepEvery time.Duration

	// Owned by Serve.
	watch   *sql.DB    // a connection of its own: data_version does not count its own changes
	version int64      // of the database when it was last looked at
	ord     int64      // of the newest document that is in queue or published
	queue   []outgoing // to be published, in order
	beat    time.Time  // when a heartbeat was last published, or Serve began
	sites   bool       // a site document went out since checkpoints were asked for
}

// NewServer makes a server and starts nothing. Prefix is that of every topic,
// without a slash at its end.
func NewServer(c *Central, prefix string, log *slog.Logger) *Server {
	return &Server{c: c, prefix: prefix + "/", log: log, pollEvery: pollEvery, upkeepEvery: upkeepEvery}
}

// Slow has the server look less often whether the database has changed, and what
// is due by the clock: in a simulation a month of looking would be all that
// happens. It is to be called before Serve.
func (s *Server) Slow(poll, upkeep time.Duration) { s.pollEvery, s.upkeepEvery = poll, upkeep }

// Serve serves one connection: it subscribes to what gates send, publishes the
// whole current state, calls ready, and from then on publishes what is new, in
// order, and takes in what comes into in, whose topics bear the prefix. It
// returns nil when ctx ends. An error that wraps ErrBroker asks for another
// connection; any other is the end.
func (s *Server) Serve(ctx context.Context, b Broker, in *Inbox, ready func()) error {
	watch, err := openDB(ctx, s.c.path())
	if err != nil {
		return err
	}
	defer watch.Close() //nolint:errcheck // it has written nothing
	s.watch, s.version, s.ord, s.queue, s.beat, s.sites = watch, 0, 0, nil, time.Now(), false
	if err := s.start(ctx, b); err != nil {
		return s.ended(ctx, err)
	}
	poll := time.NewTicker(s.pollEvery)
	defer poll.Stop()
	upkeep := time.NewTicker(s.upkeepEvery)
	defer upkeep.Stop()
	for err == nil {
		if len(s.queue) > 0 {
			if err = s.takeIn(ctx, in); err == nil {
				err = s.publish(ctx, b)
			}
			if len(s.queue) == 0 && ready != nil {
				ready()
				ready = nil
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.Done():
			return fmt.Errorf("%w: the connection is gone", ErrBroker)
		case <-in.ready:
			err = s.takeIn(ctx, in)
		case <-poll.C:
			err = s.look(ctx, b)
		case <-upkeep.C:
			err = s.c.Upkeep(ctx, time.Since(s.beat) > silentFor)
		}
	}
	return s.ended(ctx, err)
}

// ended makes of a failure what Serve returns: the end of ctx is none.
func (s *Server) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// start subscribes, does what is overdue and queues the whole state. What was
// meant for those who were listening at the time is not said again.
func (s *Server) start(ctx context.Context, b Broker) error {
	if err := s.subscribe(ctx, b, fromRecords, fromCheckpoint); err != nil {
		return err
	}
	if err := s.c.Upkeep(ctx, false); err != nil {
		return err
	}
	all, ord, err := s.c.after(ctx, 0)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Retained {
			s.queue = append(s.queue, d)
		}
	}
	s.ord = ord
	return nil
}

func (s *Server) subscribe(ctx context.Context, b Broker, what ...string) error {
	topics := make([]string, len(what))
	for i, w := range what {
		topics[i] = s.prefix + "gates/+/" + w
	}
	if err := b.Subscribe(ctx, topics...); err != nil {
		return fmt.Errorf("%w: subscribe: %w", ErrBroker, err)
	}
	return nil
}

// look queues what is new in the database. After a site document it asks for the
// checkpoints again: a gate's key may be listed now.
func (s *Server) look(ctx context.Context, b Broker) error {
	if s.sites {
		s.sites = false
		return s.subscribe(ctx, b, fromCheckpoint)
	}
	var version int64
	if err := s.watch.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return fmt.Errorf("look for changes: %w", err)
	}
	if version == s.version {
		return nil
	}
	s.version = version
	list, ord, err := s.c.after(ctx, s.ord)
	if err != nil {
		return err
	}
	s.queue, s.ord = list, ord
	return nil
}

// publish sends the first document of the queue.
func (s *Server) publish(ctx context.Context, b Broker) error {
	d := s.queue[0]
	d.Topic = s.prefix + d.Topic
	if err := b.Publish(ctx, d.Message); err != nil {
		return fmt.Errorf("%w: publish %s: %w", ErrBroker, d.Topic, err)
	}
	s.queue = s.queue[1:]
	s.sites = s.sites || d.rank == rankSite
	if d.rank == rankHeartbeat {
		s.beat = time.Now()
	}
	s.log.Debug("published", "topic", d.Topic, "bytes", len(d.Payload))
	return nil
}

// takeIn takes in some of what has come.
func (s *Server) takeIn(ctx context.Context, in *Inbox) error {
	msgs := in.take(ingestAtOnce)
	if len(msgs) == 0 {
		return nil
	}
	for i := range msgs {
		msgs[i].Topic = strings.TrimPrefix(msgs[i].Topic, s.prefix)
	}
	raised, err := s.c.Ingest(ctx, msgs...)
	for _, a := range raised {
		s.log.Warn("alarm", "gate", a.Gate, "log", a.Log, "kind", a.Kind, "words", a.Words)
	}
	return err
}
