package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/verifytest"
)

// Budgets of DESIGN section 9 that concern the journal.
const (
	growthBudget  = 1.5                    // latency from an empty journal to a million records
	startBudget   = 500 * time.Millisecond // process start to first verdict, with 800,000 records
	slowBudget    = 1.15                   // times the floor, with 10 ms a sync
	writtenBudget = 12 << 10               // written an opening
	syncsBudget   = 1.5
)

// measureJournal prints what a long journal costs, what a slow disk costs, and
// what an opening costs the card.
func measureJournal(out io.Writer, dir string, scale int) (err error) {
	temp, err := os.MkdirTemp(dir, "gated-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := printMachine(out, temp); err != nil {
		return err
	}
	if err := measureLength(out, temp, scale); err != nil {
		return fmt.Errorf("measure a long journal: %w", err)
	}
	if err := measureSlowDisk(out, temp, scale); err != nil {
		return fmt.Errorf("measure a slow disk: %w", err)
	}
	if err := measureCard(out, temp, scale); err != nil {
		return fmt.Errorf("measure what is written: %w", err)
	}
	return nil
}

// measureLength prints the commit of an admission beside a bare insert of the
// same bytes, with ever more records, and what such a journal takes to verify
// and to start with.
func measureLength(out io.Writer, temp string, scale int) (err error) {
	dir, err := os.MkdirTemp(temp, "long-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	b, err := newBox(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	f, err := openFloor(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECORDS HELD\tCOMMIT p50\tp99\tp99.9\tBARE INSERT p50\tp99\tp99.9\tp50 SINCE EMPTY\tWITHIN 1.5")
	var empty time.Duration
	for _, held := range []uint64{0, 100_000, 1_000_000} {
		if err := b.fill(held / uint64(scale)); err != nil {
			return err
		}
		ours, bare, err := b.commits(f, max(2000/scale, 20))
		if err != nil {
			return err
		}
		p50 := at(ours, 50)
		if empty == 0 {
			empty = p50
		}
		grown := float64(p50) / float64(empty)
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f x\t%s\n", held/uint64(scale), us(p50), us(at(ours, 99)), us(permille(ours)),
			us(at(bare, 50)), us(at(bare, 99)), us(permille(bare)), grown, verdict(grown <= growthBudget))
	}
	_ = w.Flush()
	begin := time.Now()
	report, err := b.store.Verify(context.Background(), store.Expect{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "verify of %d records, the whole file: %.1f s\n\n", report.Records, time.Since(begin).Seconds())
	return measureStart(out, temp, scale)
}

// permille is the 99.9th percentile.
func permille(samples []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(samples))
	return s[min(len(s)*999/1000, len(s)-1)]
}

// admitted is the record of a rider let in, with the use that it consumes.
func admitted(serial uint32) gate.Record {
	now := verifytest.NewClock().Now()
	p := gate.Person{Issuer: 1, Kid: 257, Serial: serial, Rider: serial % 500}
	use := gate.Use{Pass: gate.PassID{Kid: p.Kid, Serial: p.Serial}, Entered: now.Time.Unix(), Last: now, Lane: "in", Until: now.Time.Unix() + 900}
	return gate.Record{
		Kind: gate.KindAccess, At: now, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
		Fresh: 12, Rev: 1, Trust: 1, Took: 400 * time.Microsecond, Person: &p, Use: &use,
	}
}

// fill brings the journal to a length, many records a transaction. Their uses
// have ended long ago, as most have in a journal of that length.
func (b *box) fill(to uint64) error {
	for _, size := b.store.Log(); size < to; _, size = b.store.Log() {
		var recs []gate.Record
		for i := range min(to-size, 1000) {
			r := admitted(uint32(size + i))
			r.Use = nil
			recs = append(recs, r)
		}
		if r := <-b.store.Commit(recs...); r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// commits measures n commits and as many bare inserts of the same bytes, in
// turn.
func (b *box) commits(f *floor, n int) (ours, bare []time.Duration, err error) {
	const warm = 20
	for i := range n + warm {
		_, seq := b.store.Log()
		r := admitted(uint32(seq))
		begin := time.Now()
		if r := <-b.store.Commit(r); r.Err != nil {
			return nil, nil, r.Err
		}
		took := time.Since(begin)
		same, err := b.bytesOf(seq)
		if err != nil {
			return nil, nil, err
		}
		begin = time.Now()
		if err := f.keep(same); err != nil {
			return nil, nil, err
		}
		if i >= warm {
			ours, bare = append(ours, took), append(bare, time.Since(begin))
		}
	}
	return ours, bare, nil
}

// measureStart prints how long a box with 800,000 records takes from opening its
// store to its first verdict.
func measureStart(out io.Writer, temp string, scale int) (err error) {
	dir, err := os.MkdirTemp(temp, "start-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	w, st, err := openWorld(dir)
	if err != nil {
		return err
	}
	b := &box{world: w, store: st}
	ctx, end := context.WithCancel(context.Background())
	wrote := make(chan error, 1)
	go func() { wrote <- st.Run(ctx) }()
	err = b.fill(800_000 / uint64(scale))
	end()
	if err := errors.Join(err, <-wrote, st.Close()); err != nil {
		return err
	}
	begin := time.Now()
	st, err = store.OpenReadOnly(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	uses, err := st.Uses(context.Background())
	if err != nil {
		return err
	}
	clock := verifytest.NewClock()
	judge := verify.New(w.Box, clock.Now)
	judge.Remember(uses)
	judge.Enforce(w.Documents())
	d := judge.Judge(gate.Scan{Code: w.Bearer(w.Header()), At: time.Now(), Source: gate.FromScanner}, gate.Lane{Name: "in", Direction: gate.In}, gate.DoorState{})
	took := time.Since(begin)
	_, size := st.Log()
	fmt.Fprintf(out, "store of %d records opened, first verdict (%s): %.0f ms (budget 500 ms: %s)\n\n",
		size, d.Verdict, float64(took.Microseconds())/1000, verdict(took <= startBudget))
	return nil
}
