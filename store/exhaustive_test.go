package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gated/store"
	"gated/verify/document"
)

// exhibit is a database of 200 records, all cosigned, with the pinned checkpoint
// that somebody kept, and all that it says.
type exhibit struct {
	raw    []byte
	expect store.Expect
	says   string
}

// tables are what the file says of the past, all of which Verify answers for. The
// memory of used passes, the ages and the counters are no records.
var tables = []string{
	"journal", "tree", "checkpoint", "held", "spare", "signer",
	"meta WHERE name IN ('log', 'site', 'gate')",
}

func newExhibit(t *testing.T) *exhibit {
	t.Helper()
	o := options(t)
	signer, central := signerOf(t, "cosign")
	b := start(t, o)
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("the list")}); err != nil {
		t.Fatal(err)
	}
	b.fill(t, 200)
	cosign(t, b, signer, central)
	pin, err := b.CosignedCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	x := &exhibit{expect: store.Expect{Pinned: pin, Cosigners: []document.Key{central}}}
	if x.raw, err = os.ReadFile(filepath.Join(o.Dir, "gated.db")); err != nil {
		t.Fatal(err)
	}
	dir := memory(t)
	if found, err := x.judge(t, dir, x.raw); found {
		t.Fatalf("found in the file as it is: %v", err)
	}
	if x.says = content(dir); !strings.Contains(x.says, "relay-on") {
		t.Fatal("the file says nothing")
	}
	return x
}

// judge says whether `journal verify` finds anything wrong in a file, which is
// laid in dir. It may be called by several goroutines, each with its own dir.
func (x *exhibit) judge(t *testing.T, dir string, raw []byte) (found bool, err error) {
	t.Helper()
	file := filepath.Join(dir, "x.db")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Error(err)
		return true, err
	}
	s, err := store.OpenFile(file)
	if err == nil {
		_, err = s.Verify(t.Context(), x.expect)
		s.Close()
	}
	return err != nil, err
}

// content is all that the file says which judge has laid in dir.
func content(dir string) string {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "x.db")+"?mode=ro")
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	var all strings.Builder
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1")
		if err != nil {
			return err.Error()
		}
		names, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				fmt.Fprint(&all, err)
			}
			fmt.Fprintf(&all, "%q\n", values)
		}
		fmt.Fprint(&all, table, rows.Err())
		rows.Close() //nolint:sqlclosecheck // before the next table
	}
	return all.String()
}

// everywhere calls try with each number from first below end in steps, on all
// processors, each with a folder of its own in memory.
func everywhere(t *testing.T, first, end, step int, try func(n int, dir string)) {
	t.Helper()
	var next atomic.Int64
	next.Store(int64(first))
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := memory(t)
		workers.Go(func() {
			for {
				n := int(next.Add(int64(step))) - step
				if n >= end {
					return
				}
				try(n, dir)
			}
		})
	}
	workers.Wait()
}

// TestVerifyFindsEveryByte changes the bytes of the file one at a time: each is
// found, or has changed nothing that the file says. With GATED_LONG all of them,
// else a part that begins anywhere.
func TestVerifyFindsEveryByte(t *testing.T) {
	x := newExhibit(t)
	step := 499
	if os.Getenv("GATED_LONG") != "" {
		step = 1
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d bytes", seed, len(x.raw))
	var found, idle atomic.Int64
	everywhere(t, rand.New(rand.NewPCG(seed, 0)).IntN(step), len(x.raw), step, func(at int, dir string) {
		bad := append([]byte(nil), x.raw...)
		bad[at] ^= byte(1 + rand.New(rand.NewPCG(seed, uint64(at))).IntN(255))
		if ok, _ := x.judge(t, dir, bad); ok {
			found.Add(1)
		} else if content(dir) == x.says {
			idle.Add(1)
		} else {
			t.Errorf("byte %d, %#x instead of %#x: not found", at, bad[at], x.raw[at])
		}
	})
	t.Logf("%d changes found, %d of bytes that say nothing", found.Load(), idle.Load())
	if found.Load() == 0 {
		t.Error("nothing was tried")
	}
}

// TestVerifyFindsEveryRow deletes each row of the journal, of the tree and of the
// rest, swaps rows, and cuts the tail at each length.
func TestVerifyFindsEveryRow(t *testing.T) {
	x := newExhibit(t)
	every := 19
	if os.Getenv("GATED_LONG") != "" {
		every = 1
	}
	everywhere(t, rand.IntN(every), 200, every, func(n int, dir string) {
		x.edit(t, dir, fmt.Sprintf("record %d deleted", n), fmt.Sprintf("DELETE FROM journal WHERE seq = %d", n))
		x.edit(t, dir, fmt.Sprintf("cut at %d", n), fmt.Sprintf("DELETE FROM journal WHERE seq >= %d", n))
		x.edit(t, dir, fmt.Sprintf("cut at %d with its checkpoints and hashes", n), fmt.Sprintf("DELETE FROM journal WHERE seq >= %d", n),
			"DELETE FROM checkpoint", "DELETE FROM tree")
		x.swap(t, dir, n, (n+1)%200)
		for m := n + 2; every == 1 && m < 200; m++ {
			x.swap(t, dir, n, m)
		}
		x.swap(t, dir, n, (n+1+rand.IntN(199))%200)
	})
	everywhere(t, 0, 22, 1, func(idx int, dir string) { // the complete subtrees of 12 blocks of 16 records
		x.edit(t, dir, fmt.Sprintf("hash %d deleted", idx), fmt.Sprintf("DELETE FROM tree WHERE idx = %d", idx))
	})
}

func (x *exhibit) swap(t *testing.T, dir string, a, b int) {
	t.Helper()
	x.edit(t, dir, fmt.Sprintf("records %d and %d swapped", a, b),
		fmt.Sprintf("UPDATE journal SET seq = -1 WHERE seq = %d", a),
		fmt.Sprintf("UPDATE journal SET seq = %d WHERE seq = %d", a, b),
		fmt.Sprintf("UPDATE journal SET seq = %d WHERE seq = -1", b))
}

// edit runs queries on the file, whose author knows SQLite, and insists that it is
// found.
func (x *exhibit) edit(t *testing.T, dir, what string, queries ...string) {
	t.Helper()
	raw, err := x.edited(filepath.Join(dir, "y.db"), queries)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if ok, err := x.judge(t, dir, raw); !ok {
		t.Errorf("%s: not found", what)
	} else if !errors.Is(err, store.ErrBroken) && !strings.Contains(err.Error(), "whose it is") {
		t.Errorf("%s: %v", what, err)
	}
}

func (x *exhibit) edited(file string, queries []string) ([]byte, error) {
	if err := os.WriteFile(file, x.raw, 0o600); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=OFF")
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}
