package sync

import (
	"errors"
	stdsync "sync"
	"sync/atomic"

	"gated/verify/document"
)

// Bounds of what has arrived and was not yet looked at. What a box asks for in
// one go stays far below them.
const (
	inboxMessages = 512
	inboxBytes    = 6 << 20
)

// errOverrun ends a connection that brings more than the box can take in:
// beginning anew brings everything again, dropping one message would lose it.
var errOverrun = errors.New("more arrives than can be taken in: beginning anew")

// inbox is what lies between the library's handler and the workers: a bounded
// queue of documents, and those of acts.
type inbox struct {
	topics topics
	acts   acts

	queue chan Message
	bytes atomic.Int64
	once  stdsync.Once
	over  chan struct{} // closed when something did not fit
}

func newInbox(t topics) *inbox {
	return &inbox{topics: t, acts: newActs(), queue: make(chan Message, inboxMessages), over: make(chan struct{})}
}

// put takes a message to where it belongs. It never blocks.
func (b *inbox) put(m Message) {
	if !b.acts.put(b.topics, m) {
		b.putDocument(m)
	}
}

// putDocument queues a document. An empty payload is a cleared topic and says nothing; one
// that is too long for a document is none.
func (b *inbox) putDocument(m Message) {
	size := int64(len(m.Payload))
	if size == 0 || size > document.MaxBytes {
		return
	}
	if b.bytes.Add(size) <= inboxBytes {
		select {
		case b.queue <- m:
			return
		default:
		}
	}
	b.bytes.Add(-size)
	b.once.Do(func() { close(b.over) })
}

// taken is called for each message received from the queue.
func (b *inbox) taken(m Message) { b.bytes.Add(-int64(len(m.Payload))) }

// replace puts v into a mailbox of one place: only the newest counts. The
// mailbox has one writer.
func replace[T any](box chan T, v T) {
	select {
	case <-box:
	default:
	}
	select {
	case box <- v:
	default:
	}
}
