package sync

import (
	"context"
	"encoding/json"
	"time"
)

// statusLoop publishes the status when something important in it has changed,
// and now and then all the same: it is a hint, so what changes all the time must
// not cost a message each time.
func (s *session) statusLoop(ctx context.Context) error {
	poll := time.NewTicker(s.cfg.Pace.Poll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		}
		now := time.Now()
		if doc := s.cfg.Status(true); s.told.due(s.cfg.Pace, doc, now) {
			if err := s.publishStatus(ctx, doc); err != nil {
				return err
			}
			s.told = tell(doc, now)
		}
	}
}

// publishStatus publishes one status document, retained.
func (s *session) publishStatus(ctx context.Context, doc []byte) error {
	if len(doc) == 0 {
		return nil // An empty payload would clear the topic.
	}
	return s.conn.Publish(ctx, Message{Topic: s.topics.status(), Payload: doc, Retained: true})
}

// told is what was published last.
type told struct {
	important string // all of it but what changes all the time
	rev       string
	at        time.Time
}

func tell(doc []byte, now time.Time) told {
	important, rev := divide(doc)
	return told{important: important, rev: rev, at: now}
}

// due says whether doc is to be published now.
func (t told) due(p Pace, doc []byte, now time.Time) bool {
	important, rev := divide(doc)
	age := now.Sub(t.at)
	switch {
	case important != t.important:
		return age >= p.StatusGap
	case rev != t.rev:
		return age >= p.StatusRev
	}
	return age >= p.StatusEvery
}

// divide takes apart what matters at once and the sequence number of the
// revocation state, and leaves out what differs each time it is asked. A
// document that is no object is important as a whole.
func divide(doc []byte) (important, rev string) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(doc, &m); err != nil {
		return string(doc), ""
	}
	rev = string(m["rev"])
	for _, name := range []string{"rev", "fresh", "unsent"} {
		delete(m, name)
	}
	rest, err := json.Marshal(m)
	if err != nil {
		return string(doc), rev
	}
	return string(rest), rev
}
