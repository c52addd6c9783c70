package sync_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	stdsync "sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/verify/record"
)

const (
	gateID = "east"
	siteNo = 1001
	prefix = "gated/v1"
)

// keys are those of one gate and its central server.
type keys struct {
	gate, cosign                 note.Signer
	gateVerifier, cosignVerifier note.Verifier
	seal                         *ecdh.PrivateKey
}

func newKeys(t testing.TB) keys {
	t.Helper()
	var k keys
	k.gate, k.gateVerifier = newKey(t, gateID)
	k.cosign, k.cosignVerifier = newKey(t, "cosign")
	var err error
	if k.seal, err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return k
}

func newKey(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// tree is a log in memory: leaves and the hashes over them.
type tree struct {
	leaves []string
	hashes []tlog.Hash
}

func (l *tree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = l.hashes[n]
	}
	return out, nil
}

func (l *tree) add(leaf []byte) error {
	more, err := tlog.StoredHashesForRecordHash(int64(len(l.leaves)), record.Hash(leaf), l)
	if err != nil {
		return err
	}
	l.leaves, l.hashes = append(l.leaves, string(leaf)), append(l.hashes, more...)
	return nil
}

func (l *tree) root(size uint64) (tlog.Hash, error) { return tlog.TreeHash(int64(size), l) }

// outbox is the box's side in memory: a real log, real batches, real
// checkpoints, and an acknowledgement that checks what it is given.
type outbox struct {
	t    testing.TB
	keys keys

	mu       stdsync.Mutex
	log      string
	tree     tree
	entries  []record.Entry
	cosigned uint64
	grown    chan struct{}
	reached  chan struct{} // closed and made anew at each acknowledgement
	read     int           // batches read so far
	lowest   uint64        // the lowest number that one began at since the last stop
	broken   error         // returned by Batch, if not nil
	dropped  uint64        // so many leaves are kept no more
	follows  []gate.Record // records that only the next checkpoint puts on the disk
	stalled  bool          // Batch waits for the end of its context
	late     int           // calls with a context that has ended
}

func newOutbox(t testing.TB, k keys) *outbox {
	return &outbox{t: t, keys: k, log: record.NewLogID(), grown: make(chan struct{}, 1), reached: make(chan struct{})}
}

// admission is a record of a rider who is let in.
func admission() gate.Record {
	return gate.Record{
		Kind: gate.KindAccess, At: gate.Moment{Time: time.Unix(1800000000, 0), State: gate.ClockSynced, Start: 1},
		Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
		Person: &gate.Person{Issuer: 1, Kid: 257, Rider: 42},
	}
}

// add commits n records of admissions, each of another pass.
func (o *outbox) add(n int) {
	o.t.Helper()
	_, size := o.Log()
	recs := make([]gate.Record, n)
	for i := range recs {
		recs[i] = admission()
		recs[i].Person.Serial = uint32(size) + uint32(i)
	}
	o.keep(recs...)
}

// keep commits records.
func (o *outbox) keep(recs ...gate.Record) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.grow(recs)
}

// grow is keep under the lock.
func (o *outbox) grow(recs []gate.Record) {
	for _, r := range recs {
		e, err := record.Encode(o.log, uint64(len(o.entries)), r)
		if err == nil {
			err = o.tree.add(e.Leaf)
		}
		if err != nil {
			o.t.Error(err)
			return
		}
		o.entries = append(o.entries, e)
	}
	select {
	case o.grown <- struct{}{}:
	default:
	}
}

func (o *outbox) Log() (string, uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log, uint64(len(o.entries))
}

func (o *outbox) Newest(least record.Urgency) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n := len(o.entries); n > 0; n-- {
		if record.UrgencyOf(o.entries[n-1].Leaf) >= least {
			return uint64(n)
		}
	}
	return 0
}

func (o *outbox) Cosigned() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cosigned
}

// ended says, as a database does, that a context has ended. Whoever goes on asking
// would ask for ever.
func (o *outbox) ended(ctx context.Context) error {
	o.mu.Lock()
	stalled := o.stalled
	o.mu.Unlock()
	if stalled {
		<-ctx.Done()
	}
	if ctx.Err() == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.late++; o.late > 100 {
		panic("the outbox is asked again and again for a connection that has gone")
	}
	return ctx.Err()
}

// stall makes Batch and Checkpoint wait for the end of their context, or not.
func (o *outbox) stall(yes bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stalled = yes
}

func (o *outbox) Batch(ctx context.Context, from uint64, most int) (record.Batch, error) {
	if err := o.ended(ctx); err != nil {
		return record.Batch{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read++
	o.lowest = min(o.lowest, from)
	if o.broken != nil {
		return record.Batch{}, o.broken
	}
	from = max(from, o.dropped)
	b := record.Batch{Log: o.log, First: from}
	size := record.Overhead
	for _, e := range o.entries[from:] {
		if size += e.Size(); size > most && len(b.Entries) > 0 {
			break
		}
		b.Entries = append(b.Entries, e)
	}
	return b, nil
}

func (o *outbox) Checkpoint(ctx context.Context) ([]byte, error) {
	if err := o.ended(ctx); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.grow(o.follows)
	o.follows = nil
	root, err := o.tree.root(uint64(len(o.entries)))
	if err != nil {
		return nil, err
	}
	c := record.Checkpoint{Origin: record.Origin(siteNo, gateID, o.log), Size: uint64(len(o.entries)), Root: root}
	return c.Sign(o.keys.gate)
}

func (o *outbox) Acknowledge(_ context.Context, msg []byte, cosigners ...note.Verifier) (uint64, error) {
	c, _, err := record.OpenCheckpoint(msg, cosigners...)
	if err != nil {
		return 0, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Origin != record.Origin(siteNo, gateID, o.log) || c.Size > uint64(len(o.entries)) {
		return 0, errors.New("not our log")
	}
	if root, err := o.tree.root(c.Size); err != nil || root != c.Root {
		return 0, fmt.Errorf("not our tree: %w", err)
	}
	o.cosigned = max(o.cosigned, c.Size)
	close(o.reached)
	o.reached = make(chan struct{})
	return c.Size, nil
}

func (o *outbox) Grown() <-chan struct{} { return o.grown }

// follow writes n records of a relay, which wait for a checkpoint to be on the disk.
func (o *outbox) follow(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for range n {
		o.follows = append(o.follows, gate.Record{Kind: gate.KindDoor, Lane: "in", Event: gate.RelayOff})
	}
}

// reset begins to count anew.
func (o *outbox) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read, o.lowest = 0, 1<<60
}

// reads are how many batches were read since, and the lowest number that one
// began at.
func (o *outbox) reads() (n int, lowest uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read, o.lowest
}

// fix makes a broken outbox work again.
func (o *outbox) fix() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = nil
}

// begin begins another log.
func (o *outbox) begin(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log, o.tree, o.entries, o.cosigned = id, tree{}, nil, 0
}

// await waits until size is cosigned.
func (o *outbox) await(ctx context.Context, size uint64) {
	o.t.Helper()
	for {
		o.mu.Lock()
		have, next := o.cosigned, o.reached
		o.mu.Unlock()
		if have >= size {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
			o.t.Fatalf("cosigned %d of %d: %v", have, size, ctx.Err())
		}
	}
}
