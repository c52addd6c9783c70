package sync

import (
	"context"
	"errors"
	"time"
)

// Bounds of what others ask of the gate and was not yet looked at. What does not
// fit is dropped, and nobody is answered: nothing of it may take effect late.
const (
	actBytes   = 16 << 10 // of one message
	maxOrders  = 16       // commands
	maxShown   = 64       // presented passes
	maxHeard   = 256      // used notes of neighbours
	presenters = 4        // presented passes that are judged at a time: one busy door holds up no other
)

// actLife is how long a command or a presented pass may wait for its turn:
// nothing opens a gate late. What their signed times say comes on top.
const actLife = 2 * time.Second

// Acts takes what is meant for this moment, and not for later: nothing of it is
// retained. Each method gets one message as it came, from anybody, and checks
// it. They are called from several goroutines, Command and Heard by one at a time
// each, in the order of arrival, and may block for some seconds.
type Acts interface {
	// Command takes a command of the central server.
	Command(ctx context.Context, raw []byte)
	// Present takes a pass that a platform presents, and returns the verdict to
	// publish; nil: there is none.
	Present(ctx context.Context, raw []byte) []byte
	// Heard takes a used note, our own ones too: MQTT 3.1.1 sends back what we
	// publish where we listen.
	Heard(ctx context.Context, raw []byte)
}

// act is one message for this moment.
type act struct {
	raw []byte
	at  time.Time // when it arrived
}

// acts are the queues of what arrives for this moment.
type acts struct {
	orders, shown, heard chan act
}

func newActs() acts {
	return acts{orders: make(chan act, maxOrders), shown: make(chan act, maxShown), heard: make(chan act, maxHeard)}
}

// put never blocks. It says whether the topic is one of ours. A retained message
// was not sent now, and is inert.
func (a acts) put(t topics, m Message) bool {
	var queue chan act
	switch m.Topic {
	case t.command():
		queue = a.orders
	case t.present():
		queue = a.shown
	case t.used():
		queue = a.heard
	default:
		return false
	}
	if m.Retained || len(m.Payload) == 0 || len(m.Payload) > actBytes {
		return true
	}
	select {
	case queue <- act{m.Payload, time.Now()}:
	default:
	}
	return true
}

// subscribe subscribes to everything that a box always listens to. It can do
// without acts if the broker's access list is so: then it gates, and nobody acts
// on it from afar.
func (s *session) subscribe(ctx context.Context) error {
	if err := s.conn.Subscribe(ctx, s.topics.standing()...); err != nil || s.acts == nil {
		return err
	}
	for _, topic := range s.topics.acting() {
		err := s.conn.Subscribe(ctx, topic)
		if errors.Is(err, ErrRefused) {
			s.cfg.Log.WarnContext(ctx, "the gate works, but nothing will come on this topic: mend the broker's access list", "topic", topic, "err", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// each calls do for each message of a queue until ctx ends, unless it has waited
// for longer than life; 0: it may wait for ever.
func each(queue <-chan act, life time.Duration, do func(context.Context, []byte) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case a := <-queue:
				if life > 0 && time.Since(a.at) > life {
					continue
				}
				if err := do(ctx, a.raw); err != nil {
					return err
				}
			}
		}
	}
}

// actLoops are the parts of a session that act, none of which waits for the
// documents or for another.
func (s *session) actLoops() []func(context.Context) error {
	if s.acts == nil {
		return nil
	}
	loops := []func(context.Context) error{
		each(s.in.acts.orders, actLife, func(ctx context.Context, raw []byte) error { s.acts.Command(ctx, raw); return nil }),
		each(s.in.acts.heard, 0, func(ctx context.Context, raw []byte) error { s.acts.Heard(ctx, raw); return nil }),
		s.tellLoop,
	}
	for range presenters {
		loops = append(loops, each(s.in.acts.shown, actLife, s.present))
	}
	return loops
}

// present answers one presented pass.
func (s *session) present(ctx context.Context, raw []byte) error {
	verdict := s.acts.Present(ctx, raw)
	if verdict == nil || ctx.Err() != nil {
		return nil
	}
	return s.conn.Publish(ctx, Message{Topic: s.topics.verdict(), Payload: verdict})
}

// tellLoop tells the neighbours what was used here.
func (s *session) tellLoop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-s.cfg.Used:
			note := s.cfg.UsedNote(u)
			if note == nil {
				continue
			}
			if err := s.conn.Publish(ctx, Message{Topic: s.topics.used(), Payload: note}); err != nil {
				return err
			}
		}
	}
}
