package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
	"gated/verify/record"
)

func key(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	s, v, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(v)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// noteSigner signs checkpoints.
type noteSigner = note.Signer

// signerOf makes a key pair of that name.
func signerOf(t testing.TB, name string) (noteSigner, document.Key) {
	t.Helper()
	s, v, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	k, err := document.ParseKey(v)
	if err != nil {
		t.Fatal(err)
	}
	return signer, k
}

// gateKey makes a key for the gate.
func gateKey(t testing.TB) (noteSigner, string) {
	t.Helper()
	signer, k := signerOf(t, "east-1")
	return signer, k.Text
}

func options(t testing.TB) store.Options {
	t.Helper()
	signer, key := gateKey(t)
	return store.Options{Dir: t.TempDir(), Site: 1001, Gate: "east-1", Signer: signer, Key: key, Create: true}
}

// box is a store with its writer, as the daemon has them.
type box struct {
	*store.Store
	ran  chan error   // what Run returned
	stop func() error // ends Run and closes; idempotent
}

func start(t testing.TB, o store.Options) *box {
	t.Helper()
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, s)
}

func run(t testing.TB, s *store.Store) *box {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	b := &box{Store: s, ran: ran, stop: sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-ran, s.Close())
	})}
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *box) mustStop(t testing.TB) {
	t.Helper()
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
}

func (b *box) commit(t testing.TB, recs ...gate.Record) uint64 {
	t.Helper()
	r := <-b.Commit(recs...)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return r.First
}

// follow returns when recs are written, which does not mean synced.
func (b *box) follow(t testing.TB, recs ...gate.Record) {
	t.Helper()
	want := b.Size() + uint64(len(recs))
	b.Follow(recs...)
	for limit := time.Now().Add(time.Minute); b.Size() < want; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal("what follows is not written")
		}
	}
}

// admission is the record of an opening for the pass with that serial.
func admission(serial uint32) gate.Record {
	at := gate.Moment{Time: time.UnixMilli(1800000000123), State: gate.ClockSynced, Up: time.Hour, Boot: "b1", Start: 1}
	pass := gate.PassID{Kid: 257, Serial: serial}
	return gate.Record{
		Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
		Fresh: 12, Rev: 9, Trust: 7, Took: 250 * time.Microsecond,
		Person: &gate.Person{Issuer: 1, Kid: pass.Kid, Serial: pass.Serial, Rider: 42},
		Use:    &gate.Use{Pass: pass, Entered: 1800000000, ShownAt: 5, Last: at, Lane: "in", Again: 1, Until: 1800003600},
	}
}

func door(e gate.Event) gate.Record {
	return gate.Record{Kind: gate.KindDoor, Lane: "in", Event: e, Fresh: -1}
}

// fill commits n records, every second one of a rider.
func (b *box) fill(t testing.TB, n int) {
	t.Helper()
	for i := range n / 2 {
		b.commit(t, admission(uint32(i)), door(gate.RelayOn))
	}
	if n%2 == 1 {
		b.commit(t, door(gate.RelayOff))
	}
}

// tamper runs a statement on the file of a store that is at rest.
func tamper(t testing.TB, dir, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	res, err := db.Exec(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("the statement changed %d rows: %v", n, err)
	}
}

func TestNumbersHaveNoGapsUnderConcurrentCommits(t *testing.T) {
	b := start(t, options(t))
	const workers, each = 8, 60
	var mu sync.Mutex
	seen := make(map[uint64]int)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				recs := []gate.Record{admission(uint32(w*each + i)), door(gate.RelayOn), door(gate.RelayOff)}[:1+i%3]
				r := <-b.Commit(recs...)
				if r.Err != nil {
					t.Error(r.Err)
					return
				}
				mu.Lock()
				for n := range recs {
					seen[r.First+uint64(n)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	_, size := b.Log()
	if uint64(len(seen)) != size || size != workers*each*2 {
		t.Fatalf("%d numbers given, %d records on disk", len(seen), size)
	}
	for n := range size {
		if seen[n] != 1 {
			t.Errorf("number %d given %d times", n, seen[n])
		}
	}
	if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Records != size {
		t.Errorf("%+v: %v", r, err)
	}
}

func TestRecordsReadBack(t *testing.T) {
	b := start(t, options(t))
	log, size := b.Log()
	if size != 0 || b.Start() != 1 || b.Origin() != record.Origin(1001, "east-1", log) {
		t.Fatalf("new log %s of %d records, start %d", log, size, b.Start())
	}
	if first := b.commit(t, admission(7), door(gate.RelayOn)); first != 0 {
		t.Errorf("first number %d", first)
	}
	if first := b.commit(t, door(gate.RelayOff)); first != 2 {
		t.Errorf("then %d", first)
	}
	select {
	case <-b.Grown():
	default:
		t.Error("no tick after a commit")
	}
	list, err := b.List(t.Context(), 0, 2)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d records: %v", len(list), err)
	}
	l, err := record.ParseLeaf(list[0].Leaf)
	if err != nil {
		t.Fatal(err)
	}
	if l.Log != log || l.Seq != 0 || l.Reason != "ok" || list[0].Person != `{"issuer":1,"kid":257,"serial":7,"rider":42}` {
		t.Errorf("%s %s", list[0].Leaf, list[0].Person)
	}
	if err := list[0].Check(); err != nil {
		t.Error(err)
	}
	if list[1].Person != "" || list[1].Salt != nil {
		t.Errorf("a person beside a door: %+v", list[1])
	}
}

func TestBatchKeepsToItsLimitAndLosesNothing(t *testing.T) {
	b := start(t, options(t))
	b.fill(t, 1301)
	_, size := b.Log()
	var got []record.Entry
	for from := uint64(0); ; {
		batch, err := b.Batch(t.Context(), from, 8<<10)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Entries) == 0 {
			break
		}
		msg, err := batch.Encode(nil)
		if err == nil && len(msg) > 8<<10 {
			t.Errorf("a message of %d bytes", len(msg))
		}
		if batch.First != from {
			t.Fatalf("batch from %d, asked from %d", batch.First, from)
		}
		got = append(got, batch.Entries...)
		from += uint64(len(batch.Entries))
	}
	want, err := b.List(t.Context(), 0, size)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 1301 {
		t.Errorf("%d records in batches: %s", len(got), diff)
	}
	if one, err := b.Batch(t.Context(), 3, 1); err != nil || len(one.Entries) != 1 {
		t.Errorf("%d records in a byte: %v", len(one.Entries), err)
	}
	if _, err := b.Batch(t.Context(), size+1, 0); err == nil {
		t.Error("made a batch beyond the end")
	}
}

func TestUsesCommitWithTheirRecord(t *testing.T) {
	o := options(t)
	b := start(t, o)
	r := admission(7)
	b.commit(t, r)
	again := *r.Use
	again.Again, again.Left = 2, 1800000100
	r.Use = &again
	b.commit(t, r, admission(8))
	b.mustStop(t)

	b = start(t, o)
	uses, err := b.Uses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byTime := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	if diff := cmp.Diff([]gate.Use{again, *admission(8).Use}, uses, byTime); diff != "" {
		t.Error(diff)
	}
	if err := b.Forget(t.Context(), 1800003601); err != nil {
		t.Fatal(err)
	}
	if uses, err := b.Uses(t.Context()); err != nil || len(uses) != 0 {
		t.Errorf("%d uses after they were forgotten: %v", len(uses), err)
	}
}

func TestRunEndsAfterWhatWasAccepted(t *testing.T) {
	s, err := store.Open(options(t))
	if err != nil {
		t.Fatal(err)
	}
	var waiting []<-chan gate.Receipt
	for i := range 20 {
		waiting = append(waiting, s.Commit(admission(uint32(i))))
	}
	held := make(chan error)
	for i := range 3 {
		go func() { held <- s.Hold(t.Context(), document.Held{Name: fmt.Sprint(i)}) }()
	}
	for s.Queued() < 23 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := <-held; err != nil {
			t.Error(err)
		}
	}
	for i, w := range waiting {
		if r := <-w; r.Err != nil || r.First != uint64(i) {
			t.Errorf("receipt %d: %+v", i, r)
		}
	}
	if r := <-s.Commit(door(gate.RelayOn)); !errors.Is(r.Err, store.ErrStopped) {
		t.Errorf("after the end: %v", r.Err)
	}
	if err := s.Hold(t.Context(), document.Held{Name: "x"}); !errors.Is(err, store.ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeEncodedIsRefusedAlone(t *testing.T) {
	b := start(t, options(t))
	bad := door(gate.RelayOn)
	bad.Rev = 1 << 60
	if r := <-b.Commit(door(gate.RelayOn), bad); !errors.Is(r.Err, record.ErrMalformed) {
		t.Errorf("receipt %+v", r)
	}
	if first := b.commit(t, door(gate.RelayOff)); first != 0 {
		t.Errorf("the refused commit took numbers: %d", first)
	}
}

func TestQueueIsBounded(t *testing.T) {
	s, err := store.Open(options(t))
	if err != nil {
		t.Fatal(err)
	}
	var last <-chan gate.Receipt
	for range 4097 {
		last = s.Commit(door(gate.RelayOn))
	}
	if r := <-last; !errors.Is(r.Err, store.ErrFull) {
		t.Errorf("nobody writes, and still %+v", r)
	}
	run(t, s).mustStop(t)
	if _, size := s.Log(); size != 4096 {
		t.Errorf("%d records", size)
	}
}

func TestStartsAreCounted(t *testing.T) {
	o := options(t)
	for want := uint64(1); want <= 3; want++ {
		b := start(t, o)
		if b.Start() != want {
			t.Errorf("start %d, want %d", b.Start(), want)
		}
		b.commit(t, door(gate.Event(fmt.Sprint(want))))
		b.mustStop(t)
		o.Create = false
	}
}

// Newest tells what is urgent from what is not, whoever commits it.
func TestNewest(t *testing.T) {
	b := start(t, options(t))
	look := func(want ...uint64) {
		t.Helper()
		if diff := cmp.Diff(want, []uint64{b.Newest(record.Told), b.Newest(record.Pressing)}); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	look(0, 0)
	for _, step := range []struct {
		rec            gate.Record
		told, pressing uint64
	}{
		{gate.Record{Kind: gate.KindDoor, Event: gate.RelayOn}, 0, 0},
		{gate.Record{Kind: gate.KindAccess, Verdict: gate.Open, Reason: gate.OK}, 2, 0},
		{gate.Record{Kind: gate.KindSystem, Event: gate.Alarm}, 3, 3},
		{gate.Record{Kind: gate.KindDoor, Event: gate.RelayOff}, 3, 3},
	} {
		if r := <-b.Commit(step.rec); r.Err != nil {
			t.Fatal(r.Err)
		}
		look(step.told, step.pressing)
	}
}

// TestSyncedTellsOfEachCommit that is waited for.
func TestSyncedTellsOfEachCommit(t *testing.T) {
	o := options(t)
	var told []time.Duration // Run's, until it has ended
	o.Synced = func(took time.Duration) { told = append(told, took) }
	b := start(t, o)
	b.commit(t, door(gate.RelayOn))
	b.commit(t, door(gate.RelayOff))
	b.mustStop(t)
	if len(told) < 2 || slices.Min(told) <= 0 {
		t.Errorf("told %v of two commits", told)
	}
}
