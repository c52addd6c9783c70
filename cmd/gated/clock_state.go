package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The daemon may not ask the kernel for the clock's state where systemd keeps it
// from the call (ProtectClock): a unit that talks to nobody asks every two
// seconds, and writes what it hears into a directory that only it may write.
const (
	clockStateFile  = "/run/gated-clock/state"
	clockStateEvery = 2 * time.Second
	// clockStateLife is for how long its word counts: the kernel itself takes hours
	// to call a clock unsynchronised.
	clockStateLife = 15 * time.Second
)

// clockStateCmd is `gated clock-state`, for gated-clock.service.
type clockStateCmd struct {
	File string `arg:"" help:"Where to write it."`
}

// Run writes the state until a signal comes.
func (cmd *clockStateCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	t := time.NewTicker(clockStateEvery)
	defer t.Stop()
	for {
		synced, _ := askKernel() // Where nobody may ask, as in a container, it is not known to be.

		if err := os.WriteFile(cmd.File+".new", clockState(synced, upTime()), 0o644); err != nil { //nolint:gosec // for everybody to read
			return fmt.Errorf("write the clock's state: %w", err)
		}
		if err := os.Rename(cmd.File+".new", cmd.File); err != nil {
			return fmt.Errorf("write the clock's state: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// clockState is the text of the file: whether it is synchronised, and when that
// was heard, by the boot time.
func clockState(synced bool, up time.Duration) []byte {
	return fmt.Appendf(nil, "%t %d\n", synced, up)
}

// readClockState says whether the file says that the clock is synchronised, and
// said so just now.
func readClockState(file string, up time.Duration) bool {
	text, err := os.ReadFile(file) //nolint:gosec // a fixed name
	if err != nil {
		return false
	}
	var synced bool
	var at time.Duration
	if _, err := fmt.Sscanf(string(text), "%t %d\n", &synced, &at); err != nil || !bytes.Equal(text, clockState(synced, at)) {
		return false
	}
	return synced && at <= up && up-at < clockStateLife
}

// askKernel says whether the kernel's clock is synchronised. The error is EPERM
// where the call is kept from us.
func askKernel() (synced bool, err error) {
	var tx unix.Timex
	state, err := unix.Adjtimex(&tx)
	return err == nil && state != timeError && tx.Status&staUnsync == 0, err
}

// upTime is CLOCK_BOOTTIME; zero if there is none.
func upTime() time.Duration {
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return 0
	}
	return time.Duration(up.Nano())
}

// isSynced asks the kernel, and the unit that may ask it if we may not.
func isSynced(ask func() (bool, error), file string, up time.Duration) bool {
	synced, err := ask()
	if err != nil {
		return readClockState(file, up)
	}
	return synced
}
