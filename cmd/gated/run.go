package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"gated/gate"
	"gated/local"
	"gated/store"
)

// stopLimit is how long the loops have to end before their relays are switched
// off without them.
const stopLimit = 2 * time.Second

// runCmd is `gated run`.
type runCmd struct{}

// Run is the daemon: it returns when a signal asks it to, or when a part has
// failed, and then systemd starts it anew. The relays are off in between.
func (*runCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	for cause := error(nil); ; {
		another, err := runOnce(ctx, cfg, log, cause)
		if !another || ctx.Err() != nil {
			return err
		}
		log.Error("another log has to begin", "err", err)
		cause = err
	}
}

// runOnce is the daemon until it ends. Another: another log has to begin, and the
// next call does that if it is told err as its cause.
func runOnce(ctx context.Context, cfg *Config, log *slog.Logger, cause error) (another bool, err error) {
	lanes, err := openLanes(cfg, log)
	if err != nil {
		return false, err
	}
	wires, err := openWires(cfg)
	if err != nil {
		return false, errors.Join(err, closeLanes(lanes))
	}
	b, err := openBox(ctx, cfg, log, cause)
	if err != nil {
		return false, errors.Join(err, closeLanes(lanes), wires.Close())
	}
	b.control(lanes, wires)
	err = b.serve(ctx, lanes, wires)
	another = errors.Is(err, store.ErrFork) || store.Damaged(err) && b.undurable == nil
	return another, errors.Join(err, closeLanes(lanes), wires.Close(), b.store.Close(), b.rescue(context.Background()))
}

// serve runs all parts and ends them in the order that loses nothing: first
// those that make records, then the way to the broker, then the writer.
func (b *box) serve(ctx context.Context, lanes []*lane, wires *boxWires) error {
	writing, endWriting := context.WithCancel(context.Background())
	defer endWriting()
	sending, endSending := context.WithCancel(context.Background())
	defer endSending()
	gating, endGating := context.WithCancel(ctx)
	defer endGating()

	guarding, endGuarding := context.WithCancel(context.Background())
	defer endGuarding()

	broken := func() { _ = shut(lanes) } // the process ends, and relay-safe comes after it
	writers, senders, gaters, guards := newGroup(broken), newGroup(broken), newGroup(broken), newGroup(broken)
	writers.start(writing, "store", b.store.Run)
	b.age(ctx) // before the broker tells how long the box was off
	b.started()
	link := b.link(lanes)
	senders.start(sending, "documents", b.docs.Run)
	senders.start(sending, "memory", b.bring)
	senders.start(sending, "disk", func(ctx context.Context) error { return b.awaitDisk(ctx, lookEvery) })
	if link != nil {
		senders.start(sending, "sync", link.Run)
	}
	for _, l := range lanes {
		guards.start(guarding, "guard "+l.Name, l.controller.Guard)
	}
	b.startLanes(gating, gaters, lanes)
	gaters.start(gating, "inputs", func(ctx context.Context) error { return b.watchWires(ctx, wires) })
	gaters.start(gating, "socket", local.New(b.cfg.Gate.Socket, b.answers(lanes, wires, link), b.log).Run)
	gaters.start(gating, "metrics", func(ctx context.Context) error {
		return b.serveMetrics(ctx, func(ctx context.Context) local.Text { return b.metricsPage(ctx, lanes, link) })
	})
	gaters.start(gating, "hourly", b.hourly)
	gaters.start(gating, "health", func(ctx context.Context) error { return b.showHealth(ctx, lanes, link) })
	senders.start(sending, "journal", b.keepJournal)
	gaters.start(gating, "watchdog", func(ctx context.Context) error { return b.watchdog(ctx, lanes) })
	notify(b.log, daemon.SdNotifyReady)

	var err error
	select {
	case <-gating.Done():
	case <-b.store.Forked():
		err = store.ErrFork
		atRest(lanes)
	case err = <-gaters.failed:
	case err = <-senders.failed: // as a dead disk may be seen first
		atRest(lanes)
	case err = <-writers.failed: // a dead disk must not shut the door before somebody who was let in
		atRest(lanes)
	}
	notify(b.log, daemon.SdNotifyStopping)
	endGating()
	late := time.AfterFunc(stopLimit, func() { // a loop hangs: systemd will kill us, and nobody waits with an open gate
		b.log.Error("a part does not end: relays are switched off without it", "err", shut(lanes))
	})
	err = errors.Join(err, gaters.wait())
	late.Stop()
	endGuarding()
	err = errors.Join(err, guards.wait())
	b.stopped()
	endSending()
	err = errors.Join(err, senders.wait())
	endWriting()
	return errors.Join(err, writers.wait())
}

// started is the first record of each start.
func (b *box) started() {
	b.log.Info("gated is up", "version", version, "gate", b.cfg.Gate.ID, "site", b.cfg.Gate.Site, "start", b.store.Start())
	docs := b.docs.now()
	detail := "version " + version
	if !docs.Ready() {
		detail += "; opens for nobody until trust list, site document and revocation list are here"
		b.log.Warn("no list yet: the gate opens for nobody until the broker or gated import brings it")
	}
	if _, size := b.store.Log(); size == 0 && b.undurable != nil {
		b.record(gate.NewLog, fmt.Sprintf("in memory, because the disk takes no records; stands in for log %q", b.store.Follows(context.Background())))
	}
	b.record(gate.Started, detail)
}

// stoppedLimit is how long the last record is waited for.
const stoppedLimit = 2 * time.Second

// stopped writes the last record and waits for it: what is not on stable storage is
// not sent, and with it goes all that was to be synced later.
func (b *box) stopped() {
	select {
	case <-b.store.Commit(systemRecord(b.clock.Now(), b.docs.now(), gate.Stopped, "")):
	case <-time.After(stoppedLimit): // a slow disk; the next start sends it
	}
}

// hourly writes the box's state into the log (PROTOCOL section 3).
func (b *box) hourly(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			_, size := b.store.Log()
			detail := fmt.Sprintf("%d records, %d cosigned, %d alarms", size, b.store.Cosigned(), len(b.alarms.list()))
			b.record(gate.StateHourly, detail)
		}
	}
}

// record keeps a record about the box.
func (b *box) record(e gate.Event, detail string) {
	b.store.Commit(systemRecord(b.clock.Now(), b.docs.now(), e, detail))
}

// atRest waits until no rider is being served and no relay is on, at most for the
// longest pulse: whoever was admitted with the fault gets the whole of his pulse.
func atRest(lanes []*lane) {
	busy := func(l *lane) bool {
		s := l.controller.State()
		return s.Serving || s.Relay
	}
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for end := time.Now().Add(gate.LongestPulse); slices.ContainsFunc(lanes, busy) && time.Now().Before(end); {
		<-t.C
	}
}

// notify tells systemd; without systemd it does nothing.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be told", "state", state, "err", err)
	}
}
