package sync_test

import (
	"bytes"
	stdsync "sync"
	"testing"

	"gated/sync"
	"gated/verify/record"
)

// central is the other end: it keeps each record once by its number, and
// cosigns a checkpoint when it has all that the checkpoint covers and has
// computed the same root.
type central struct {
	t       testing.TB
	keys    keys
	publish func(topic string, payload []byte, retain bool)

	mu      stdsync.Mutex
	held    map[uint64]record.Entry
	tree    tree // of what is held without a gap
	pending []byte
	batches int
	again   int // records that came more than once
	offers  int // checkpoints received
	early   int // messages after which one waited for records that were not here
	mute    int // cosignatures still to be kept back
}

func newCentral(t testing.TB, k keys) *central {
	return &central{t: t, keys: k, held: map[uint64]record.Entry{}}
}

func gateTopic(name string) string { return prefix + "/gates/" + gateID + "/" + name }

// take handles one message to the central server.
func (c *central) take(m sync.Message) {
	c.mu.Lock()
	switch m.Topic {
	case gateTopic("records"):
		c.records(m.Payload)
	case gateTopic("checkpoint"):
		c.pending = m.Payload
		c.offers++
	}
	answer := c.cosign()
	c.mu.Unlock()
	if answer != nil {
		c.publish(gateTopic("cosigned"), answer, true)
	}
}

func (c *central) records(msg []byte) {
	if len(msg) > record.MaxBatch {
		c.t.Errorf("a batch of %d bytes", len(msg))
	}
	if bytes.Contains(msg, []byte(`"rider"`)) || bytes.Contains(msg, []byte(`"serial"`)) {
		c.t.Error("a person in the clear")
	}
	b, err := record.DecodeBatch(msg, c.keys.seal)
	if err != nil {
		c.t.Errorf("decode batch: %v", err)
		return
	}
	c.batches++
	for i, e := range b.Entries {
		seq := b.First + uint64(i)
		if old, ok := c.held[seq]; ok {
			c.again++
			if !bytes.Equal(old.Leaf, e.Leaf) {
				c.t.Errorf("record %d came with two texts", seq)
			}
			continue
		}
		c.held[seq] = e
	}
	for e, ok := c.held[uint64(len(c.tree.leaves))]; ok; e, ok = c.held[uint64(len(c.tree.leaves))] {
		if err := c.tree.add(e.Leaf); err != nil {
			c.t.Error(err)
		}
	}
}

// cosign is the answer to the pending checkpoint, if it can be given.
func (c *central) cosign() []byte {
	if c.pending == nil {
		return nil
	}
	cp, _, err := record.OpenCheckpoint(c.pending, c.keys.gateVerifier)
	if err != nil {
		c.t.Errorf("open checkpoint: %v", err)
		return nil
	}
	if cp.Size > uint64(len(c.tree.leaves)) {
		c.early++
		return nil
	}
	msg := c.pending
	c.pending = nil
	if root, err := c.tree.root(cp.Size); err != nil || root != cp.Root {
		c.t.Errorf("the root at %d is not the gate's (%v)", cp.Size, err)
		return nil
	}
	if c.mute > 0 {
		c.mute--
		return nil
	}
	out, err := record.Cosign(msg, c.keys.cosign)
	if err != nil {
		c.t.Errorf("cosign: %v", err)
	}
	return out
}

// restore makes the server forget all but the first records.
func (c *central) restore(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.held
	c.held, c.tree, c.pending, c.again = map[uint64]record.Entry{}, tree{}, nil, 0
	for seq := range uint64(size) {
		c.held[seq] = old[seq]
		if err := c.tree.add(old[seq].Leaf); err != nil {
			c.t.Error(err)
		}
	}
}

// silence makes the server keep back its next n cosignatures.
func (c *central) silence(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = n
}

// has says whether the server holds a record, whatever it lacks below it.
func (c *central) has(seq uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.held[seq]
	return ok
}

// person is what stands beside a record.
func (c *central) person(seq uint64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[seq].Person
}

// count is how many records are held without a gap, how many came again, and
// how many checkpoints.
func (c *central) count() (whole, again, offers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.tree.leaves), c.again, c.offers
}
