package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
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
	dir    string
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
	x := &exhibit{expect: store.Expect{Pinned: pin, Cosigners: []document.Key{central}}, dir: t.TempDir()}
	if x.raw, err = os.ReadFile(filepath.Join(o.Dir, "gated.db")); err != nil {
		t.Fatal(err)
	}
	if found, err := x.judge(t, x.raw); found {
		t.Fatalf("found in the file as it is: %v", err)
	}
	if x.says = x.content(); !strings.Contains(x.says, "relay-on") {
		t.Fatal("the file says nothing")
	}
	return x
}

// judge says whether `journal verify` finds anything wrong in a file.
func (x *exhibit) judge(t *testing.T, raw []byte) (found bool, err error) {
	t.Helper()
	file := filepath.Join(x.dir, "x.db")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.OpenFile(file)
	if err == nil {
		_, err = s.Verify(t.Context(), x.expect)
		s.Close()
	}
	return err != nil, err
}

// content is all that the file of the last judge says.
func (x *exhibit) content() string {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(x.dir, "x.db")+"?mode=ro")
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
	rnd := rand.New(rand.NewPCG(seed, 0))
	found, idle := 0, 0
	for at := rnd.IntN(step); at < len(x.raw); at += step {
		bad := append([]byte(nil), x.raw...)
		bad[at] ^= byte(1 + rnd.IntN(255))
		if ok, _ := x.judge(t, bad); ok {
			found++
		} else if says := x.content(); says == x.says {
			idle++
		} else {
			t.Errorf("byte %d, %#x instead of %#x: not found", at, bad[at], x.raw[at])
		}
	}
	t.Logf("%d changes found, %d of bytes that say nothing", found, idle)
	if found == 0 {
		t.Error("nothing was tried")
	}
}

// TestVerifyFindsEveryRow deletes each row of the journal, of the tree and of the
// rest, swaps rows, and cuts the tail at each length.
func TestVerifyFindsEveryRow(t *testing.T) {
	x := newExhibit(t)
	try := func(what string, queries ...string) {
		t.Helper()
		file := filepath.Join(x.dir, "y.db")
		if err := os.WriteFile(file, x.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=OFF")
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			if _, err := db.Exec(q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := x.judge(t, raw); !ok {
			t.Errorf("%s: not found", what)
		} else if !errors.Is(err, store.ErrBroken) && !strings.Contains(err.Error(), "whose it is") {
			t.Errorf("%s: %v", what, err)
		}
	}
	swap := func(a, b int) {
		try(fmt.Sprintf("records %d and %d swapped", a, b),
			fmt.Sprintf("UPDATE journal SET seq = -1 WHERE seq = %d", a),
			fmt.Sprintf("UPDATE journal SET seq = %d WHERE seq = %d", a, b),
			fmt.Sprintf("UPDATE journal SET seq = %d WHERE seq = -1", b))
	}
	every := 19
	if os.Getenv("GATED_LONG") != "" {
		every = 1
	}
	for n := rand.IntN(every); n < 200; n += every {
		try(fmt.Sprintf("record %d deleted", n), fmt.Sprintf("DELETE FROM journal WHERE seq = %d", n))
		try(fmt.Sprintf("cut at %d", n), fmt.Sprintf("DELETE FROM journal WHERE seq >= %d", n))
		try(fmt.Sprintf("cut at %d with its checkpoints and hashes", n), fmt.Sprintf("DELETE FROM journal WHERE seq >= %d", n),
			"DELETE FROM checkpoint", "DELETE FROM tree")
		swap(n, (n+1)%200)
		for m := n + 2; every == 1 && m < 200; m++ {
			swap(n, m)
		}
		swap(n, (n+1+rand.IntN(199))%200)
	}
	for idx := range 22 { // the complete subtrees of 12 blocks of 16 records
		try(fmt.Sprintf("hash %d deleted", idx), fmt.Sprintf("DELETE FROM tree WHERE idx = %d", idx))
	}
}
