package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
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
	var bytes, syncs atomic.Int64
	faultvfs.Listen(func(op faultvfs.Op) error {
		switch op.Kind {
		case faultvfs.Write:
			bytes.Add(int64(len(op.Data)))
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
	count := func(n int) (written, synced float64, err error) {
		bytes.Store(0)
		syncs.Store(0)
		for range n {
			if _, err := b.open(bearer(b.world).text); err != nil {
				return 0, 0, err
			}
		}
		if n == 1 { // until nothing more comes of it
			err = b.until(2*time.Minute, func() bool { _, synced := b.store.Log(); return synced == b.store.Size() })
		}
		return float64(bytes.Load()) / float64(n), float64(syncs.Load()) / float64(n), err
	}
	if scale == 1 { // a test does not wait for a minute
		written, synced, err := count(1)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "an opening alone, without a line, after which nothing is committed for a minute: %.1f KB written, %.0f syncs\n", written/1024, synced)
	}
	n := max(2000/scale, 20)
	written, synced, err := count(n)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "an opening with its door records, of %d: %.1f KB written (budget 12 KB: %s), %.2f syncs (budget 1.5: %s)\n\n",
		n, written/1024, verdict(written <= writtenBudget), synced, verdict(synced <= syncsBudget))
	return nil
}
