package sync_test

import (
	"context"
	"crypto/ecdh"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/sync"
)

// rig is one gate and its central server at one embedded broker, in virtual
// time.
type rig struct {
	t       *testing.T
	keys    keys
	broker  *embedded
	central *central
	out     *outbox
	docs    *documents
	acts    sync.Acts    // nil: none
	lane    atomic.Int64 // what the status says of the lane
	ready   atomic.Bool
	cfg     sync.Config
	sync    *sync.Sync
	stop    func()
}

// virtual runs a story about a rig. Nothing in it takes real time.
func virtual(t *testing.T, story func(r *rig)) {
	t.Helper()
	k := newKeys(t)
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, keys: k, broker: newEmbedded(t), central: newCentral(t, k), out: newOutbox(t, k), docs: newDocuments()}
		r.ready.Store(true)
		r.central.publish = r.broker.publish
		r.broker.watch(gateTopic("records"), r.central.take)
		r.broker.watch(gateTopic("checkpoint"), r.central.take)
		r.cfg = sync.Config{
			Broker: sync.Broker{URL: "pipe", ClientID: gateID, Open: r.broker.open},
			Prefix: prefix, Gate: gateID, Site: siteNo,
			Status: func(online bool) []byte {
				return fmt.Appendf(nil, `{"online":%t,"lanes":%d,"rev":%d}`, online, r.lane.Load(), time.Now().Unix())
			},
			Seal:      func() *ecdh.PublicKey { return k.seal.PublicKey() },
			Cosigners: func() []note.Verifier { return []note.Verifier{k.cosignVerifier} },
			Ready:     r.ready.Load,
			Log:       slog.New(slog.DiscardHandler),
		}
		story(r)
		if r.stop != nil {
			r.stop()
		}
		r.broker.close()
	})
}

// start runs the box until stop.
func (r *rig) start() {
	r.t.Helper()
	r.sync = sync.New(r.cfg, r.docs, r.acts, r.out)
	r.out.reset()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.sync.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
		r.stop = nil
		synctest.Wait()
	}
	synctest.Wait()
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// pass lets virtual time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
