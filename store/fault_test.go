package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mattn/go-sqlite3"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
)

// TestAWriteErrorEndsRun: the receipt, Run, and all who wait or come later get
// the error, nothing is tried again, and what was acknowledged is there.
func TestAWriteErrorEndsRun(t *testing.T) {
	for name, fault := range map[string]string{
		"the disk is full":      "PRAGMA max_page_count = %d",
		"the file is read-only": "PRAGMA query_only = 1",
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			b := start(t, o)
			b.fill(t, 10)
			b.mustStop(t)

			s, err := store.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			if name == "the disk is full" {
				fault = fmt.Sprintf(fault, 1) // SQLite takes the pages that there are.
			}
			if err := s.Script(fault); err != nil {
				t.Fatal(err)
			}
			ran := make(chan error, 1)
			go func() { ran <- s.Run(t.Context()) }()
			acked := uint64(10)
			var first error
			for first == nil {
				r := <-s.Commit(admission(uint32(acked)), door(gate.RelayOn))
				if first = r.Err; first == nil {
					acked += 2
				}
			}
			var lite sqlite3.Error
			if err := <-ran; !errors.As(err, &lite) || !errors.As(first, &lite) {
				t.Errorf("run ended with %v, the receipt said %v", err, first)
			}
			if r := <-s.Commit(door(gate.RelayOff)); !errors.As(r.Err, &lite) {
				t.Errorf("a later receipt: %v", r.Err)
			}
			if err := s.Hold(t.Context(), document.Held{Name: "trust"}); !errors.As(err, &lite) {
				t.Errorf("a later document: %v", err)
			}
			if err := s.Run(t.Context()); err == nil {
				t.Error("it ran again")
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}

			b = start(t, o)
			if _, size := b.Log(); size != acked {
				t.Errorf("%d records, %d acknowledged", size, acked)
			}
			if _, err := b.Verify(t.Context(), store.Expect{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCloseAfterAWriteErrorWritesNothing: the write-ahead log stays as it is, to
// be read by the next start.
func TestCloseAfterAWriteErrorWritesNothing(t *testing.T) {
	o := options(t)
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Script("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, "gated.db")
	if r := <-run(t, s).Commit(door(gate.RelayOn)); r.Err == nil {
		t.Fatal("wrote to a read-only file")
	}
	before := sizes(t, path)
	for err := s.Close(); err != nil; err = s.Close() {
		// Run is still on its way out.
		if _, size := s.Log(); size != 0 {
			t.Fatal(err)
		}
	}
	if after := sizes(t, path); after != before || before[1] == 0 {
		t.Errorf("file and log were %v bytes, now %v", before, after)
	}
}

func sizes(t *testing.T, path string) [2]int64 {
	t.Helper()
	var n [2]int64
	for i, p := range []string{path, path + "-wal"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		n[i] = info.Size()
	}
	return n
}
