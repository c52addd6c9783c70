package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
)

// A gate whose disk is dead goes on: the same store, in a folder that lies in
// memory, with the documents and used passes of the disk as far as that can be
// read, and a log of its own. It is left when the disk takes records again, and
// what it knows is brought back then.

const (
	// lookEvery is how often the disk is asked whether it is back.
	lookEvery = time.Minute
	// bringAtOnce is how many records go back in one transaction: a rider's waits
	// for it.
	bringAtOnce = 128
	// heldBrought is how far records were brought back, as brought.
	heldBrought = "brought"
)

// errDiskBack ends a process that stands in for the disk.
var errDiskBack = errors.New("the disk takes records again: starting anew on it")

// memoryDir is beside the socket: /run lies in memory, and outlives the process.
func memoryDir(cfg *Config) string { return filepath.Join(filepath.Dir(cfg.Gate.Socket), "memory") }

// standIn opens the store in memory, because the disk has said cause.
func (b *box) standIn(ctx context.Context, cause error) (alarm gate.Text, err error) {
	b.store, err = openMemory(ctx, b.cfg, b.key, b.log)
	if err != nil {
		return alarm, errors.Join(cause, err)
	}
	b.log.Error("the disk takes no records: the gate goes on from memory", "err", cause)
	b.undurable = cause
	return inMemory(cause), nil
}

// inMemory is the alarm of a box that stands in for its disk.
func inMemory(cause error) gate.Text {
	return gate.Say("磁盘不收记录（%v）。门靠内存继续工作：此刻的记录若在送出前断电就丢失。请清理磁盘或换卡；gated 每分钟看一次磁盘是否恢复。",
		"The disk takes no records (%v). The gate goes on from memory: what happens now is lost if the power fails before it is sent. "+
			"Make room or replace the card; gated looks every minute whether the disk is back.", cause)
}

// openMemory opens the store in memory. One that cannot be opened is of no more
// use and begun anew: the gate must go on.
func openMemory(ctx context.Context, cfg *Config, key gateKey, log *slog.Logger) (*store.Store, error) {
	dir := memoryDir(cfg)
	m, err := store.Open(options(cfg, dir, key))
	if err != nil && !errors.Is(err, store.ErrLocked) {
		err = os.RemoveAll(dir)
		if err == nil {
			m, err = store.Open(options(cfg, dir, key))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open store in memory: %w", err)
	}
	if m.Follows(ctx) != "" {
		return m, nil
	}
	disk, err := store.OpenReadOnly(cfg.Gate.StateDir)
	if err == nil {
		err = errors.Join(m.Inherit(ctx, disk), disk.Close())
	}
	if err != nil {
		log.Error("the disk cannot be read either: lists and used passes are unknown until the broker brings them", "err", err)
	}
	return m, nil
}

// rescue keeps in memory what a failing disk has not taken, for the next start.
func (b *box) rescue(ctx context.Context) (err error) {
	lost := b.store.Lost()
	if len(lost) == 0 || b.undurable != nil {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%d records are lost: %w", len(lost), err)
		}
	}()
	m, err := openMemory(ctx, b.cfg, b.key, b.log)
	if err != nil {
		return err
	}
	receipt := m.Commit(lost...)
	ctx, end := context.WithCancel(ctx)
	end() // it writes what was accepted, and returns
	err = m.Run(ctx)
	return errors.Join(err, (<-receipt).Err, m.Close())
}

// bringBack takes over from memory what must be known before the first scan. The
// records follow while the gate works. What is in memory says that the disk has
// failed: a fault of the disk means that it still does, and nothing is lost.
func (b *box) bringBack(ctx context.Context) error {
	dir := memoryDir(b.cfg)
	m, err := store.OpenReadOnly(dir)
	if errors.Is(err, store.ErrMissing) {
		return nil
	}
	if err != nil {
		b.log.Error("what was kept in memory cannot be read and is lost", "err", err)
		return os.RemoveAll(dir)
	}
	if err := takes(b.cfg.Gate.StateDir); err != nil {
		return errors.Join(err, m.Close())
	}
	if err := b.store.Absorb(ctx, m); err != nil {
		return errors.Join(fmt.Errorf("bring back what was kept in memory: %w", err), m.Close())
	}
	b.memory = m
	return nil
}

// takes says whether the disk of dir takes as much as some minutes bring.
func takes(dir string) (err error) {
	f, err := os.CreateTemp(dir, "room.*")
	if err != nil {
		return fmt.Errorf("try disk: %w", err)
	}
	_, err = f.Write(make([]byte, 256<<10))
	if err := errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("try disk: %w", err)
	}
	return nil
}

// brought is how far the records of a log in memory are on the disk.
type brought struct {
	Log  string `json:"log"`
	Next uint64 `json:"next"`
}

// bring puts the records that were kept in memory, and are not known to be at the
// central server, into the log on the disk, and forgets them in memory. A power
// cut may have some of them brought twice, which their number in the first log
// tells.
func (b *box) bring(ctx context.Context) error {
	if b.memory == nil {
		return nil
	}
	log, size := b.memory.Log()
	from := max(b.memory.Cosigned(), b.broughtOf(log))
	b.record(gate.FromMemory, fmt.Sprintf("the disk had taken no records: %d were kept in memory, in log %s; %d of them are at the central server, %d follow",
		size, log, min(from, size), size-min(from, size)))
	for from < size && ctx.Err() == nil {
		n, err := b.bringSome(ctx, log, from)
		if err != nil {
			b.record(gate.FromMemory, fmt.Sprintf("records %d to %d of log %s cannot be read and are lost", from, size-1, log))
			b.log.Error("records kept in memory are lost", "count", size-from, "err", err)
			break
		}
		from += n
	}
	err := b.memory.Close()
	if ctx.Err() != nil {
		return err // the next start goes on
	}
	return errors.Join(err, os.RemoveAll(memoryDir(b.cfg)))
}

// bringSome brings a page of records and returns how many.
func (b *box) bringSome(ctx context.Context, log string, from uint64) (uint64, error) {
	entries, err := b.memory.List(ctx, from, from+bringAtOnce)
	if err != nil {
		return 0, err
	}
	n := uint64(len(entries))
	recs := []gate.Record{systemRecord(b.clock.Now(), b.docs.now(), gate.FromMemory,
		fmt.Sprintf("the next %d records were records %d to %d of log %s", n, from, from+n-1, log))}
	for _, e := range entries {
		r, err := e.Again()
		if err != nil {
			return 0, err
		}
		recs = append(recs, r)
	}
	done, err := json.Marshal(brought{log, from + n})
	if err != nil {
		return 0, fmt.Errorf("note what was brought: %w", err)
	}
	if r := <-b.store.Commit(recs...); r.Err != nil {
		return 0, r.Err
	}
	return n, b.store.Hold(ctx, document.Held{Name: heldBrought, Body: done})
}

func (b *box) broughtOf(log string) uint64 {
	var done brought
	body, _ := b.store.Held(heldBrought)
	if json.Unmarshal(body, &done) != nil || done.Log != log {
		return 0
	}
	return done.Next
}

// awaitDisk returns errDiskBack once the disk takes records again.
func (b *box) awaitDisk(ctx context.Context, every time.Duration) error {
	if b.undurable == nil {
		return nil
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		err := takes(b.cfg.Gate.StateDir)
		if err == nil {
			err = tryStore(options(b.cfg, b.cfg.Gate.StateDir, b.key))
		}
		if err == nil || store.Damaged(err) || errors.Is(err, store.ErrBroken) || errors.Is(err, store.ErrFork) {
			return errDiskBack
		}
	}
}

func tryStore(o store.Options) error {
	s, err := store.Open(o)
	if err != nil {
		return err
	}
	return s.Close()
}
