package main

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// How old a sign of life may be. A loop comes round every half second at the
// least. A card may be at one transaction for long, and riders do not wait for
// it; a minute is a fault.
const (
	loopLife   = 5 * time.Second
	writerLife = time.Minute
)

// watchdog feeds systemd's for as long as each loop that owns a door comes round
// and the writer is not stuck. It does nothing else, and feeds for nobody else:
// when it stops, systemd kills the process, switches the relays off and starts
// it anew. Without a watchdog in the unit it does nothing.
func (b *box) watchdog(ctx context.Context, lanes []*lane) error {
	within, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		b.log.Warn("systemd's watchdog cannot be fed: a loop that hangs will not be noticed", "err", err)
	}
	if within == 0 {
		<-ctx.Done()
		return nil
	}
	t := time.NewTicker(within / 4)
	defer t.Stop()
	said := ""
	for {
		stalled := b.stalled(lanes, min(loopLife, within/2))
		switch {
		case stalled == "":
			notify(b.log, daemon.SdNotifyWatchdog)
		case stalled != said:
			b.log.Error("a loop stands still: the watchdog is not fed, and gated will be restarted", "what", stalled)
		}
		said = stalled
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// stalled names a loop that does not come round; empty: all do.
func (b *box) stalled(lanes []*lane, life time.Duration) string {
	for _, l := range lanes {
		if time.Since(l.controller.Beat()) > life {
			return "lane " + l.Name
		}
	}
	if b.store.Busy() > writerLife {
		return "store"
	}
	return ""
}
