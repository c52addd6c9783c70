package sync

import (
	"cmp"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"gated/verify/document"
)

// Bounds of one connection's memory of documents.
const (
	stashBytes = 4 << 20 // pieces that came before their turn
	renewMost  = 64      // trust lists that made us subscribe afresh
)

// intake hands what arrives to Documents, one message after another. It is owned
// by one goroutine.
type intake struct {
	*session
	stash map[piece][]byte // wanted, but not yet their turn
	held  int              // bytes in stash
	piece time.Time        // when the last wanted piece arrived
	ear   ear

	renewed map[[sha256.Size]byte]bool // trust lists that we have subscribed afresh for
	due     bool                       // there is another one
}

func (s *session) intakeLoop(ctx context.Context) error {
	i := &intake{session: s, stash: map[piece][]byte{}, renewed: map[[sha256.Size]byte]bool{}}
	i.tell()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-s.in.queue:
			s.in.taken(m)
			if m.Topic == i.topics.heartbeat() && i.ear.hears(m, i.cfg.Pace.Ear, time.Now()) {
				i.conn.drop(errDeaf)
				return errDeaf
			}
			i.take(ctx, m)
			i.tell()
		}
	}
}

// take handles one message by its topic.
func (i *intake) take(ctx context.Context, m Message) {
	switch m.Topic {
	case i.topics.cosigned():
		i.acknowledge(ctx, m.Payload)
	case i.topics.heartbeat():
		if !m.Retained {
			i.central.Store(true) // Somebody is there now.
		}
		i.offer(ctx, m.Topic, m.Payload)
	case i.topics.trust():
		i.offerTrust(ctx, m.Topic, m.Payload)
	case i.topics.rules(), i.topics.live():
		i.offer(ctx, m.Topic, m.Payload)
	default:
		i.keep(ctx, m)
	}
	if i.due && len(i.in.queue) == 0 {
		i.due = false
		tick(i.renew)
	}
}

// offer hands one document over, and then those that waited for it.
func (i *intake) offer(ctx context.Context, topic string, raw []byte) {
	if i.offerOne(ctx, topic, raw) == nil {
		i.drain(ctx)
	}
}

func (i *intake) offerOne(ctx context.Context, topic string, raw []byte) error {
	err := i.docs.Offer(ctx, raw)
	if err != nil {
		i.cfg.Log.DebugContext(ctx, "document not taken", "topic", topic, "err", err)
		return err
	}
	tick(i.nudge) // It may have brought the key to seal records to.
	return nil
}

// offerTrust offers a trust list. A new one may admit signers whose documents
// were dropped, so everything that is retained has to come again; each list
// causes that once.
func (i *intake) offerTrust(ctx context.Context, topic string, raw []byte) {
	if i.offerOne(ctx, topic, raw) != nil {
		return
	}
	i.noteTrust(raw)
	i.drain(ctx)
}

func (i *intake) noteTrust(raw []byte) {
	if sum := sha256.Sum256(raw); !i.renewed[sum] && len(i.renewed) < renewMost {
		i.renewed[sum] = true
		i.due = true
	}
}

// keep takes a piece that was fetched. What is not wanted any more came late.
func (i *intake) keep(ctx context.Context, m Message) {
	p, ok := i.topics.piece(m.Topic)
	if !ok || !wants(i.docs.Wants(), p) || i.held+len(m.Payload) > stashBytes {
		i.cfg.Log.DebugContext(ctx, "message not wanted", "topic", m.Topic)
		return
	}
	i.piece = time.Now()
	i.forget(p)
	i.stash[p] = m.Payload
	i.held += len(m.Payload)
	i.drain(ctx)
}

// drain offers the pieces whose turn has come, as long as that leads anywhere.
// Deltas count only one after the other. A trust list may need one before it, so
// it stays until it is taken or not wanted.
func (i *intake) drain(ctx context.Context) {
	for again := true; again; {
		again = false
		for _, p := range i.turn(i.docs.Wants()) {
			raw := i.stash[p]
			err := i.offerOne(ctx, i.topics.topic(p), raw)
			if err == nil || p.kind != trustList {
				i.forget(p)
			}
			if err == nil {
				if p.kind == trustList {
					i.noteTrust(raw)
				}
				again = true
				break
			}
		}
	}
}

// turn are the pieces in the stash that can be offered now, in order. It forgets
// those that are not wanted any more.
func (i *intake) turn(w document.Wants) []piece {
	var now []piece
	for _, p := range slices.SortedFunc(maps.Keys(i.stash), func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.number, b.number))
	}) {
		switch {
		case !wants(w, p):
			i.forget(p)
		case p.kind == delta && p.number != w.Deltas[0]:
		default:
			now = append(now, p)
		}
	}
	return now
}

func (i *intake) forget(p piece) {
	i.held -= len(i.stash[p])
	delete(i.stash, p)
}

// acknowledge hands over a cosigned checkpoint: the only word that records have
// arrived.
func (i *intake) acknowledge(ctx context.Context, msg []byte) {
	size, err := i.out.Acknowledge(ctx, msg, i.cfg.Cosigners()...)
	if err != nil {
		i.cfg.Log.InfoContext(ctx, "cosigned checkpoint not taken", "err", err)
		return
	}
	replace(i.acks, size)
}

// tell lets the fetcher know what is missing.
func (i *intake) tell() { replace(i.news, news{wants: i.docs.Wants(), piece: i.piece, beat: i.ear.at}) }

// wants says whether p is among what is missing.
func wants(w document.Wants, p piece) bool {
	switch p.kind {
	case trustList:
		return w.Rotations || slices.Contains(w.Trust, p.number)
	case delta:
		return slices.Contains(w.Deltas, p.number)
	default:
		return w.Snapshot == p.of && slices.Contains(w.Parts, p.number)
	}
}
