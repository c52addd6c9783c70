package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
)

// waiting is a box at rest with so many records that nobody has cosigned.
func waiting(t *testing.T, n int) (o store.Options, log string) {
	t.Helper()
	o = options(t)
	b := start(t, o)
	b.fill(t, n)
	if _, err := b.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	log, _ = b.Log()
	b.mustStop(t)
	return o, log
}

// spoil changes the database at rest: at finds the place, from that of the leaf
// with that number on, and to is what is written there.
func spoil(t *testing.T, o store.Options, seq int, at func(leaf int) int, to byte) {
	t.Helper()
	file := filepath.Join(o.Dir, "gated.db")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	leaf := bytes.Index(raw, fmt.Appendf(nil, `,"seq":%d,`, seq))
	if leaf < 0 {
		t.Fatalf("record %d is not in the file as one piece", seq)
	}
	raw[at(leaf)] = to
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// pageOf is where the page begins in which that byte is.
func pageOf(at int) int { return at / 2048 * 2048 }

// sendAll reads records as the way to the broker does, until the end or an error.
func sendAll(ctx context.Context, s *store.Store) error {
	for from, size := uint64(0), s.Size(); from < size; {
		b, err := s.Batch(ctx, from, 0)
		if err != nil {
			return err
		}
		from += uint64(len(b.Entries))
	}
	return nil
}

// end waits until the writer has ended by itself, and says with what.
func (b *box) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-b.ran:
		b.ran <- err // for stop
		return err
	case <-time.After(time.Minute):
		t.Fatal("the writer goes on")
		return nil
	}
}

// TestDamageUnderAnUnsentRecordBeginsAnotherLog: whoever meets it when the record
// is to be sent has the writer end at once, and the next log has all records but
// those that cannot be read, whose numbers a record tells. A leaf that only says
// something else than it did is found in the same way, and is not passed off as
// true.
func TestDamageUnderAnUnsentRecordBeginsAnotherLog(t *testing.T) {
	for what, c := range map[string]struct {
		at     func(leaf int) int
		to     byte
		lost   int // at least; a page has several records
		told   string
		before int // records of the old log that stand before what is told
	}{
		"a page":         {pageOf, 0xff, 1, "cannot be read", 1},
		"a byte of JSON": {func(leaf int) int { return leaf + 1 }, 'X', 1, "records 150 to 150 of the log before cannot be read", 150},
		"a word of it":   {func(leaf int) int { return leaf + len(`,"seq":150,"time_ms":`) }, '9', 0, "records from 144 to 159 of the log before at least one is not as it was written", 160},
	} {
		t.Run(what, func(t *testing.T) {
			o, old := waiting(t, 300)
			spoil(t, o, 150, c.at, c.to)
			b := start(t, o)
			if err := sendAll(t.Context(), b.Store); !store.Damaged(err) {
				t.Fatalf("sent: %v", err)
			}
			if err := b.end(t); !store.Damaged(err) {
				t.Fatalf("the writer says %v", err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Anew(o, begin); err != nil {
				t.Fatal(err)
			}
			b = start(t, o)
			list := listOf(t, b.Store)
			told := -1
			for i, e := range list[1:] {
				if strings.Contains(leafOf(t, e).Detail, c.told) {
					told = i
				}
			}
			if lost := 300 + 2 - len(list); told < c.before || lost < c.lost || lost > 12 {
				t.Errorf("%d records lost; what became of them is told after %d", lost, told)
			}
			if l := leafOf(t, list[0]); l.Event != string(gate.NewLog) || !strings.Contains(l.Detail, old) {
				t.Errorf("record 0 is %+v", l)
			}
			if err := sendAll(t.Context(), b.Store); err != nil {
				t.Errorf("send the new log: %v", err)
			}
			if _, err := b.Verify(t.Context(), store.Expect{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAReaderThatFindsDamageEndsTheWriter, even one that rests, and what was
// accepted before is written.
func TestAReaderThatFindsDamageEndsTheWriter(t *testing.T) {
	o, _ := waiting(t, 300)
	spoil(t, o, 150, pageOf, 0xff)
	b := start(t, o)
	b.commit(t, admission(1000))
	if _, err := b.List(t.Context(), 0, 1000); !store.Damaged(err) {
		t.Fatalf("read: %v", err)
	}
	if err := b.end(t); !store.Damaged(err) {
		t.Errorf("the writer says %v", err)
	}
	if r := <-b.Commit(admission(1001)); !errors.Is(r.Err, store.ErrDamaged) {
		t.Errorf("then a commit: %v", r.Err)
	}
	if lost := b.Lost(); len(lost) != 1 {
		t.Errorf("%d records are kept for elsewhere, want the one that came too late", len(lost))
	}
	b.Close()
}
