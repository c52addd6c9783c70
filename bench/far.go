package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	stdsync "sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/gate"
	"gated/sync"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/trust"
)

// The network that the rows about the line are measured in.
const (
	farSite = 1001
	farGate = "guanggu-huijing-east" // as long as names are
)

// far is the central server at a broker, as gate-central runs it.
type far struct {
	*central.Central
	roots trust.Roots
	stop  func() error
}

// newFar makes a network and serves it at a broker, by that clock.
func newFar(ctx context.Context, dir, broker string, clock func() time.Time) (f *far, err error) {
	o := central.Options{Dir: filepath.Join(dir, "central"), Now: clock}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := central.Init(ctx, o); err != nil {
		return nil, err
	}
	f = &far{}
	if f.Central, err = central.Open(ctx, o); err != nil {
		return nil, err
	}
	keys, threshold, err := f.Roots(ctx)
	if err == nil {
		f.roots, err = trust.ParseRoots(keys, threshold)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.serve(ctx, broker); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *far) addSite(ctx context.Context, site uint32) error {
	return f.SetSite(ctx, central.Site{Number: site, Name: "Guanggu", Zone: "Asia/Shanghai"})
}

// admitGate lists a gate and, if it is to have one, a neighbour that is off.
func (f *far) admitGate(ctx context.Context, site uint32, id, key string, neighbour bool) error {
	if _, err := f.AddGate(ctx, id, site, key); err != nil || !neighbour {
		return err
	}
	_, other, err := note.GenerateKey(rand.Reader, "west")
	if err != nil {
		return err
	}
	_, err = f.AddGate(ctx, fmt.Sprintf("west-%d", site), site, other)
	return err
}

// serve returns once everything is published.
func (f *far) serve(ctx context.Context, broker string) error {
	ctx, end := context.WithCancel(ctx)
	in := central.NewInbox()
	conn, err := sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: "gate-central"}, func(m sync.Message) { in.Put(central.Message(m)) })
	if err != nil {
		end()
		return err
	}
	served, ready := make(chan error, 1), make(chan struct{})
	server := central.NewServer(f.Central, "gated/v1", slog.New(slog.DiscardHandler))
	go func() { served <- server.Serve(ctx, farLine{conn}, in, func() { close(ready) }) }()
	f.stop = func() error {
		end()
		err := <-served
		conn.Close()
		return errors.Join(err, f.Close())
	}
	select {
	case <-ready:
		return nil
	case err := <-served:
		end()
		return fmt.Errorf("serve: %w", err)
	}
}

// farLine is a sync.Conn as package central wants it.
type farLine struct{ *sync.Conn }

func (l farLine) Publish(ctx context.Context, m central.Message) error {
	return l.Conn.Publish(ctx, sync.Message(m))
}

// follower takes in documents as cmd/gated does, and keeps them in memory: what
// the disk costs is measured elsewhere.
type follower struct {
	roots trust.Roots
	box   verify.Box
	clock func() time.Time

	mu   stdsync.Mutex
	docs *verify.Documents
}

// Offer implements sync.Documents.
func (f *follower) Offer(_ context.Context, raw []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := gate.Moment{Time: f.clock(), State: gate.ClockSynced, Boot: "bench", Start: 1}
	o, err := f.docs.Accept(raw, f.roots, f.box, at)
	f.docs = o.Next
	return err
}

// Wants implements sync.Documents.
func (f *follower) Wants() document.Wants { return f.now().Wants() }

func (f *follower) now() *verify.Documents {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.docs
}

func (f *follower) cosigners() (vs []note.Verifier) {
	list := f.now().Trust
	if list == nil {
		return nil
	}
	for _, k := range list.Signers(trust.RoleCosign, 0) {
		vs = append(vs, k.Verifier())
	}
	return vs
}
