package main

import (
	"context"
	"errors"
	mathrand "math/rand/v2"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/verifytest"
)

// listener is a box as far as documents go, in the order of cmd/gated: checked,
// on the disk, enforced. Beside it stands whoever signs them.
type listener struct {
	world    *verifytest.World
	docs     *verify.Documents
	store    *store.Store
	judge    *verify.Verifier
	now      gate.Moment
	close    func() error
	set      *revocation.Set // what the publisher has said so far
	seq      int64
	random   *mathrand.Rand
	universe uint64
}

func newListener(dir string, s spread) (*listener, error) {
	w, st, err := openWorld(dir)
	if err != nil {
		return nil, err
	}
	clock := verifytest.NewClock()
	l := &listener{
		world: w, docs: &verify.Documents{}, store: st, judge: verify.New(w.Box, clock.Now), now: clock.Now(),
		seq: 1, random: mathrand.New(mathrand.NewPCG(4, 4)), universe: s.universe,
	}
	ctx, end := context.WithCancel(context.Background())
	wrote := make(chan error, 1)
	go func() { wrote <- st.Run(ctx) }()
	l.close = func() error {
		end()
		return errors.Join(<-wrote, st.Close())
	}
	return l, nil
}

// take is what a box does with one document.
func (l *listener) take(raw []byte) error {
	o, err := l.docs.Accept(raw, l.world.Roots, l.world.Box, l.now)
	if err != nil {
		return err
	}
	if len(o.Keep) > 0 {
		if err := l.store.Hold(context.Background(), o.Keep...); err != nil {
			return err
		}
	}
	l.docs = o.Next
	l.judge.Enforce(o.Next)
	return nil
}

// begin takes the trust list and the site's document.
func (l *listener) begin() error {
	list, site := l.world.Trust, l.world.Site
	list.Version, site.Version = 1, 1
	for _, d := range []struct {
		kind   document.Type
		says   any
		signer note.Signer
	}{{document.Trust, list, l.world.Root}, {document.Site, site, l.world.SiteSigner}} {
		raw, err := document.Sign(d.kind, d.says, d.signer)
		if err != nil {
			return err
		}
		if err := l.take(raw); err != nil {
			return err
		}
	}
	return nil
}

// snapshot signs the state in parts, and the heartbeat that names them.
func (l *listener) snapshot(body []byte) (raws [][]byte, err error) {
	parts := revocation.Split(1, l.seq, verifytest.Begin, body)
	for _, p := range parts {
		raw, err := document.Sign(document.Snapshot, p, l.world.Revocation)
		if err != nil {
			return nil, err
		}
		raws = append(raws, raw)
	}
	hash := revocation.Sum(body)
	raw, err := document.Sign(document.Heartbeat, revocation.HeartbeatJSON{
		Epoch: 1, Seq: l.seq, Hash: hash[:], Trust: 1, Snapshot: l.seq, Parts: int64(len(parts)), IssuedAt: verifytest.Begin,
	}, l.world.Revocation)
	return append(raws, raw), err
}

// delta signs the addition of n passes anywhere.
func (l *listener) delta(n int) ([]byte, error) {
	b := revocation.NewBuilder(nil)
	for added := 0; added < n; {
		v := uint32(l.random.Uint64N(l.universe))
		if !l.set.Has(passes, v) {
			b.Add(passes, v)
			added++
		}
		if added == n {
			added = b.Set().Len(passes) // one may have been drawn twice
		}
	}
	add := b.Set()
	next, err := l.set.With(add, revocation.Empty())
	if err != nil {
		return nil, err
	}
	hash := next.Hash()
	raw, err := document.Sign(document.Delta, revocation.DeltaJSON{
		Epoch: 1, From: l.seq, To: l.seq + 1, IssuedAt: verifytest.Begin, Add: add.Encode(), Remove: []byte{}, Hash: hash[:],
	}, l.world.Revocation)
	l.set, l.seq = next, l.seq+1
	return raw, err
}
