package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/verifytest"
)

// openingBudget is row 1 of DESIGN section 9.
const openingBudget = 300 * time.Microsecond

// box is a gate box without hardware: controller, verifier and store as in
// cmd/gated.
type box struct {
	world *verifytest.World
	store *store.Store
	judge *verify.Verifier
	scans chan gate.Scan
	on    chan time.Time // the relay's edges on
	stop  func() error
}

// relay is a door in memory.
type relay struct{ on chan<- time.Time }

func (r relay) Set(on bool) error {
	if on {
		r.on <- time.Now()
	}
	return nil
}

func (relay) On() (bool, error) { return false, nil }

type silent struct{}

func (silent) Show(gate.Decision) {}

// newBox starts a box whose pulses, and the rests between them, are so short that
// the next sample finds the door at rest.
func newBox(dir string) (*box, error) {
	w, st, err := openWorld(dir)
	if err != nil {
		return nil, err
	}
	clock := verifytest.NewClock()
	judge := verify.New(w.Box, clock.Now)
	judge.Enforce(w.Documents())
	b := &box{world: w, store: st, judge: judge, scans: make(chan gate.Scan), on: make(chan time.Time, 1)}
	controller := gate.NewController(gate.ControllerConfig{
		Lane: gate.Lane{Name: "in", Direction: gate.In}, Door: gate.DoorConfig{Mode: gate.Hold, Pulse: time.Millisecond, Gap: time.Microsecond},
		Judge: judge, Journal: st, Relay: relay{b.on}, Signal: silent{}, Moment: clock.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	b.run(st, controller)
	<-st.Grown() // what the controller found
	return b, nil
}

// run starts writer and controller.
func (b *box) run(st *store.Store, c *gate.Controller) {
	writing, endWriting := context.WithCancel(context.Background())
	gating, endGating := context.WithCancel(context.Background())
	wrote, gated := make(chan error, 1), make(chan error, 1)
	go func() { wrote <- st.Run(writing) }()
	go func() { gated <- c.Run(gating, b.scans, nil) }()
	b.stop = func() error {
		endGating()
		err := <-gated
		endWriting()
		return errors.Join(err, <-wrote, st.Close())
	}
}

// open hands a code to the lane and returns the time from then to the relay.
func (b *box) open(text string) (time.Duration, error) {
	return b.after(func() (time.Time, error) {
		received := time.Now()
		b.scans <- gate.Scan{Code: text, At: received, Source: gate.FromScanner}
		return received, nil
	})
}

// after shows a code, in a way that says when its last byte came, and returns
// the time from then to the relay. It waits until the door is shut and all is
// written, so that the next sample has the disk for itself.
func (b *box) after(show func() (time.Time, error)) (time.Duration, error) {
	before := b.store.Size()
	received, err := show()
	if err != nil {
		return 0, err
	}
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	var took time.Duration
	select {
	case on := <-b.on:
		took = on.Sub(received)
	case <-limit.C:
		return 0, errors.New("the relay does not move")
	}
	return took, b.until(10*time.Second, func() bool { return b.store.Size() >= before+3 }) // the opening, relay on, relay off
}

// until waits for what the store has to do, so long at the most.
func (b *box) until(most time.Duration, done func() bool) error {
	limit, look := time.NewTimer(most), time.NewTicker(time.Millisecond)
	defer limit.Stop()
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-limit.C:
			return errors.New("the records of an opening are not all there")
		}
	}
	return nil
}

// bytesOf is what the store keeps of the opening with that number.
func (b *box) bytesOf(seq uint64) ([]byte, error) {
	entries, err := b.store.List(context.Background(), seq, seq+1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("record %d is not there", seq)
	}
	e := entries[0]
	return append(append(append([]byte(nil), e.Leaf...), e.Person...), e.Salt...), nil
}

// measureOpening is row 1: code received to relay on, durable.
func measureOpening(temp string, k kind, n int) (r row, err error) {
	dir, err := os.MkdirTemp(temp, "box-")
	if err != nil {
		return r, fmt.Errorf("make folder: %w", err)
	}
	b, err := newBox(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	f, err := openFloor(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.close()) }()

	r = row{what: "received -> relay on, durable: " + k.name, budget: "floor + 300 us"}
	r.within = func(ours, floor time.Duration) bool { return ours <= floor+openingBudget }
	warm := min(n, 20)
	for i := range n + warm {
		c := k.draw(b.world)
		seq := b.store.Size()
		ours, err := b.open(c.text)
		if err != nil {
			return r, err
		}
		same, err := b.bytesOf(seq)
		if err != nil {
			return r, err
		}
		begin := time.Now()
		if err := errors.Join(c.verify(), f.keep(same)); err != nil {
			return r, err
		}
		bare := time.Since(begin)
		if i >= warm {
			r.ours, r.floor = append(r.ours, ours), append(r.floor, bare)
		}
	}
	return r, nil
}
