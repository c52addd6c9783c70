package main

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/stage"
	"gated/store"
	"gated/sync"
	"gated/verify"
	"gated/verify/record"
)

// drainBudget is DESIGN section 9's: the least part of bare publishing.
const drainBudget = 0.5

// journal is the store of a gate of that network, with its writer running.
type journal struct {
	*store.Store
	signer note.Signer
	key    string // the gate's verifier key
	stop   func() error
}

func newJournal(dir, gateID string, site uint32) (*journal, error) {
	secret, public, err := note.GenerateKey(rand.Reader, gateID)
	if err != nil {
		return nil, fmt.Errorf("make gate's key: %w", err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("make gate's key: %w", err)
	}
	st, err := store.Open(store.Options{Dir: filepath.Join(dir, gateID), Site: site, Gate: gateID, Signer: signer, Create: true})
	if err != nil {
		return nil, err
	}
	j := &journal{Store: st, signer: signer, key: public}
	writing, end := context.WithCancel(context.Background())
	wrote := make(chan error, 1)
	go func() { wrote <- st.Run(writing) }()
	j.stop = func() error {
		end()
		return errors.Join(<-wrote, st.Close())
	}
	return j, nil
}

// fill writes n records as openings leave them: the admission, and the door
// twice.
func (j *journal) fill(n int) error {
	at := gate.Moment{Time: time.Now(), State: gate.ClockSynced, Boot: "bench", Start: 12}
	var receipts []<-chan gate.Receipt
	for done := 0; done < n; {
		var recs []gate.Record
		for range min(999, n-done) {
			seq := done + len(recs)
			r := gate.Record{Kind: gate.KindDoor, At: at, Lane: "in", Event: gate.RelayOn}
			switch seq % 3 {
			case 0:
				r = admission(at, seq)
			case 2:
				r.Event = gate.RelayOff
			}
			recs = append(recs, r)
		}
		receipts = append(receipts, j.Commit(recs...))
		done += len(recs)
	}
	for _, r := range receipts {
		if got := <-r; got.Err != nil {
			return got.Err
		}
	}
	return nil
}

func admission(at gate.Moment, seq int) gate.Record {
	return gate.Record{
		Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
		Fresh: 30, Rev: 1234, Trust: 7, Took: 812 * time.Microsecond,
		Person: &gate.Person{Issuer: 1, Kid: 257, Serial: uint32(seq), Rider: 4_200_042},
	}
}

// link is the box's end of the line, with the settings of cmd/gated. Without an
// admitter nobody is told of uses, and no act is listened to.
func (j *journal) link(f *follower, b sync.Broker, pace sync.Pace, a *admitter, metered bool) *sync.Sync {
	b.ClientID = f.box.ID
	cfg := sync.Config{
		Broker: b, Prefix: "gated/v1", Gate: f.box.ID, Site: f.box.Site, Pace: pace, Metered: metered,
		Status: func(online bool) []byte {
			return fmt.Appendf(nil, `{"alarms":[],"boot":12,"clock":"synced","fresh":30,"lanes":["in"],"online":%t,"rev":1234,"trust":7,"unsent":0,"version":"1.0.0"}`, online)
		},
		Seal: func() *ecdh.PublicKey {
			if list := f.now().Trust; list != nil {
				return list.Seal()
			}
			return nil
		},
		Cosigners: f.cosigners, Ready: func() bool { return f.now().Ready() },
	}
	if a == nil {
		return sync.New(cfg, f, nil, j)
	}
	cfg.Used, cfg.UsedNote = a.used, a.note
	return sync.New(cfg, f, deaf{}, j)
}

// deaf takes what others ask and does nothing.
type deaf struct{}

func (deaf) Command(context.Context, []byte)        {}
func (deaf) Present(context.Context, []byte) []byte { return nil }
func (deaf) Heard(context.Context, []byte)          {}

// measureDrain prints how fast a backlog of n records reaches the central server
// and comes back cosigned, beside bare publishing of the same bytes with QoS 1 to
// the same broker.
func measureDrain(ctx context.Context, out io.Writer, temp string, s *stage.Stage, n int) (err error) {
	broker, err := s.NewMosquitto(ctx)
	if err != nil {
		return err
	}
	server, err := newFar(ctx, filepath.Join(temp, "drain"), broker.Addr, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	j, err := newJournal(filepath.Join(temp, "drain"), farGate, farSite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.stop()) }()
	if err := errors.Join(server.addSite(ctx, farSite), server.admitGate(ctx, farSite, farGate, j.key, false)); err != nil {
		return err
	}
	if err := j.fill(n); err != nil {
		return err
	}
	ours, err := drain(ctx, j, server, broker.Addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "backlog of %d records: sent, kept by the central server and cosigned in %.2f s\n", n, ours.Seconds())
	return printBare(ctx, out, j, broker.Addr, temp, ours)
}

// printBare prints what the same bytes cost bare. A record is what a gate has to
// say, so a message for each is the publishing that the budget means; in messages
// as large as ours there is nothing left to do but to copy, and what is beside
// that is what the far end does with them, of which the least is to keep the rows.
func printBare(ctx context.Context, out io.Writer, j *journal, broker, temp string, ours time.Duration) error {
	batches, singles, err := j.messages(ctx)
	if err != nil {
		return err
	}
	say := func(what string, took time.Duration, budget string) {
		fmt.Fprintf(out, "  bare QoS 1 publishing of %s: %.2f s; ours has %.2f of its rate%s\n", what, took.Seconds(), float64(took)/float64(ours), budget)
	}
	single, err := publishBare(ctx, singles, broker, false)
	if err != nil {
		return err
	}
	say(fmt.Sprintf("the same bytes, one message a record, to nobody: %d of them", len(singles)), single,
		fmt.Sprintf(" (budget %.1f: %s)", drainBudget, verdict(float64(single) >= drainBudget*float64(ours))))
	to := map[bool]string{false: "nobody", true: "one that listens"}
	var least time.Duration
	for _, heard := range []bool{false, true} {
		if least, err = publishBare(ctx, batches, broker, heard); err != nil {
			return err
		}
		say(fmt.Sprintf("the very messages that we send, %d of them, to %s", len(batches), to[heard]), least, "")
	}
	kept, err := keepBare(temp, singles)
	if err != nil {
		return err
	}
	say("those, and one bare SQLite insert a record, a thousand at a time made durable", least+kept, "")
	return nil
}

// keepBare is how long SQLite alone takes to keep these rows.
func keepBare(dir string, rows [][]byte) (took time.Duration, err error) {
	f, err := openFloor(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	begin := time.Now()
	for page := range slices.Chunk(rows, 1000) {
		if err := f.keepAll(page); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// drain takes the time from dialling to the cosignature over all that there is.
func drain(ctx context.Context, j *journal, server *far, broker string) (time.Duration, error) {
	f := &follower{roots: server.roots, box: verify.Box{ID: farGate, Site: farSite}, docs: &verify.Documents{}, clock: time.Now}
	link := j.link(f, sync.Broker{URL: "tcp://" + broker}, sync.Pace{}, nil, false)
	ctx, end := context.WithCancel(ctx)
	ran := make(chan error, 1)
	begin := time.Now()
	go func() { ran <- link.Run(ctx) }()
	_, size := j.Log()
	err := stage.Until(ctx, 5*time.Millisecond, func() (bool, error) { return j.Cosigned() >= size, nil })
	took := time.Since(begin)
	end()
	return took, errors.Join(err, <-ran)
}

// messages is the whole log as a box sends it, and once more with a message for
// each record.
func (j *journal) messages(ctx context.Context) (batches, singles [][]byte, err error) {
	seal, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	_, size := j.Log()
	for next := uint64(0); next < size; {
		b, err := j.Batch(ctx, next, record.MaxBatch)
		if err != nil {
			return nil, nil, err
		}
		msg, err := b.Encode(seal.PublicKey())
		if err != nil {
			return nil, nil, err
		}
		batches, next = append(batches, msg), next+uint64(len(b.Entries))
		for _, e := range b.Entries {
			singles = append(singles, append(append([]byte(nil), e.Leaf...), e.Person...))
		}
	}
	return batches, singles, nil
}

// publishBare publishes messages, 20 of them under way at a time, and waits for
// all acknowledgements of the broker and, if somebody is to hear them, until they
// have arrived.
func publishBare(ctx context.Context, msgs [][]byte, broker string, heard bool) (took time.Duration, err error) {
	arrived := make(chan struct{}, len(msgs))
	if heard {
		ear, err := sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: "ear"}, func(sync.Message) { arrived <- struct{}{} })
		if err != nil {
			return 0, err
		}
		defer ear.Close()
		if err := ear.Subscribe(ctx, "bare"); err != nil {
			return 0, err
		}
	}
	conn, err := sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: "bare"}, func(sync.Message) {})
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	const window = 20
	todo, ended := make(chan []byte), make(chan error, window)
	begin := time.Now()
	for range window {
		go func() {
			var err error
			for msg := range todo {
				err = errors.Join(err, conn.Publish(ctx, sync.Message{Topic: "bare", Payload: msg}))
			}
			ended <- err
		}()
	}
	for _, msg := range msgs {
		todo <- msg
	}
	close(todo)
	for range window {
		err = errors.Join(err, <-ended)
	}
	for n := 0; heard && n < len(msgs) && err == nil; n++ {
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			err = fmt.Errorf("%d of %d messages have arrived", n, len(msgs))
		}
	}
	return time.Since(begin), err
}
