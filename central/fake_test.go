package central_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gated/central"
)

const prefix = "gated/v1/"

// fakeBroker retains, and remembers what was published. It delivers to one
// inbox. Topics in its fields are without the prefix.
type fakeBroker struct {
	mu         sync.Mutex
	retained   map[string][]byte
	published  []central.Message
	subscribed []string
	in         *central.Inbox
	gone       chan struct{}
	refuse     error
}

func newFakeBroker() *fakeBroker {
	return &fakeBroker{retained: map[string][]byte{}, in: central.NewInbox(), gone: make(chan struct{})}
}

func (f *fakeBroker) Publish(_ context.Context, m central.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return f.refuse
	}
	m.Topic = strings.TrimPrefix(m.Topic, prefix)
	f.published = append(f.published, m)
	if m.Retained {
		f.retain(m)
	}
	return nil
}

func (f *fakeBroker) retain(m central.Message) {
	f.retained[m.Topic] = m.Payload
	if len(m.Payload) == 0 {
		delete(f.retained, m.Topic)
	}
}

func (f *fakeBroker) Subscribe(_ context.Context, topics ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, topic := range topics {
		topic = strings.TrimPrefix(topic, prefix)
		f.subscribed = append(f.subscribed, topic)
		before, after, _ := strings.Cut(topic, "+")
		for name, payload := range f.retained {
			if strings.HasPrefix(name, before) && strings.HasSuffix(name, after) {
				f.in.Put(central.Message{Topic: prefix + name, Payload: payload, Retained: true})
			}
		}
	}
	return nil
}

func (f *fakeBroker) Done() <-chan struct{} { return f.gone }

// fromGate is a gate that publishes.
func (f *fakeBroker) fromGate(m central.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.Retained {
		f.retain(m)
	}
	m.Topic, m.Retained = prefix+m.Topic, false
	f.in.Put(m)
}

// topics of everything published since the last call, in order.
func (f *fakeBroker) topics() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, m := range f.published {
		list = append(list, m.Topic)
	}
	f.published = nil
	return list
}

// documents are what a gate may get, in the order of their topics.
func (f *fakeBroker) documents() (list [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, topic := range slices.Sorted(maps.Keys(f.retained)) {
		if !strings.HasPrefix(topic, "gates/") {
			list = append(list, f.retained[topic])
		}
	}
	return list
}

func (f *fakeBroker) get(topic string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.retained[topic]
}

var _ central.Broker = (*fakeBroker)(nil)

// published is what a server that connects now publishes, message by message.
func published(t testing.TB, w *world) (*fakeBroker, []central.Message) {
	t.Helper()
	b := newFakeBroker()
	ctx, cancel := context.WithCancel(t.Context())
	must(t, central.NewServer(w.Central, "gated/v1", quietLog()).Serve(ctx, b, b.in, cancel))
	return b, b.published
}
