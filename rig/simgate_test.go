package rig_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gated/gate"
	"gated/rig"
	"gated/sync"
	"gated/verify"
)

// simGate is one gate of a simulation.
type simGate struct {
	*sim
	n    int
	o    rig.Options
	rnd  *rand.Rand // of its pauses
	box  *rig.Box
	stop func() // ends the box as a power cut does

	off   bool // no power
	cut   atomic.Bool
	conn  atomic.Pointer[stream]
	since time.Time    // when its line, power or clock was mended last
	wrong atomic.Int64 // by which its wall clock is off, in nanoseconds
	boot  int          // of the kernel

	booted time.Time

	rev   int64 // the highest that it has enforced
	floor time.Time
}

// kernel is its clock: kept, and now and then wrong.
func (g *simGate) kernel() verify.Kernel {
	now := time.Now()
	return verify.Kernel{Wall: now.Add(time.Duration(g.wrong.Load())), Synced: true, Up: now.Sub(g.booted) + 20*time.Second, Boot: fmt.Sprint("boot-", g.boot)}
}

// jitter is for its pauses.
func (g *simGate) jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(g.rnd.Int64N(int64(most) + 1))
}

// dial is its way to the broker.
func (g *simGate) dial(context.Context) (net.Conn, error) {
	if g.cut.Load() {
		return nil, errors.New("the line is cut")
	}
	c, err := g.broker.open()
	if err != nil {
		return nil, err
	}
	g.conn.Store(c)
	return c, nil
}

// patient is the pace of a box, but for what only looks around.
func patient() sync.Pace {
	return sync.Pace{Poll: time.Hour, StatusRev: 6 * time.Hour, Ear: 3 * time.Hour, Spread: 30 * time.Second, Between: 2 * time.Minute}
}

// start is a power-up.
func (g *simGate) start(t *testing.T) {
	t.Helper()
	g.boot, g.booted = g.boot+1, time.Now()
	var err error
	if g.box, err = rig.Open(t.Context(), g.o); err != nil {
		t.Fatalf("gate %d does not start: %v", g.n, err)
	}
	ctx, end := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	link := g.box.Link(sync.Broker{URL: "model", Keepalive: -1, Open: g.dial}, patient())
	go func() { ran <- g.box.Run(ctx, link) }()
	g.stop = func() {
		g.sever()
		g.eager.forget(g.n)
		end()
		if err := <-ran; err != nil {
			t.Errorf("gate %d: %v", g.n, err)
		}
	}
	if hb := g.box.Held().Heartbeat; hb != nil {
		g.floor = time.Unix(hb.IssuedAt, 0) // what has passed since it was written down is not known any more
	}
	g.look(t)
}

// sever ends its connection and lets none through.
func (g *simGate) sever() {
	g.cut.Store(true)
	if c := g.conn.Swap(nil); c != nil {
		_ = c.Close()
	}
	synctest.Wait()
}

// show shows a rider's code at the gate and does what the lane does: judge, record,
// and, when the record is on disk, let the rider in.
func (g *simGate) show(t *testing.T, rider int) {
	t.Helper()
	g.look(t) // what it has heard since anything happened here
	d := g.box.Judge.Judge(gate.Scan{Code: g.codes[rider], At: time.Now(), Source: gate.FromScanner}, gate.Lane{Name: "in", Direction: gate.In}, gate.DoorState{})
	if seq, is := g.revoked[rider]; is && g.rev < seq && g.calmFor() > longCalm && time.Since(g.revokedAt[rider]) > longCalm {
		g.broken(t, "I5", "gate %d has not heard of state %d, it holds %d, and nothing was in the way for %s", g.n, seq, g.rev, g.calmFor())
	}
	g.tell("%d %d rider %d %s %s rev %d trust %d %s", time.Now().UnixMilli(), g.n, rider, d.Verdict, d.Reason, d.Rev, d.Trust, d.At.State)
	if seq, is := g.revoked[rider]; d.Verdict == gate.Open && is && g.rev >= seq {
		g.broken(t, "I5", "gate %d let rider %d in, revoked by state %d; it holds %d", g.n, rider, seq, g.rev)
	}
	access := gate.Record{
		Kind: gate.KindAccess, At: d.At, Lane: "in", Verdict: d.Verdict, Reason: d.Reason, Source: gate.FromScanner,
		Fresh: d.Fresh, Rev: d.Rev, Trust: d.Trust, Person: d.Person, Use: d.Use,
	}
	receipt := <-g.eager.journal(g).Commit(access)
	if receipt.Err != nil {
		t.Fatalf("gate %d: %v", g.n, receipt.Err)
	}
	g.shown++
	g.reasons[d.Reason]++
	if d.Verdict != gate.Open {
		return
	}
	if _, size := g.box.Store.Log(); size <= receipt.First {
		g.broken(t, "I1", "gate %d let rider %d in, and record %d is not on the disk", g.n, rider, receipt.First)
	}
	g.opened++
	door := gate.Record{Kind: gate.KindDoor, At: g.box.Clock.Now(), Lane: "in", Event: gate.RelayOn}
	off := door
	off.Event = gate.RelayOff
	if r := <-g.eager.journal(g).Commit(door, off); r.Err != nil {
		t.Fatalf("gate %d: %v", g.n, r.Err)
	}
}

// longCalm is how long a revocation may take at worst when nothing is in the way:
// all pauses and beats of a simulation come to less.
const longCalm = 3 * time.Hour

// calmFor is for how long nothing has been in the way.
func (g *simGate) calmFor() time.Duration {
	if g.cut.Load() || g.off || g.wrong.Load() != 0 {
		return 0
	}
	return min(time.Since(g.since), g.broker.calmFor())
}

// look checks what may never go back.
func (g *simGate) look(t *testing.T) {
	t.Helper()
	if s := g.box.Held().State; s != nil {
		if s.Seq < g.rev {
			g.broken(t, "I4", "gate %d goes back from revocation state %d to %d", g.n, g.rev, s.Seq)
		}
		g.rev = s.Seq
	} else if g.rev > 0 {
		g.broken(t, "I4", "gate %d has forgotten revocation state %d", g.n, g.rev)
	}
	floor := g.box.Clock.Floor()
	if floor.Before(g.floor) {
		g.broken(t, "I8", "the floor of gate %d goes back from %s to %s", g.n, g.floor, floor)
	}
	g.floor = floor
	if _, size := g.box.Store.Log(); g.box.Store.Cosigned() > size {
		g.broken(t, "I2", "gate %d has %d records, %d are cosigned", g.n, size, g.box.Store.Cosigned())
	}
}

// committer is the part of gate.Journal that an admission waits for.
type committer interface {
	Commit(recs ...gate.Record) <-chan gate.Receipt
}

// eager is the planted bug: a journal that acknowledges before it commits, to
// spare the card, and commits a second later. Off, it is the store.
type eager struct {
	on      bool
	pending map[int][][]gate.Record
}

func (e *eager) journal(g *simGate) committer {
	if !e.on {
		return g.box.Store
	}
	return eagerJournal{e, g}
}

// forget is what a power cut does to what waits.
func (e *eager) forget(n int) { delete(e.pending, n) }

type eagerJournal struct {
	*eager
	g *simGate
}

// Commit is that of gate.Journal.
func (j eagerJournal) Commit(recs ...gate.Record) <-chan gate.Receipt {
	done := make(chan gate.Receipt, 1)
	_, size := j.g.box.Store.Log()
	for _, waits := range j.pending[j.g.n] {
		size += uint64(len(waits))
	}
	done <- gate.Receipt{First: size}
	j.pending[j.g.n] = append(j.pending[j.g.n], recs)
	box := j.g.box
	time.AfterFunc(time.Second, func() {
		if waits := j.pending[j.g.n]; len(waits) > 0 && box == j.g.box {
			j.pending[j.g.n] = waits[1:]
			<-box.Store.Commit(waits[0]...)
		}
	})
	return done
}
