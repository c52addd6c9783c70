package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

// BenchmarkCommit measures an admission with its use, from Commit to the receipt,
// beside the floor of DESIGN 9: one bare prepared insert of the same bytes into a
// database of one table, with the same pragmas. Both take turns in one loop, so
// that both see the same disk.
func BenchmarkCommit(b *testing.B) {
	box := start(b, options(b))
	bare := bareDatabase(b)
	insert, err := bare.Prepare("INSERT INTO bare(leaf, person, salt) VALUES(?, ?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	var ours, floor []time.Duration
	for i := 0; b.Loop(); i++ {
		r := admission(uint32(i))
		e, err := record.Encode("bench", uint64(i), r)
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		if _, err := insert.ExecContext(context.Background(), e.Leaf, e.Person, e.Salt); err != nil {
			b.Fatal(err)
		}
		floor = append(floor, time.Since(begin))
		begin = time.Now()
		if r := <-box.Commit(r); r.Err != nil {
			b.Fatal(r.Err)
		}
		ours = append(ours, time.Since(begin))
	}
	report(b, ours, floor)
}

func report(b *testing.B, ours, floor []time.Duration) {
	slices.Sort(ours)
	slices.Sort(floor)
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	at := func(l []time.Duration, p int) time.Duration { return l[(len(l)-1)*p/100] }
	b.ReportMetric(us(at(ours, 50)), "p50-us")
	b.ReportMetric(us(at(floor, 50)), "p50-floor-us")
	b.ReportMetric(us(at(ours, 99)), "p99-us")
	b.ReportMetric(us(at(floor, 99)), "p99-floor-us")
	b.ReportMetric(us(at(ours, 50)-at(floor, 50)), "p50-above-us")
	b.ReportMetric(float64(at(ours, 50))/float64(at(floor, 50)), "ratio")
}

func bareDatabase(b *testing.B) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE bare(seq INTEGER PRIMARY KEY, leaf BLOB, person TEXT, salt BLOB)"); err != nil {
		b.Fatal(err)
	}
	return db
}

// benchRecords is a store at rest with n records, of which all but the last are
// below a checkpoint.
func benchRecords(b *testing.B, n int) store.Options {
	b.Helper()
	o := options(b)
	box := start(b, o)
	for i := 0; i < n; i += 1000 {
		recs := make([]gate.Record, 1000)
		for j := range recs {
			recs[j] = admission(uint32(j))
		}
		box.commit(b, recs...)
	}
	if err := ackAll(b, box); err != nil {
		b.Fatal(err)
	}
	box.commit(b, door(gate.RelayOn))
	box.mustStop(b)
	return o
}

// BenchmarkOpen opens a store of 800,000 records: part of the 0.5 s from the
// start of the process to the first verdict (DESIGN 9).
func BenchmarkOpen(b *testing.B) {
	o := benchRecords(b, 800_000)
	for b.Loop() {
		s, err := store.Open(o)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify reads and checks 100,000 records.
func BenchmarkVerify(b *testing.B) {
	s, err := store.OpenReadOnly(benchRecords(b, 100_000).Dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if _, err := s.Verify(b.Context(), store.Expect{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBatch takes 100,000 records out in messages, as the drain of a
// backlog does.
func BenchmarkBatch(b *testing.B) {
	s, err := store.OpenReadOnly(benchRecords(b, 100_000).Dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	_, size := s.Log()
	for b.Loop() {
		for from := uint64(0); from < size; {
			batch, err := s.Batch(b.Context(), from, record.MaxBatch)
			if err != nil {
				b.Fatal(err)
			}
			from += uint64(len(batch.Entries))
		}
	}
}
