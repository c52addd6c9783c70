package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/trust"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

// buildTime is the earliest the time can be: that of the source, which the build
// stamps into the binary (-ldflags "-X main.built=<unix seconds>").
var built string

// box is what the commands that look at a state directory share: the store, the
// clock and the documents, opened and wired in the only order that works.
type box struct {
	cfg      *Config
	key      gateKey
	store    *store.Store
	memory   *store.Store // what stood in for the disk and is to be brought back; else nil
	clock    *verify.Clock
	verifier *verify.Verifier
	docs     *documents
	teller   teller
	alarms   *alarms
	meters   *meters
	log      *slog.Logger

	undurable error // why the store lies in memory; nil: it lies on the disk
}

// openBox opens the state directory for the daemon, or for a command that
// changes it while the daemon is stopped. Cause is why another log has to begin,
// whether the database opens or not; nil: none has. The store's writer is not
// running yet.
func openBox(ctx context.Context, cfg *Config, log *slog.Logger, cause error) (*box, error) {
	key, err := loadGateKey(cfg.Gate.StateDir, cfg.Gate.ID)
	if store.DiskFault(err) {
		key, err = loadGateKey(memoryDir(cfg), cfg.Gate.ID) // another key: its checkpoints wait, its door does not
	}
	if err != nil {
		return nil, err
	}
	b := &box{cfg: cfg, key: key, log: log, meters: newMeters()}
	alarm, err := b.openStore(ctx, cause)
	if err != nil {
		return nil, fmt.Errorf("open state directory: %w", err)
	}
	if err := b.wire(ctx, b.store.Start()); err != nil {
		err = errors.Join(err, b.store.Close())
		if store.Damaged(err) && cause == nil && b.undurable == nil {
			return openBox(ctx, cfg, log, err)
		}
		return nil, err
	}
	if alarm != (gate.Text{}) {
		b.alarms.raise(alarm)
	}
	return b, nil
}

// options are those of a store of this gate in dir.
func options(cfg *Config, dir string, key gateKey) store.Options {
	return store.Options{
		Dir: dir, Site: cfg.Gate.Site, Gate: cfg.Gate.ID, Signer: key.signer, Key: key.verifier, Create: true,
		At: gate.Moment{Time: time.Now(), State: gate.ClockLost}, // what the clock is worth, the store itself must say first
	}
}

// openStore opens the store. If the database is damaged, or is not the whole of
// what the central server has cosigned, it is set aside and another log begun,
// because a gate must go on gating. If the disk is dead, the store is one in
// memory. Alarm says what people must know of that; empty: nothing.
func (b *box) openStore(ctx context.Context, cause error) (alarm gate.Text, err error) {
	o := options(b.cfg, b.cfg.Gate.StateDir, b.key)
	o.Synced = func(took time.Duration) { b.meters.synced.Observe(took) }
	if err = cause; !store.Damaged(cause) {
		b.store, err = store.Open(o)
	}
	switch {
	case err == nil && b.store.Start() == 1:
		b.log.Info("the state directory is new: a database was made and a log has begun", "dir", o.Dir)
	case errors.Is(err, store.ErrFork):
		alarm, err = b.beginAnew(o, err, gate.Text{
			ZH: "中心确认过的记录本盒没有：卡是恢复的备份，或被复制过。", EN: "The central server has cosigned a history that this box does not have: its card was restored or copied.",
		})
	case store.Damaged(err), errors.Is(err, store.ErrBroken):
		alarm, err = b.beginAnew(o, err, gate.Text{ZH: "数据库损坏了。", EN: "The database was damaged."})
	}
	if err == nil {
		if err = b.bringBack(ctx); err != nil {
			err = errors.Join(err, b.store.Close())
		}
	}
	if store.Damaged(err) && cause == nil { // seen only now that something was to be written
		return b.openStore(ctx, err)
	}
	if store.DiskFault(err) {
		return b.standIn(ctx, err)
	}
	return alarm, err
}

// beginAnew sets the database aside and begins another log.
func (b *box) beginAnew(o store.Options, cause error, why gate.Text) (alarm gate.Text, err error) {
	name, err := store.Anew(o, time.Now())
	if err != nil {
		return alarm, errors.Join(cause, err)
	}
	b.log.Error("another log has begun; the old database was set aside", "file", name, "err", cause)
	b.store, err = store.Open(o)
	return setAside(why, name), err
}

// setAside is the alarm about another log.
func setAside(why gate.Text, name string) gate.Text {
	return why.And(gate.Say("旧数据库另存为 %s，另起了一条记录链，第 0 条说明对旧链所知的一切。读不出的名单由服务器或 gated import 再来，门照常工作。请复制该文件备查。",
		"The old database is set aside as %s and another log has begun: record 0 says what is known of the old one. "+
			"Lists that could not be read come from the broker or gated import; the gate works. Copy the file for whoever looks into it.", name))
}

// wire builds clock, verifier and documents from what the store holds.
func (b *box) wire(ctx context.Context, start uint64) error {
	var synced time.Time
	if b, ok := b.store.Held(heldSynced); ok {
		_ = synced.UnmarshalText(b) // damaged: as if never
	}
	kernel, err := kernelClock(synced)
	if err != nil {
		return err
	}
	b.clock = verify.NewClock(kernel, b.cfg.Clock.Trust == "always", buildTime(), start)
	b.alarms = &alarms{record: func(r gate.Record) { b.store.Commit(r) }, moment: b.clock.Now, log: b.log}
	if floor, ok := b.store.Held(heldFloor); ok {
		if err := b.clock.Restore(floor); err != nil {
			b.log.Warn("stored time floor cannot be used", "err", err)
		}
	}
	held, err := verify.Load(b.store.Held)
	if err != nil {
		b.log.Warn("some of the stored documents are unknown until the broker sends them again", "err", err)
	}
	uses, err := b.store.Uses(ctx)
	if err != nil {
		return fmt.Errorf("read used passes: %w", err)
	}
	self := verify.Box{ID: b.cfg.Gate.ID, Site: b.cfg.Gate.Site}
	b.verifier = verify.New(self, b.clock.Now)
	b.verifier.Remember(uses)
	b.verifier.Enforce(held)
	roots, err := trust.ParseRoots(b.cfg.Trust.Roots, b.cfg.Trust.Threshold)
	if err != nil {
		return fmt.Errorf("read roots of the configuration: %w", err)
	}
	b.teller = newTeller(b.store)
	b.docs = &documents{
		roots: roots, box: self, store: b.store, clock: b.clock, verifier: b.verifier,
		alarms: b.alarms, log: b.log, held: held,
	}
	return nil
}

// buildTime is when the program was made: no true time is before it.
func buildTime() time.Time {
	var unix int64
	if _, err := fmt.Sscan(built, &unix); err == nil {
		return time.Unix(unix, 0)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key != "vcs.time" {
				continue
			}
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t
			}
		}
	}
	return time.Unix(0, 0)
}
