package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"gated/store/faultvfs"
	"gated/verify/revocation"
)

// measureStream prints what documents cost a box that holds such a list.
func measureStream(out io.Writer, temp string, s spread, scale int) (err error) {
	dir, err := os.MkdirTemp(temp, "box-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	l, err := newListener(dir, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	f, err := openFloor(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if err := l.begin(); err != nil {
		return err
	}
	var values []uint32
	s.fill(func(v uint32) { values = append(values, v) })
	l.set = setOf(values)
	fmt.Fprintf(out, "%s: a box that holds %d revocations\n", s.name, len(values))
	values = nil
	if err := l.measureSnapshot(out, temp); err != nil {
		return err
	}
	if err := measureLive(out, temp, s, l.set); err != nil {
		return err
	}
	return l.measureDeltas(out, f, max(20/scale, 3))
}

// measureSnapshot prints the time from bytes to enforced, and the most that the
// heap grew by meanwhile.
func (l *listener) measureSnapshot(out io.Writer, temp string) error {
	files, size, err := l.stick(temp)
	if err != nil {
		return err
	}
	took, most, err := l.takeAll(files)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "snapshot of %d bytes in %d parts, from bytes to enforced, durable: %.0f ms (budget 2 s: %s)\n",
		size, len(files)-1, float64(took.Microseconds())/1000, verdict(took <= snapshotBudget))
	printMemory(out, "garbage included", most, size)
	return nil
}

// measureLive imports the same once more, with the collector at our heels: what
// remains is what the import needs. Its time says nothing.
func measureLive(out io.Writer, temp string, s spread, set *revocation.Set) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	dir, err := os.MkdirTemp(temp, "box-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	faultvfs.Listen(countSyncs, false)
	defer faultvfs.Listen(nil, false)
	l, err := newListener(dir, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.begin(); err != nil {
		return err
	}
	l.set = set
	files, size, err := l.stick(temp)
	if err != nil {
		return err
	}
	_, most, err := l.takeAll(files)
	if err != nil {
		return err
	}
	printMemory(out, "almost no garbage", most, size)
	return l.measureSyncs(out, 20)
}

// measureSyncs prints what n deltas of one ask of the disk. The store of l was
// opened while countSyncs listened.
func (l *listener) measureSyncs(out io.Writer, n int) error {
	var least, most int64
	for i := range n {
		raw, err := l.delta(1)
		if err != nil {
			return err
		}
		before := syncs.Load()
		if err := l.take(raw); err != nil {
			return err
		}
		took := syncs.Load() - before
		if i == 0 {
			least = took
		}
		least, most = min(least, took), max(most, took)
	}
	if least < 1 {
		return errors.New("a delta was taken and not synced")
	}
	fmt.Fprintf(out, "syncs until a delta of one is durable: %d at the least, %d at the most of %d (budget %d: %s)\n",
		least, most, n, deltaSyncsBudget, verdict(most <= deltaSyncsBudget))
	return nil
}

// syncs is how often a store that was opened while countSyncs listens has synced.
var syncs atomic.Int64

// countSyncs is a listener for [faultvfs.Listen].
func countSyncs(op faultvfs.Op) error {
	if op.Kind == faultvfs.Sync {
		syncs.Add(1)
	}
	return nil
}

// printMemory compares the growth of the heap with the state's size. Of a small
// state it says nothing: the rest weighs more.
func printMemory(out io.Writer, how string, most uint64, size int) {
	if size < 1<<20 {
		return
	}
	times := float64(most) / float64(size)
	fmt.Fprintf(out, "heap during it at its most, %s: %.1f times the state's size more than before (budget 3: %s)\n",
		how, times, verdict(times <= memoryBudget))
}

// stick writes the documents of the state to files, as they may come to a box:
// nobody but the importer then holds any of it in memory.
func (l *listener) stick(temp string) (files []string, size int, err error) {
	dir, err := os.MkdirTemp(temp, "stick-")
	if err != nil {
		return nil, 0, fmt.Errorf("make folder: %w", err)
	}
	body := l.set.Encode()
	raws, err := l.snapshot(body)
	if err != nil {
		return nil, 0, err
	}
	for i, raw := range raws {
		name := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			return nil, 0, fmt.Errorf("write document: %w", err)
		}
		files = append(files, name)
	}
	return files, len(body), nil
}

// takeAll takes a snapshot and its heartbeat, each out of its file.
func (l *listener) takeAll(files []string) (took time.Duration, most uint64, err error) {
	runtime.GC()
	grown, stop := watchHeap()
	begin := time.Now()
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return 0, 0, fmt.Errorf("read document: %w", err)
		}
		if err := l.take(raw); err != nil {
			return 0, 0, err
		}
	}
	took = time.Since(begin)
	stop()
	if !l.docs.Ready() || l.docs.Proof == nil {
		return 0, 0, errors.New("the snapshot is not in force")
	}
	return took, *grown, nil
}

// watchHeap looks at the heap every millisecond until stop, which is when most
// may be read: the growth since the beginning, garbage included.
func watchHeap() (most *uint64, stop func()) {
	live := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	first := live()
	most = new(uint64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			if now := live(); now > first {
				*most = max(*most, now-first)
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	return most, func() {
		close(end)
		<-ended
	}
}

// measureDeltas prints what one change of the list costs, beside one bare SQLite
// insert of the same bytes, and how long its document is.
func (l *listener) measureDeltas(out io.Writer, f *floor, n int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ADDITIONS\tBYTES ON THE WIRE\tSAMPLES\tAPPLIED AND DURABLE p50\tp90\tDURABLE INSERT ALONE p50\tp90")
	for _, additions := range []int{1, 100, 1000, 10_000} {
		var ours, bare []time.Duration
		size := 0
		for range n {
			raw, err := l.delta(additions)
			if err != nil {
				return err
			}
			size = len(raw)
			begin := time.Now()
			if err := l.take(raw); err != nil {
				return err
			}
			ours = append(ours, time.Since(begin))
			begin = time.Now()
			if err := f.keep(raw); err != nil {
				return err
			}
			bare = append(bare, time.Since(begin))
		}
		if !l.docs.State.Same(1, l.seq, l.set.Hash()) {
			return errors.New("the box is not at the state that was published")
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%s\t%s\t%s\n", additions, size, n, us(at(ours, 50)), us(at(ours, 90)), us(at(bare, 50)), us(at(bare, 90)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return nil
}
