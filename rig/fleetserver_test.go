package rig_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"gated/central"
	"gated/rig"
	"gated/sync"
	"gated/verify"
)

// Communities of a fleet.
const (
	firstSite  = 1001
	gatesASite = 4
)

// farServer is the central server in this process, served as gate-central does.
type farServer struct {
	*central.Central
	riders uint32
	sites  uint32
	gates  int
	stop   func()

	mu        stdsync.Mutex
	said      []central.Message // all that was published, in order
	published map[int64]time.Time
}

func newFarServer(t *testing.T, dir string) *farServer {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	o := central.Options{Dir: dir}
	must(t, central.Init(t.Context(), o))
	c, err := central.Open(t.Context(), o)
	must(t, err)
	s := &farServer{Central: c, published: map[int64]time.Time{}}
	must(t, c.AddIssuer(t.Context(), 1, "Swift"))
	t.Cleanup(func() {
		if s.stop != nil {
			s.stop()
		}
		must(t, c.Close())
	})
	return s
}

// addGate registers a gate, and its site before it.
func (s *farServer) addGate(t *testing.T, o rig.Options, key string) {
	t.Helper()
	if o.Site != s.sites {
		must(t, s.SetSite(t.Context(), central.Site{Number: o.Site, Name: "East", Zone: "Asia/Shanghai"}))
		s.sites = o.Site
	}
	s.gates++
	_, err := s.AddGate(t.Context(), o.ID, o.Site, key)
	must(t, err)
}

// connect serves a broker and returns when all is published.
func (s *farServer) connect(t *testing.T, broker string) {
	t.Helper()
	if s.stop != nil {
		s.stop()
	}
	ctx, end := context.WithCancel(context.Background())
	in := central.NewInbox()
	conn, err := sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: "gate-central"}, func(m sync.Message) { in.Put(central.Message(m)) })
	must(t, err)
	served, ready := make(chan error, 1), make(chan struct{})
	server := central.NewServer(s.Central, rig.Prefix, slog.New(slog.DiscardHandler))
	go func() { served <- server.Serve(ctx, farLine{conn, s}, in, func() { close(ready) }) }()
	s.stop = func() {
		end()
		if err := <-served; err != nil && !errors.Is(err, central.ErrBroker) {
			t.Error(err)
		}
		conn.Close()
	}
	within := patience(time.Minute, s.gates)
	select {
	case <-ready:
	case <-time.After(within):
		t.Fatalf("the server does not publish everything within %s", within)
	}
}

// farLine is a sync.Conn as package central wants it, with a note of what was
// published when.
type farLine struct {
	*sync.Conn
	s *farServer
}

// Publish implements central.Broker.
func (l farLine) Publish(ctx context.Context, m central.Message) error {
	l.s.mu.Lock()
	l.s.said = append(l.s.said, m)
	if strings.HasSuffix(m.Topic, "/revocation/live") {
		l.s.published[int64(len(l.s.published))+2] = time.Now() // states are numbered from 1, the first has no delta
	}
	l.s.mu.Unlock()
	return l.Conn.Publish(ctx, sync.Message(m))
}

// revoke lists one more rider and returns the new state's number.
func (s *farServer) revoke(t *testing.T) int64 {
	t.Helper()
	s.riders++
	c, err := s.Revoke(t.Context(), "gone", central.Rider(1, s.riders))
	must(t, err)
	return c.Seq
}

func (s *farServer) publishedAt(rev int64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published[rev]
}

// fanOut is how long a message of a delta's size takes to each of as many bare
// clients as there are gates, if it is the first of so many.
func (f *fleet) fanOut(t *testing.T, n int) (took []time.Duration) {
	t.Helper()
	const topic = "bare"
	got, rest := make(chan time.Time, len(f.gates)), make(chan time.Time, len(f.gates)*n)
	hear := func(m sync.Message) {
		if m.Payload[0] == 0 {
			got <- time.Now()
		} else {
			rest <- time.Now()
		}
	}
	for i := range f.gates {
		c, err := sync.Dial(t.Context(), sync.Broker{URL: "tcp://" + f.broker.Addr, ClientID: fmt.Sprint("bare-", i)}, hear)
		must(t, err)
		defer c.Close()
		must(t, c.Subscribe(t.Context(), topic))
	}
	from, err := sync.Dial(t.Context(), sync.Broker{URL: "tcp://" + f.broker.Addr, ClientID: "bare-from"}, func(sync.Message) {})
	must(t, err)
	defer from.Close()
	payload := make([]byte, 600)
	limit := time.After(patience(2*time.Minute, len(f.gates)))
	for range rounds {
		began := time.Now()
		for i := range n {
			must(t, from.Publish(t.Context(), sync.Message{Topic: topic, Payload: append([]byte{byte(i)}, payload...)}))
		}
		for i := range n * len(f.gates) {
			next := got
			if i >= len(f.gates) {
				next = rest
			}
			select {
			case at := <-next:
				if i < len(f.gates) {
					took = append(took, at.Sub(began))
				}
			case <-limit:
				t.Fatal("a plain message does not reach every bare client")
			}
		}
	}
	return took
}

// applyTime is what one gate needs for a delta, and for the heartbeat that comes
// with it: a verification and a commit each.
func (f *fleet) applyTime(t *testing.T) (delta, beat time.Duration) {
	t.Helper()
	o := f.gates[0].options()
	o.Dir += "-alone"
	b, err := rig.Open(t.Context(), o)
	must(t, err)
	ctx, end := context.WithCancel(t.Context())
	wrote := make(chan error, 1)
	go func() { wrote <- b.Store.Run(ctx) }()
	var took, beats []time.Duration
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	after := false // a delta
	for _, m := range f.server.said {
		live := strings.HasSuffix(m.Topic, "/revocation/live")
		if strings.Contains(m.Topic, "/revocation/delta/") || strings.HasSuffix(m.Topic, "/cosigned") || len(m.Payload) == 0 {
			continue
		}
		began := time.Now()
		err := b.Offer(ctx, m.Payload)
		switch {
		case live:
			must(t, err)
			took = append(took, time.Since(began))
		case after && err == nil && strings.HasSuffix(m.Topic, "/revocation/heartbeat"):
			beats = append(beats, time.Since(began))
		}
		after = live
		if err != nil && !live && !errors.Is(err, verify.ErrKnown) && !errors.Is(err, verify.ErrRefused) {
			t.Logf("%s: %v", m.Topic, err)
		}
	}
	end()
	must(t, errors.Join(<-wrote, b.Store.Close()))
	if len(took) != rounds || len(beats) == 0 {
		t.Fatalf("%d deltas and %d of their heartbeats applied, want %d", len(took), len(beats), rounds)
	}
	return at(took, 50), at(beats, 50)
}
