package verify_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gated/gate"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// TestConverges drives random publishing, losing, repeating, crashing and
// restarting against a model. Versions never fall, what is enforced is always a
// state that was published, and a box that can hear the broker comes to the
// published hash, in whatever order the retained documents arrive.
func TestConverges(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			w := &wild{publisher: newPublisher(t), r: r, published: map[[2]int64][32]byte{}}
			w.holder = newHolder(w.publisher)
			w.said()
			for range 120 {
				w.publishSomething()
				w.deliverSomething()
				w.crashSometimes()
			}
			w.settleDown()
			w.upToDate(w.publisher)
			if err := w.crash(); err != nil {
				t.Fatal(err)
			}
			w.settleDown()
			w.upToDate(w.publisher)
		})
	}
}

// wild is a publisher and a box, with a broker between them that does what it
// likes.
type wild struct {
	*publisher
	*holder
	r         *rand.Rand
	past      [][]byte              // everything that was ever published
	published map[[2]int64][32]byte // (epoch, seq) and the hash
	version   int64                 // the newest trust list enforced
	state     [2]int64              // the newest state enforced
}

// said notes what was published.
func (w *wild) said(raws ...[]byte) {
	w.past = append(w.past, raws...)
	w.past = append(w.past, w.list, w.site, w.hb)
	w.past = append(w.past, w.snapshot...)
	w.published[[2]int64{w.beat.Epoch, w.beat.Seq}] = w.Revoked.Hash()
}

func (w *wild) publishSomething() {
	w.later(time.Minute)
	w.beat.IssuedAt = max(w.beat.IssuedAt, w.now.Time.Unix()-60)
	switch n := w.r.IntN(100); {
	case n < 50:
		w.said(w.sayDelta(func(b *revocation.Builder) {
			for range 1 + w.r.IntN(5) {
				b.Add(revokedRider, w.r.Uint32N(1000))
			}
			b.Remove(revokedRider, w.r.Uint32N(1000))
			b.Add(cutoff, w.r.Uint32N(1000))
		}))
		if w.r.IntN(3) > 0 {
			w.sayBeat()
		}
	case n < 70:
		w.sayBeat()
	case n < 80:
		w.saySnapshot()
		w.sayBeat()
	case n < 86:
		w.saySite()
	case n < 92:
		w.sayTrust(func(j *trust.ListJSON) { j.IssuedAt = max(j.IssuedAt, w.beat.IssuedAt) })
		w.sayBeat()
	case n < 95:
		w.rotate(fmt.Sprintf("root-%d", w.r.Uint32()))
		w.sayBeat()
	case n < 96:
		w.newEpoch()
	}
	w.said()
}

// deliverSomething is what a hostile broker sends: the newest, the past, what is
// wanted, in any order, some of it twice, most of it never.
func (w *wild) deliverSomething() {
	var raws [][]byte
	for range w.r.IntN(4) {
		raws = append(raws, w.past[w.r.IntN(len(w.past))])
	}
	if w.r.IntN(2) == 0 {
		raws = append(raws, w.retained()...)
	}
	w.r.Shuffle(len(raws), func(i, j int) { raws[i], raws[j] = raws[j], raws[i] })
	for _, raw := range raws {
		if w.r.IntN(5) > 0 {
			w.hear(raw)
		}
	}
}

// hear offers a document and looks at what must never be.
func (w *wild) hear(raw []byte) {
	w.holder.tb.Helper()
	_ = w.offer(raw) // what counts is what it comes to
	if w.last.Alarm.EN != "" {
		w.holder.tb.Fatalf("the broker can ring the alarm: %s", w.last.Alarm)
	}
	d := w.docs
	if d.Trust != nil {
		if d.Trust.Version < w.version {
			w.holder.tb.Fatalf("the trust list falls from %d to %d", w.version, d.Trust.Version)
		}
		w.version = d.Trust.Version
	}
	if d.State == nil {
		return
	}
	at := [2]int64{d.State.Epoch, d.State.Seq}
	if revocation.Before(at[0], at[1], w.state[0], w.state[1]) {
		w.holder.tb.Fatalf("the state falls from %v to %v", w.state, at)
	}
	w.state = at
	if hash, ok := w.published[at]; !ok || hash != d.State.Set.Hash() {
		w.holder.tb.Fatalf("the state %v was never published so", at)
	}
	if p := d.Proof; p != nil && revocation.Before(at[0], at[1], p.Epoch, p.Seq) {
		w.holder.tb.Fatalf("proof of %d.%d at %v", p.Epoch, p.Seq, at)
	}
}

func (w *wild) crashSometimes() {
	if w.r.IntN(10) > 0 {
		return
	}
	if w.r.IntN(2) == 0 {
		w.flush()
	}
	if err := w.crash(); err != nil {
		w.holder.tb.Fatal(err)
	}
	w.now.Start++
	if w.r.IntN(3) == 0 {
		w.now.Boot, w.now.State = fmt.Sprint("boot-", w.now.Start), []gate.ClockState{gate.ClockSynced, gate.ClockFloor, gate.ClockLost}[w.r.IntN(3)]
	}
}

// retained is what the broker holds on the topics that a box subscribes to, and
// on those that it wants.
func (w *wild) retained() [][]byte {
	return slices.Concat([][]byte{w.list, w.site, w.hb}, w.fetch(w.docs.Wants()))
}

// settleDown lets the box hear an honest broker: what is retained, in any order,
// afresh after each new trust list and as long as something is wanted.
func (w *wild) settleDown() {
	w.sayBeat()
	w.said()
	for range 3 + len(w.rotated) {
		for range 4 {
			raws := w.retained()
			w.r.Shuffle(len(raws), func(i, j int) { raws[i], raws[j] = raws[j], raws[i] })
			for _, raw := range raws {
				w.hear(raw)
			}
		}
	}
}

// TestAnyOrderOfRetainedDocuments brings an empty box up to date with every
// retained document in a random order, again after each new trust list.
func TestAnyOrderOfRetainedDocuments(t *testing.T) {
	p := newPublisher(t)
	p.rotate("root-2")
	for i := range uint32(30) {
		p.revoke(1000 * i)
	}
	p.saySnapshot()
	for i := range uint32(150) {
		p.revoke(i)
	}
	p.sayTrust()
	p.saySite()
	p.sayBeat()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		h := newHolder(p)
		raws := slices.Concat([][]byte{p.list, p.site, p.hb}, p.snapshot, slices.Collect(maps.Values(p.rotated)))
		for to, raw := range p.deltas {
			if to > p.beat.Snapshot {
				raws = append(raws, raw)
			}
		}
		for afresh := true; afresh; {
			afresh = false
			r.Shuffle(len(raws), func(i, j int) { raws[i], raws[j] = raws[j], raws[i] })
			for _, raw := range raws {
				before := h.docs.Trust
				_ = h.offer(raw) // before its turn, or known
				afresh = afresh || h.docs.Trust != before
			}
		}
		h.upToDate(p)
	}
}
