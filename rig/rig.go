// Package rig is a gate box as far as its line to the central server goes: the
// real store, the real sync, documents checked, kept and enforced in the order of
// cmd/gated, and no hardware, socket or configuration around them. A process can
// hold one that is killed, or a thousand.
//
// It is for what no single gate shows: `make outages` (the network, the broker,
// box and server die at any instant), `make simulate` (many gates for a month of
// virtual time) and `make fleet` (a thousand gates at one broker) are its tests.
//
// It promises nothing to a gate and is never in one. It refuses to imitate:
// whatever part of cmd/gated it needs, it takes from where cmd/gated does. A new
// rig gets a test file of its own; what the box has to do for it, a method here.
package rig

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	stdsync "sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/sync"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/trust"
)

// Prefix is that of all topics here.
const Prefix = "gated/v1"

// Options say whose box it is.
type Options struct {
	Dir       string // state directory
	ID        string // of the gate
	Site      uint32
	Key       string   // the gate's private key, a note signer
	Roots     []string // verifier keys, as the configuration has them
	Threshold int
	Kernel    func() verify.Kernel                   // nil: a synchronised clock
	Metered   bool                                   // as in sync.Config
	Log       *slog.Logger                           // nil: silence
	Jitter    func(most time.Duration) time.Duration // as in sync.Config
	Enforced  func(rev int64)                        // nil, or called after each document, when it is in force
}

// Box is one gate box. Its methods may be called by several goroutines.
type Box struct {
	Store *store.Store
	Judge *verify.Verifier
	Clock *verify.Clock

	o     Options
	roots trust.Roots
	self  verify.Box

	mu   stdsync.Mutex // held from check to enforcement: documents come one after another
	held *verify.Documents
}

// Open opens the state directory, or makes it, and takes up what it holds.
// Nothing runs yet.
func Open(ctx context.Context, o Options) (*Box, error) {
	if o.Kernel == nil {
		o.Kernel = synced
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	signer, err := note.NewSigner(o.Key)
	if err != nil {
		return nil, fmt.Errorf("read gate's key: %w", err)
	}
	b := &Box{o: o, self: verify.Box{ID: o.ID, Site: o.Site}}
	if b.roots, err = trust.ParseRoots(o.Roots, o.Threshold); err != nil {
		return nil, err
	}
	if b.Store, err = store.Open(store.Options{Dir: o.Dir, Site: o.Site, Gate: o.ID, Signer: signer, Create: true}); err != nil {
		return nil, err
	}
	b.Clock = verify.NewClock(o.Kernel, false, time.Unix(0, 0), b.Store.Start())
	if floor, ok := b.Store.Held(heldFloor); ok {
		err = b.Clock.Restore(floor)
	}
	if err := errors.Join(err, b.load(ctx)); err != nil {
		return nil, errors.Join(err, b.Store.Close())
	}
	return b, nil
}

// load takes up documents and uses.
func (b *Box) load(ctx context.Context) error {
	uses, err := b.Store.Uses(ctx)
	if err != nil {
		return err
	}
	b.held, err = verify.Load(b.Store.Held)
	b.Judge = verify.New(b.self, b.Clock.Now)
	b.Judge.Remember(uses)
	b.Judge.Enforce(b.held)
	return err
}

// heldFloor is the name of the time floor in the store.
const heldFloor = "floor"

// synced is the kernel of a machine whose clock is kept.
func synced() verify.Kernel {
	now := time.Now()
	return verify.Kernel{Wall: now, Synced: true, Up: time.Duration(now.UnixNano()), Boot: "rig"}
}

// ID is the gate's.
func (b *Box) ID() string { return b.o.ID }

// Offer implements sync.Documents.
func (b *Box) Offer(ctx context.Context, raw []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	out, err := b.held.Accept(raw, b.roots, b.self, b.Clock.Now())
	if err != nil {
		b.held = out.Next
		return err
	}
	switch {
	case out.Reset:
		b.Clock.Reset(out.Raise)
	case out.Raise != 0:
		b.Clock.Raise(out.Raise)
	}
	keep := append(out.Keep, document.Held{Name: heldFloor, Body: b.Clock.Held()})
	if out.Later {
		b.Store.Carry(keep...)
	} else if err := b.Store.Hold(ctx, keep...); err != nil {
		return err
	}
	b.held = out.Next
	b.Judge.Enforce(out.Next)
	if b.o.Enforced != nil && out.Next.State != nil {
		b.o.Enforced(out.Next.State.Seq)
	}
	return nil
}

// Wants implements sync.Documents.
func (b *Box) Wants() document.Wants { return b.Held().Wants() }

// Held is what is enforced.
func (b *Box) Held() *verify.Documents {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// Link is its way to the broker, whose client id is the gate's.
func (b *Box) Link(broker sync.Broker, pace sync.Pace) *sync.Sync {
	broker.ClientID = b.o.ID
	return sync.New(sync.Config{
		Broker: broker, Prefix: Prefix, Gate: b.o.ID, Site: b.o.Site, Metered: b.o.Metered,
		Pace: pace, Log: b.o.Log, Jitter: b.o.Jitter,
		Status: b.status, Seal: b.seal, Cosigners: b.Cosigners, Ready: func() bool { return b.Held().Ready() },
	}, b, nil, b.Store)
}

// Run runs store and link until ctx ends, then stops them in the order that loses
// nothing, and closes the store.
func (b *Box) Run(ctx context.Context, link *sync.Sync) error {
	writing, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wrote := make(chan error, 1)
	go func() {
		defer stop() // a dead disk ends the box
		wrote <- b.Store.Run(writing)
	}()
	err := link.Run(ctx)
	end()
	return errors.Join(err, <-wrote, b.Store.Close())
}

func (b *Box) status(online bool) []byte {
	_, size := b.Store.Log()
	msg, err := json.Marshal(map[string]any{
		"online": online, "boot": b.Store.Start(), "version": "rig", "lanes": []string{"in"}, "rev": b.rev(), "trust": 1,
		"fresh": 0, "unsent": size - min(size, b.Store.Cosigned()), "clock": gate.ClockSynced, "alarms": []string{},
	})
	if err != nil {
		panic(fmt.Sprintf("status of plain values cannot be written: %v", err))
	}
	return msg
}

func (b *Box) rev() int64 {
	if s := b.Held().State; s != nil {
		return s.Seq
	}
	return 0
}

func (b *Box) seal() *ecdh.PublicKey {
	if list := b.Held().Trust; list != nil {
		return list.Seal()
	}
	return nil
}

// Cosigners are those whose signature says that records have arrived.
func (b *Box) Cosigners() (vs []note.Verifier) {
	list := b.Held().Trust
	if list == nil {
		return nil
	}
	for _, k := range list.Signers(trust.RoleCosign, 0) {
		vs = append(vs, k.Verifier())
	}
	return vs
}
