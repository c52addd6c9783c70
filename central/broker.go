package central

import (
	"context"
	"sync"
)

// Message is one MQTT message. Topics in this package are without the prefix,
// but for those that a Broker sees.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool // sent: keep it; received: it was kept, not just sent
}

// Broker is one connection to a broker. When it breaks it is gone for good: the
// next one is another Broker.
type Broker interface {
	// Publish returns when the broker has taken the message over (QoS 1).
	Publish(ctx context.Context, m Message) error
	// Subscribe returns when the broker has agreed (QoS 1). What is retained
	// comes again at each call. Messages go to whoever made the connection.
	Subscribe(ctx context.Context, topics ...string) error
	// Done is closed when the connection is gone.
	Done() <-chan struct{}
}

// maxInbox bounds the bytes that wait in an inbox. What does not fit is dropped,
// and the gate sends it again when no cosignature comes.
const maxInbox = 64 << 20

// Inbox is where a connection puts what it receives, without ever blocking.
// Safe for concurrent use.
type Inbox struct {
	mu      sync.Mutex
	waiting []Message
	bytes   int
	ready   chan struct{} // room for one: there is something
}

// NewInbox makes an empty one.
func NewInbox() *Inbox { return &Inbox{ready: make(chan struct{}, 1)} }

// Put adds m, whose payload is the inbox's from now on. It returns false if
// there was no room and m was dropped.
func (i *Inbox) Put(m Message) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.bytes+len(m.Payload) > maxInbox {
		return false
	}
	i.waiting = append(i.waiting, m)
	i.bytes += len(m.Payload)
	select {
	case i.ready <- struct{}{}:
	default:
	}
	return true
}

// take removes and returns the oldest messages, up to about limit bytes, at
// least one if there is any.
func (i *Inbox) take(limit int) []Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	n, size := 0, 0
	for n < len(i.waiting) && (n == 0 || size+len(i.waiting[n].Payload) <= limit) {
		size += len(i.waiting[n].Payload)
		n++
	}
	took := i.waiting[:n:n]
	i.waiting, i.bytes = i.waiting[n:], i.bytes-size
	if len(i.waiting) > 0 {
		select {
		case i.ready <- struct{}{}:
		default:
		}
	} else {
		i.waiting = nil
	}
	return took
}
