package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
	"gated/verify/record"
)

// copyFiles is a card as it was.
func copyFiles(t testing.TB, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// restored is a box whose card was taken back to when it had 60 records, 50 of
// them cosigned, while the central server has cosigned 90 of its log. It has made
// ten records since. It returns the newest cosigned checkpoint.
func restored(t *testing.T) (o store.Options, b *box, central document.Key, late []byte) {
	t.Helper()
	o = options(t)
	signer, central := signerOf(t, "cosign")
	b = start(t, o)
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("the list")}); err != nil {
		t.Fatal(err)
	}
	b.fill(t, 50)
	cosign(t, b, signer, central)
	b.fill(t, 10)
	b.mustStop(t)
	old := t.TempDir()
	copyFiles(t, o.Dir, old)
	b = start(t, o)
	b.fill(t, 30)
	cosign(t, b, signer, central)
	late, err := b.CosignedCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	o.Dir = old
	b = start(t, o)
	b.commit(t, canary(1), door(gate.RelayOn), about(50), about(3))
	b.fill(t, 6)
	return o, b, central, late
}

// about is a record that speaks of another.
func about(seq uint64) gate.Record {
	return gate.Record{Kind: gate.KindSystem, Event: gate.LateRecord, About: &seq, Fresh: -1}
}

// TestARestoredCardBeginsAnotherLog: record 0 names the old log, what was not
// cosigned is carried over with its persons, and so are documents and uses.
func TestARestoredCardBeginsAnotherLog(t *testing.T) {
	o, b, central, late := restored(t)
	oldLog, size := b.Log()
	select {
	case <-b.Forked():
		t.Fatal("forked before anybody said so")
	default:
	}
	if _, err := b.Acknowledge(t.Context(), late, central.Verifier()); !errors.Is(err, store.ErrFork) {
		t.Fatalf("acknowledged: %v", err)
	}
	<-b.Forked()
	if _, err := b.Verify(t.Context(), store.Expect{}); !errors.Is(err, store.ErrBroken) {
		t.Errorf("verify says nothing of it: %v", err)
	}
	uses, err := b.Uses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, starts := listOf(t, b.Store), b.Start()
	b.mustStop(t)
	if _, err := store.Open(o); !errors.Is(err, store.ErrFork) {
		t.Fatalf("opened: %v", err)
	}
	name, err := store.Anew(o, begin)
	if err != nil {
		t.Fatal(err)
	}
	b = start(t, o)
	log, n := b.Log()
	if log == oldLog || n != size-50+1 || b.Start() != starts+1 {
		t.Errorf("log %s of %d records at start %d after %s of %d", log, n, b.Start(), oldLog, size)
	}
	after := listOf(t, b.Store)
	zero := leafOf(t, after[0])
	for _, want := range []string{oldLog, "of 70 records with root", "cosigned up to 50", "has cosigned 90 records", name, "from record 50 on"} {
		if zero.Event != string(gate.NewLog) || !strings.Contains(zero.Detail, want) {
			t.Errorf("record 0 does not say %q: %+v", want, zero)
		}
	}
	for i, e := range after[1:] {
		was, is := leafOf(t, before[50+i]), leafOf(t, e)
		if e.Person != before[50+i].Person || e.Check() != nil || is.Seq != uint64(i+1) || is.Event != was.Event || string(is.Who) != string(was.Who) {
			t.Errorf("record %d was %+v and is %+v", i+1, was, is)
		}
	}
	if l := leafOf(t, after[63-50]); *l.About != 1 {
		t.Errorf("it speaks of record %d, want 1", *l.About)
	}
	if l := leafOf(t, after[64-50]); l.About != nil || !strings.Contains(l.Detail, "record 3 of the log before") {
		t.Errorf("it speaks of %+v", l)
	}
	if got, err := b.Uses(t.Context()); err != nil || len(got) != len(uses) {
		t.Errorf("%d uses of %d: %v", len(got), len(uses), err)
	}
	if body, ok := b.Held("trust"); !ok || string(body) != "the list" {
		t.Errorf("the list is %q", body)
	}
	if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Signed != n {
		t.Errorf("%+v: %v", r, err)
	}
	// The old checkpoint does not fork it again, and the old file can be read.
	if _, err := b.Acknowledge(t.Context(), late, central.Verifier()); err == nil || errors.Is(err, store.ErrFork) {
		t.Errorf("%v", err)
	}
	old, err := store.OpenFile(filepath.Join(o.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if got := listOf(t, old); len(got) != int(size) {
		t.Errorf("%d records in the old file, want %d", len(got), size)
	}
}

func listOf(t testing.TB, s *store.Store) []record.Entry {
	t.Helper()
	list, err := s.List(t.Context(), 0, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func leafOf(t testing.TB, e record.Entry) record.Leaf {
	t.Helper()
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestATailThatWasCosignedIsMissed: a card that lost what was cosigned is found
// at once, by the second copy of the checkpoint, before it gives a number twice.
func TestATailThatWasCosignedIsMissed(t *testing.T) {
	o, b, central, _ := restored(t)
	b.mustStop(t)
	full := options(t)
	full.Signer, full.Key = o.Signer, o.Key
	b = start(t, full)
	b.fill(t, 50)
	b.mustStop(t)
	old := t.TempDir()
	copyFiles(t, full.Dir, old)
	b = start(t, full)
	b.fill(t, 10)
	signer, cosigner := signerOf(t, central.Name)
	cosign(t, b, signer, cosigner)
	b.mustStop(t)
	copyFile(t, filepath.Join(full.Dir, "last-cosigned"), old)
	full.Dir = old
	if _, err := store.Open(full); !errors.Is(err, store.ErrBroken) {
		t.Errorf("opened: %v", err)
	}
}

func copyFile(t testing.TB, file, dir string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// cutter ends Anew before the nth rename.
type cutter struct{ left int }

func (c *cutter) Rename(string, string) {
	if c.left--; c.left < 0 {
		panic(c)
	}
}
func (c *cutter) Sync(string) {}
func (c *cutter) SyncDir()    {}

// TestAnewCutOffAtAnyStepGoesOn: neither database is ever lost, and nobody begins
// a log that says nothing of the one before.
func TestAnewCutOffAtAnyStepGoesOn(t *testing.T) {
	for n := range 8 {
		o, b, central, late := restored(t)
		oldLog, _ := b.Log()
		_, _ = b.Acknowledge(t.Context(), late, central.Verifier())
		b.mustStop(t)
		// A log that was left behind goes along.
		if err := os.WriteFile(filepath.Join(o.Dir, "gated.db-shm"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if !cut(t, o, n) && n < 5 {
			t.Errorf("%d renames are all", n)
		}
		s, err := store.Open(o)
		if errors.Is(err, store.ErrDamaged) || errors.Is(err, store.ErrFork) {
			if _, err = store.Anew(o, begin.Add(time.Hour)); err == nil {
				s, err = store.Open(o)
			}
		}
		if err != nil {
			t.Fatalf("cut before rename %d: %v", n, err)
		}
		if l := leafOf(t, listOf(t, s)[0]); !strings.Contains(l.Detail, oldLog) || l.Event != string(gate.NewLog) {
			t.Errorf("cut before rename %d: record 0 is %+v", n, l)
		}
		s.Close()
		aside, err := filepath.Glob(filepath.Join(o.Dir, "gated.db.bad-*Z"))
		if err != nil || len(aside) != 1 {
			t.Fatalf("cut before rename %d: set aside: %v, %v", n, aside, err)
		}
		old, err := store.OpenFile(aside[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := listOf(t, old); len(got) != 70 {
			t.Errorf("cut before rename %d: %d records in the old file", n, len(got))
		}
		old.Close()
	}
}

// cut runs Anew up to its nth rename and says whether it came so far.
func cut(t testing.TB, o store.Options, n int) (was bool) {
	t.Helper()
	stop := store.ListenToNames(&cutter{n})
	defer stop()
	defer func() { was = recover() != nil }()
	_, _ = store.Anew(o, begin)
	return false
}
