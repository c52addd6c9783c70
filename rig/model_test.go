package rig_test

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"gated/central"
)

// model is an MQTT 3.1.1 broker in memory, as far as a box goes: QoS 1, clean
// sessions, wills, what is retained, one client an id. It has no goroutine and no
// clock of its own: what a client writes is done when Write returns. Boxes speak
// the protocol to it, byte by byte; the server, whose side of it is not looked at
// here, calls it.
type model struct {
	mu       sync.Mutex
	seed     uint64
	down     bool
	mischief mischief
	retained map[string][]byte
	clients  map[string]*stream
	server   *seat
	since    time.Time                    // when the server's connection was made, or a lie has ended that it has not made good
	passed   map[string]uint64            // publications of each topic
	old      map[string][]central.Message // some of them
}

func newModel(seed uint64) *model {
	return &model{
		seed: seed, retained: map[string][]byte{}, clients: map[string]*stream{},
		passed: map[string]uint64{}, old: map[string][]central.Message{},
	}
}

// chance is that of the next publication of a topic: whatever else happens at the
// same instant, it is the same for the same seed.
func (m *model) chance(topic string) *rand.Rand {
	m.passed[topic]++
	h := fnv.New64a()
	_, _ = io.WriteString(h, topic)
	return rand.New(rand.NewPCG(m.seed^h.Sum64(), m.passed[topic]))
}

// seat is one connection of the server. It implements central.Broker.
type seat struct {
	*model
	in     *central.Inbox
	topics []string
	gone   chan struct{}
}

func (m *model) sit(in *central.Inbox) (*seat, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errors.New("there is no broker")
	}
	m.rise()
	m.since = time.Now()
	m.server = &seat{model: m, in: in, gone: make(chan struct{})}
	return m.server, nil
}

// rise ends the server's connection. The caller holds mu.
func (m *model) rise() {
	if m.server != nil {
		close(m.server.gone)
		m.server = nil
	}
}

// Publish implements central.Broker.
func (s *seat) Publish(_ context.Context, msg central.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != s {
		return errors.New("the connection is gone")
	}
	s.receive(msg)
	return nil
}

// Subscribe implements central.Broker.
func (s *seat) Subscribe(_ context.Context, topics ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != s {
		return errors.New("the connection is gone")
	}
	s.topics = append(s.topics, topics...)
	for _, topic := range slices.Sorted(maps.Keys(s.retained)) {
		if slices.ContainsFunc(topics, func(f string) bool { return matches(f, topic) }) {
			s.in.Put(central.Message{Topic: topic, Payload: bytes.Clone(s.retained[topic]), Retained: true})
		}
	}
	return nil
}

// Done implements central.Broker.
func (s *seat) Done() <-chan struct{} { return s.gone }

// receive takes a publication over, and lies about it if it is in the mood. The
// caller holds mu.
func (m *model) receive(msg central.Message) {
	mood, rnd, old := honest, m.chance(msg.Topic), m.old[msg.Topic]
	if m.mischief != honest && rnd.IntN(2) == 0 {
		mood = m.mischief
	}
	switch mood {
	case drops:
		return
	case delays:
		time.AfterFunc(time.Duration(1+rnd.IntN(600))*time.Second, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if !m.down {
				m.route(msg)
			}
		})
		return
	case doubles:
		m.route(msg)
	case honest:
	case replays:
		if len(old) > 0 {
			m.route(old[rnd.IntN(len(old))])
		}
	}
	if rnd.IntN(8) == 0 {
		m.old[msg.Topic] = append(old[max(0, len(old)-50):], msg)
	}
	m.route(msg)
}

// route keeps and delivers a publication. The caller holds mu.
func (m *model) route(msg central.Message) {
	if msg.Retained && len(msg.Payload) == 0 {
		delete(m.retained, msg.Topic)
	} else if msg.Retained {
		m.retained[msg.Topic] = msg.Payload
	}
	for _, id := range slices.Sorted(maps.Keys(m.clients)) {
		if c := m.clients[id]; slices.ContainsFunc(c.topics, func(f string) bool { return matches(f, msg.Topic) }) {
			c.deliver(msg.Topic, msg.Payload, false)
		}
	}
	if s := m.server; s != nil && slices.ContainsFunc(s.topics, func(f string) bool { return matches(f, msg.Topic) }) {
		s.in.Put(central.Message{Topic: msg.Topic, Payload: bytes.Clone(msg.Payload)})
	}
}

// die loses every connection and, if wiped, what is retained, until it is back.
func (m *model) die(wiped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = true
	m.rise()
	for _, c := range m.clients {
		c.end()
	}
	clear(m.clients)
	if wiped {
		clear(m.retained)
	}
}

// lie begins a mischief, or ends it: what was dropped then, the server believes to
// be here until it connects again.
func (m *model) lie(how mischief) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mischief = how
	m.since = time.Time{}
}

// calmFor is for how long everything has passed, and was published when that
// began.
func (m *model) calmFor() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down || m.server == nil || m.mischief != honest || m.since.IsZero() {
		return 0
	}
	return time.Since(m.since)
}

// set changes something about the broker.
func (m *model) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// matches says whether a topic fits a filter, of whose signs only + is used here.
func matches(filter, topic string) bool {
	if !strings.Contains(filter, "+") {
		return filter == topic
	}
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	return slices.EqualFunc(f, t, func(f, t string) bool { return f == t || f == "+" })
}
