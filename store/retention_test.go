package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

const day = 24 * time.Hour

var begin = time.Unix(1_800_000_000, 0)

func limits() store.Limits {
	return store.Limits{Persons: 30 * day, Leaves: 400 * day, Size: 1 << 30, Most: 2 << 30}
}

func stamp(e gate.Event, detail string) gate.Record {
	return gate.Record{Kind: gate.KindSystem, Event: e, Detail: detail, Fresh: -1}
}

func (b *box) retain(t testing.TB, at time.Time, l store.Limits) store.Retained {
	t.Helper()
	r, err := b.Retain(t.Context(), at, l, stamp)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// canary is the record of a rider whose numbers stand nowhere else.
func canary(i int) gate.Record {
	r := admission(uint32(i))
	r.Use = nil
	r.Person = &gate.Person{Issuer: 1, Kid: 257, Serial: 4_041_000_000 + uint32(i), Rider: 4_042_000_000 + uint32(i)}
	return r
}

// inFiles says in which of the store's files the words stand.
func inFiles(t testing.TB, dir string, words ...string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(raw, []byte(w)) {
				found = append(found, filepath.Base(name)+": "+w)
			}
		}
	}
	return found
}

// TestErasedPersonsAreInNoFile: after thirty days the riders are in neither the
// database nor its log nor its index, while it runs; the log is provable as
// before, and says what was done.
func TestErasedPersonsAreInNoFile(t *testing.T) {
	o := options(t)
	b := start(t, o)
	for i := range 700 {
		b.commit(t, canary(i), door(gate.RelayOn))
	}
	central, centralKey := signerOf(t, "cosign")
	cosign(t, b, central, centralKey)
	b.retain(t, begin, limits())
	b.commit(t, admission(9))
	if r := b.retain(t, begin.Add(29*day), limits()); r != (store.Retained{}) {
		t.Errorf("too early: %+v", r)
	}
	words := []string{`"rider":4042000`, `"serial":4041000`}
	if len(inFiles(t, o.Dir, words...)) == 0 {
		t.Fatal("the canaries were nowhere: nothing is tried")
	}
	if r := b.retain(t, begin.Add(30*day), limits()); r != (store.Retained{Erased: 700}) {
		t.Errorf("%+v", r)
	}
	for end := time.Now().Add(time.Minute); len(inFiles(t, o.Dir, words...)) > 0; {
		if time.Now().After(end) {
			t.Fatalf("still there: %v", inFiles(t, o.Dir, words...))
		}
		time.Sleep(10 * time.Millisecond) // The writer folds its log in a quiet second.
	}
	r, err := b.Verify(t.Context(), store.Expect{})
	if err != nil || r.Persons != 1 || r.Records != 1402 {
		t.Errorf("%+v: %v", r, err)
	}
	if p, err := b.Prove(t.Context(), 17, centralKey); err != nil || p.Person != "" {
		t.Errorf("record 17: %v", err)
	}
	l := lastLeaf(t, b)
	if l.Event != string(gate.Erased) || *l.About != 1400 || l.Count != 700 || !strings.Contains(l.Detail, "30 days") {
		t.Errorf("the record of it is %+v", l)
	}
	// Once is enough, and the rider after them goes a day later.
	if r := b.retain(t, begin.Add(30*day+time.Hour), limits()); r != (store.Retained{}) {
		t.Errorf("again: %+v", r)
	}
	if r := b.retain(t, begin.Add(60*day), limits()); r != (store.Retained{Erased: 1}) {
		t.Errorf("%+v", r)
	}
}

// TestABoxThatWasOffHasAged: what it recorded just before it went off is as old as the
// rest when it is on again and hears the time, and restarts leave few marks.
func TestABoxThatWasOffHasAged(t *testing.T) {
	b := start(t, options(t))
	b.retain(t, begin, limits())
	for i := range 30 { // an hour of restarts
		b.commit(t, canary(i))
		if err := b.Age(t.Context(), begin.Add(time.Duration(i)*2*time.Minute), limits()); err != nil {
			t.Fatal(err)
		}
	}
	if r := b.retain(t, begin.Add(31*day), limits()); r.Erased < 25 {
		t.Errorf("a month later: %+v of 30 persons", r)
	}
}

// TestAnInterruptedErasureIsFinishedAndTold: the marks and the record of it come
// after the act, so whatever is left is done again.
func TestAnInterruptedErasureIsFinishedAndTold(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 600)
	b.retain(t, begin, limits())
	b.mustStop(t)
	tamper(t, o.Dir, "UPDATE journal SET person = NULL, salt = NULL WHERE seq < 256")
	tamper(t, o.Dir, "INSERT INTO meta(name, value) VALUES('erased', 256)")
	b = start(t, o)
	if r := b.retain(t, begin.Add(31*day), limits()); r.Erased != 300 {
		t.Errorf("%+v", r)
	}
	if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Persons != 0 {
		t.Errorf("%+v: %v", r, err)
	}
}

// TestAFloorThatGoesBackErasesLater: with a new epoch the floor may fall.
func TestAFloorThatGoesBackErasesLater(t *testing.T) {
	b := start(t, options(t))
	b.fill(t, 20)
	b.retain(t, begin.Add(3650*day), limits())
	b.commit(t, admission(7))
	b.retain(t, begin, limits())
	if r := b.retain(t, begin.Add(29*day), limits()); r.Erased != 0 {
		t.Errorf("too early: %+v", r)
	}
	if r := b.retain(t, begin.Add(31*day), limits()); r.Erased != 11 {
		t.Errorf("%+v", r)
	}
}

func lastLeaf(t testing.TB, b *box) record.Leaf {
	t.Helper()
	_, size := b.Log()
	list, err := b.List(t.Context(), size-1, size)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d records: %v", len(list), err)
	}
	l, err := record.ParseLeaf(list[0].Leaf)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLeavesAreDroppedBelowACosignedCheckpointOnly by age; all that is left is
// still provable, across a restart, and the record says what is gone.
func TestLeavesAreDroppedBelowACosignedCheckpointOnly(t *testing.T) {
	o := options(t)
	b := start(t, o)
	for range 10 {
		b.fill(t, 100)
	}
	central, centralKey := signerOf(t, "cosign")
	b.retain(t, begin, limits())
	if r := b.retain(t, begin.Add(401*day), limits()); r.Dropped != 0 {
		t.Errorf("dropped what nobody has cosigned: %+v", r)
	}
	cosign(t, b, central, centralKey)
	pin, err := b.CosignedCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, covered := b.Log()
	b.fill(t, 131)
	r := b.retain(t, begin.Add(402*day), limits())
	want := min(1000, covered) &^ 15
	if r.Dropped != want || r.Lost != 0 {
		t.Errorf("%+v, want %d dropped", r, want)
	}
	l := lastLeaf(t, b)
	if l.Event != string(gate.Dropped) || *l.About != want || l.Count != want || !strings.Contains(l.Detail, "400 days or 1024 MB") {
		t.Errorf("the record of it is %+v", l)
	}
	for range 2 {
		rep, err := b.Verify(t.Context(), store.Expect{Pinned: pin})
		if err != nil || rep.First != want || rep.Pinned != covered {
			t.Errorf("%+v: %v", rep, err)
		}
		if _, err := b.Prove(t.Context(), want, centralKey); err != nil {
			t.Error(err)
		}
		if _, err := b.Prove(t.Context(), want-1, centralKey); !errors.Is(err, store.ErrNoRecord) {
			t.Errorf("a dropped record: %v", err)
		}
		batch, err := b.Batch(t.Context(), 0, 0)
		if err != nil || batch.First != want {
			t.Errorf("the first batch begins at %d: %v", batch.First, err)
		}
		b.fill(t, 40)
		cosign(t, b, central, centralKey)
		b.mustStop(t)
		b = start(t, o)
	}
	b.mustStop(t)
	for name, query := range map[string]string{
		"a hash of what was dropped":    "UPDATE tree SET hash = zeroblob(32) WHERE idx = 3",
		"a hash is missing":             "DELETE FROM tree WHERE idx = 8",
		"more gone than the record has": "DELETE FROM journal WHERE seq < 1008",
		"a part of a block":             "DELETE FROM journal WHERE seq < 1003",
	} {
		copied := o
		copied.Dir = t.TempDir()
		raw, err := os.ReadFile(filepath.Join(o.Dir, "gated.db"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied.Dir, "gated.db"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		tamper(t, copied.Dir, query)
		s, err := store.OpenReadOnly(copied.Dir)
		if err == nil {
			_, err = s.Verify(t.Context(), store.Expect{})
			s.Close()
		}
		if !errors.Is(err, store.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheHardLimitIsHeldAndTold: a box that nobody ever answers does not fill its
// disk for ever, and says what was lost.
func TestTheHardLimitIsHeldAndTold(t *testing.T) {
	o := options(t)
	b := start(t, o)
	l := limits()
	l.Size, l.Most = 100<<10, 200<<10
	for range 20 {
		for range 10 {
			b.fill(t, 40)
		}
		b.retain(t, begin, l)
	}
	info, err := os.Stat(filepath.Join(o.Dir, "gated.db"))
	if err != nil || info.Size() > 600<<10 {
		t.Errorf("%d bytes: %v", info.Size(), err)
	}
	rep, err := b.Verify(t.Context(), store.Expect{})
	if err != nil || rep.First < 1000 {
		t.Errorf("%+v: %v", rep, err)
	}
	l2 := lastLeaf(t, b)
	if l2.Event != string(gate.Dropped) || !strings.Contains(l2.Detail, "never cosigned") {
		t.Errorf("%+v", l2)
	}
	// Once the central server answers, the soft limit holds.
	central, centralKey := signerOf(t, "cosign")
	cosign(t, b, central, centralKey)
	if r := b.retain(t, begin, l); r.Dropped == 0 || r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := b.Verify(t.Context(), store.Expect{}); err != nil {
		t.Error(err)
	}
}

// TestDatabasesSetAsideLosePersonsToo: one that can be read keeps its records, one
// that cannot goes whole.
func TestDatabasesSetAsideLosePersonsToo(t *testing.T) {
	o, b, central, late := restored(t)
	_, _ = b.Acknowledge(t.Context(), late, central.Verifier())
	b.mustStop(t)
	whole, err := store.Anew(o, begin)
	if err != nil {
		t.Fatal(err)
	}
	damaged := "gated.db.bad-20270101T000000.000Z"
	raw, err := os.ReadFile(filepath.Join(o.Dir, whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, damaged), raw[:len(raw)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	b = start(t, o)
	tell := func(at time.Time, want string) {
		t.Helper()
		b.retain(t, at, limits())
		text := ""
		for _, e := range listOf(t, b.Store) {
			if l := leafOf(t, e); l.Event == string(gate.AsideErased) {
				text += l.Detail + "; "
			}
		}
		if text != want {
			t.Errorf("after %s the records say %q, want %q", at.Sub(begin), text, want)
		}
	}
	tell(begin, "")
	tell(begin.Add(29*day), "")
	want := damaged + " was too damaged to be erased and was removed; " + whole + " has lost the persons of 34 records; "
	tell(begin.Add(31*day), want)
	tell(begin.Add(32*day), want)
	for file, erased := range map[string]bool{whole: true, damaged: false} {
		if _, err := os.Stat(filepath.Join(o.Dir, file)); (err == nil) != erased {
			t.Errorf("%s: %v", file, err)
		}
	}
	b.mustStop(t)
	if found := inFiles(t, o.Dir, `"rider":`); len(found) > 0 {
		t.Errorf("still there: %v", found)
	}
	b = start(t, o)
	tell(begin.Add(402*day), want+whole+" was removed; ")
	if _, err := b.Verify(t.Context(), store.Expect{}); err != nil {
		t.Error(err)
	}
}
