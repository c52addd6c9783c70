package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"gated/store/faultvfs"
)

// measureSlowDisk prints the way from code to relay when each sync takes longer,
// ours and the floor on the same slow disk.
func measureSlowDisk(out io.Writer, temp string, scale int) error {
	for _, slow := range []struct {
		sync time.Duration
		n    int
	}{{10 * time.Millisecond, 100}, {500 * time.Millisecond, 10}} {
		faultvfs.Listen(func(op faultvfs.Op) error {
			if op.Kind == faultvfs.Sync {
				time.Sleep(slow.sync)
			}
			return nil
		}, false)
		r, err := measureOpening(temp, kinds[0], max(slow.n/scale, 2))
		faultvfs.Listen(nil, false)
		if err != nil {
			return err
		}
		ours, floor := at(r.ours, 50), at(r.floor, 50)
		if slow.sync < 100*time.Millisecond {
			times := float64(ours) / float64(floor)
			fmt.Fprintf(out, "%s more a sync: received -> relay on p50 %s, floor %s, %.2f x (budget %.2f x: %s)\n",
				slow.sync, us(ours), us(floor), times, slowBudget, verdict(times <= slowBudget))
			continue
		}
		fmt.Fprintf(out, "%s more a sync: received -> relay on p50 %s, at most %s: the wait's limit, not the disk's (floor %s)\n\n",
			slow.sync, us(ours), us(at(r.ours, 100)), us(floor))
	}
	return nil
}

// measureCard prints what an opening writes and how often it syncs, counted
// where SQLite calls the kernel: the write-ahead log, and folding it back.
func measureCard(out io.Writer, temp string, scale int) (err error) {
	dir, err := os.MkdirTemp(temp, "card-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	var bytes, syncs, commits atomic.Int64
	faultvfs.Listen(func(op faultvfs.Op) error {
		switch op.Kind {
		case faultvfs.Write:
			bytes.Add(int64(len(op.Data)))
			if commitFrame(op) {
				commits.Add(1)
			}
		case faultvfs.Sync:
			syncs.Add(1)
		default:
		}
		return nil
	}, false)
	defer faultvfs.Listen(nil, false)
	b, err := newBox(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	count := func(n int) (c cost, err error) {
		bytes.Store(0)
		syncs.Store(0)
		commits.Store(0)
		for range n {
			if _, err := b.open(bearer(b.world).text); err != nil {
				return c, err
			}
		}
		if n == 1 { // until nothing more comes of it
			err = b.until(2*time.Minute, func() bool { _, synced := b.store.Log(); return synced == b.store.Size() })
		}
		each := func(of *atomic.Int64) float64 { return float64(of.Load()) / float64(n) }
		return cost{each(&bytes), each(&syncs), each(&commits)}, err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AN OPENING WITH ITS DOOR RECORDS\tCOMMITS\tSYNCS\tKB WRITTEN")
	if scale == 1 { // a test does not wait for a minute
		c, err := count(1)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "alone: nothing else is committed for a minute\t%s\n", c)
	}
	n := max(2000/scale, 20)
	c, err := count(n)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "one of %d in a stream\t%s\n", n, c)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "in a stream within the budget of 1.5 syncs: %s, of 12 KB written: %s; alone 2 syncs are decided (docs/decisions/record-before-relay.md)\n\n",
		verdict(c.syncs <= syncsBudget), verdict(c.bytes <= writtenBudget))
	return nil
}

// cost is what one opening costs the card.
type cost struct{ bytes, syncs, commits float64 }

func (c cost) String() string {
	return fmt.Sprintf("%.2f\t%.2f\t%.1f", c.commits, c.syncs, c.bytes/1024)
}

// commitFrame says whether an operation ends a transaction: the head of a frame in
// the write-ahead log that says how large the database is then
// (https://www.sqlite.org/fileformat.html, 4.1).
func commitFrame(op faultvfs.Op) bool {
	return strings.HasSuffix(op.File, "-wal") && len(op.Data) == 24 && binary.BigEndian.Uint32(op.Data[4:]) != 0
}
