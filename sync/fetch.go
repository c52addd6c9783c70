package sync

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gated/verify/document"
)

// How many topics are fetched at a time: what comes must fit into the inbox and
// not fill a thin line.
const (
	fetchSmall = 32 // trust lists and deltas
	fetchParts = 4  // of a snapshot, up to 90 kB each
)

// silenceMost is the longest time for which a topic that held nothing is left
// alone.
const silenceMost = 15 * time.Minute

// news is what the worker tells the fetcher after each message.
type news struct {
	wants document.Wants
	piece time.Time // when the last wanted piece arrived
	beat  time.Time // when the last heartbeat did
}

// fetch decides which topics are subscribed for what they retain. MQTT 3.1.1 has
// no sign for "there is nothing": a topic that is silent for a while is given up
// and tried again later.
type fetch struct {
	topics topics
	pace   Pace
	random func(most time.Duration) time.Duration

	open   map[string]time.Time // subscribed since
	silent map[string]silence
	spread time.Time // when the snapshot may be fetched; zero: not chosen
}

type silence struct {
	times int
	until time.Time
}

func newFetch(t topics, p Pace, random func(time.Duration) time.Duration) *fetch {
	return &fetch{topics: t, pace: p, random: random, open: map[string]time.Time{}, silent: map[string]silence{}}
}

// plan says what to subscribe and unsubscribe now, and when to ask again if
// nothing happens before; zero: not at all. It takes for granted that both are
// then done.
func (f *fetch) plan(n news, ready bool, now time.Time) (sub, unsub []string, again time.Time) {
	again = f.snapshotWait(&n.wants, ready, now)
	want := f.wanted(n.wants)
	for topic := range f.silent {
		if !slices.Contains(want, topic) {
			delete(f.silent, topic)
		}
	}
	unsub, next := f.give(want, n.piece, now)
	again = sooner(again, next)
	sub, next = f.take(want, now)
	return sub, unsub, sooner(again, next)
}

// snapshotWait takes the parts out of w as long as this box is not due to fetch
// them. The time is chosen once, when a snapshot begins to be wanted.
func (f *fetch) snapshotWait(w *document.Wants, ready bool, now time.Time) time.Time {
	if len(w.Parts) == 0 {
		f.spread = time.Time{}
		return time.Time{}
	}
	if !ready {
		return time.Time{} // It opens for nobody until it has one.
	}
	if f.spread.IsZero() {
		f.spread = now.Add(f.random(f.pace.Spread))
	}
	if now.Before(f.spread) {
		w.Parts = nil
		return f.spread
	}
	return time.Time{}
}

func (f *fetch) wanted(w document.Wants) []string {
	var want []string
	if w.Rotations {
		want = append(want, f.topics.anyTrust())
	}
	for _, p := range wanted(w) {
		want = append(want, f.topics.topic(p))
	}
	return want
}

// give ends the subscriptions that have done their work and those that stay
// silent. Anything that arrives shows that the line is busy, not the topic empty.
func (f *fetch) give(want []string, piece, now time.Time) (unsub []string, again time.Time) {
	for topic, since := range f.open {
		if !slices.Contains(want, topic) {
			unsub = append(unsub, topic)
			continue
		}
		if piece.After(since) {
			since = piece
		}
		if end := since.Add(f.pace.Fetch); now.Before(end) {
			again = sooner(again, end)
			continue
		}
		unsub = append(unsub, topic)
		s := f.silent[topic]
		s.until = now.Add(min(3*f.pace.Fetch<<min(s.times, 10), silenceMost))
		s.times++
		f.silent[topic] = s
	}
	slices.Sort(unsub)
	for _, topic := range unsub {
		delete(f.open, topic)
	}
	return unsub, again
}

// take begins subscriptions, in the order of want, as many as may be open.
func (f *fetch) take(want []string, now time.Time) (sub []string, again time.Time) {
	small, parts := 0, 0
	for topic := range f.open {
		f.count(topic, &small, &parts)
	}
	for _, topic := range want {
		if _, is := f.open[topic]; is {
			continue
		}
		if s := f.silent[topic]; now.Before(s.until) {
			again = sooner(again, s.until)
			continue
		}
		if f.count(topic, &small, &parts); small > fetchSmall || parts > fetchParts {
			break
		}
		sub = append(sub, topic)
		f.open[topic] = now
		again = sooner(again, now.Add(f.pace.Fetch))
	}
	return sub, again
}

func (f *fetch) count(topic string, small, parts *int) {
	if p, ok := f.topics.piece(topic); ok && p.kind == part {
		*parts++
	} else {
		*small++
	}
}

// sooner is the earlier of two times, of which zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// fetchLoop keeps the subscriptions of one connection: those that a plan asks
// for, and all of them anew when somebody asks for that.
func (s *session) fetchLoop(ctx context.Context) error {
	f := newFetch(s.topics, s.cfg.Pace, s.cfg.Jitter)
	newest := news{}
	listen := time.Now().Add(s.cfg.Pace.Ear)
	for {
		ready := s.cfg.Ready == nil || s.cfg.Ready()
		sub, unsub, again := f.plan(newest, ready, time.Now())
		if err := s.conn.Unsubscribe(ctx, unsub...); err != nil {
			return err
		}
		if err := s.conn.Subscribe(ctx, sub...); errors.Is(err, ErrRefused) {
			s.cfg.Log.Log(ctx, slog.LevelWarn, "document not to be had", "err", err)
		} else if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case newest = <-s.news:
			if next := newest.beat.Add(s.cfg.Pace.Ear); next.After(listen) {
				listen = next
			}
		case <-until(listen):
			listen = time.Now().Add(s.cfg.Pace.Ear)
			if err := s.conn.Subscribe(ctx, s.topics.heartbeat()); err != nil {
				return err
			}
		case <-s.renew:
			if err := s.subscribe(ctx); err != nil {
				return err
			}
		case <-until(again):
		}
	}
}

// until is a channel that is ready at t; zero: never.
func until(t time.Time) <-chan time.Time {
	if t.IsZero() {
		return nil
	}
	return time.After(time.Until(t))
}
