package rig_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"gated/gate"
	"gated/rig"
	"gated/stage"
	"gated/sync"
)

// child, in a process that TestTheLineHolds has started, is where it is told
// which box it is.
var child = flag.String("child", "", "be the box of that file, and no test")

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	switch {
	case *boxes:
		err = beBoxes(os.Stdin, os.Stdout)
	case *child != "":
		err = beBox(*child)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "box:", err)
		os.Exit(1)
	}
}

// orders is what a box in a process of its own is told.
type orders struct {
	Dir, ID, Key string
	Roots        []string
	Threshold    int
	Broker       string        // host:port
	Every        time.Duration // between two commits
}

func (o orders) options() rig.Options {
	return rig.Options{
		Dir: o.Dir, ID: o.ID, Site: stage.Site, Key: o.Key, Roots: o.Roots, Threshold: o.Threshold,
		Log: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelError})),
	}
}

// restless is how fast a box is that has to show in a minute what takes a day.
func restless() sync.Pace {
	return sync.Pace{
		Quiet: 20 * time.Millisecond, Linger: 100 * time.Millisecond, CheckpointAt: 20, Checkpoint: 200 * time.Millisecond,
		Cosign: time.Second, CosignMost: 4 * time.Second, Spread: -1, Fetch: time.Second,
		Settled: 50 * time.Millisecond, Between: 50 * time.Millisecond,
	}
}

// beBox is a box with records flowing until it is killed, or asked to end: by
// SIGUSR1, to make one last record and say when everything is cosigned, then by
// SIGTERM. It says each record that it was promised to be on disk.
func beBox(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var o orders
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	last := make(chan os.Signal, 1)
	signal.Notify(last, syscall.SIGUSR1)
	b, err := rig.Open(ctx, o.options())
	if err != nil {
		return err
	}
	fmt.Println("up", b.Store.Start())
	ran := make(chan error, 1)
	go func() {
		ran <- b.Run(ctx, b.Link(sync.Broker{URL: "tcp://" + o.Broker, Keepalive: 2 * time.Second}, restless()))
	}()
	err = flow(ctx, b, o.Every, last)
	stop()
	return errors.Join(err, <-ran)
}

// flow makes records and says which are on disk.
func flow(ctx context.Context, b *rig.Box, every time.Duration, last <-chan os.Signal) error {
	serial := uint32(b.Store.Start()) << 20 // no two starts make the same
	tick := time.NewTicker(every)
	defer tick.Stop()
	for flowing := true; flowing; {
		select {
		case <-ctx.Done():
			return nil
		case <-last:
			flowing = false
			continue
		case <-tick.C:
		}
		serial++
		if err := keep(b, serial, serial+1); err != nil {
			return err
		}
		serial++
	}
	if err := keep(b, serial+1); err != nil {
		return err
	}
	_, size := b.Store.Log()
	if err := stage.Until(ctx, 10*time.Millisecond, func() (bool, error) { return b.Store.Cosigned() >= size, nil }); err != nil {
		return nil // asked to end before that
	}
	fmt.Println("all", size)
	<-ctx.Done()
	return nil
}

// keep commits one record of each pass in one transaction, and says so when it is
// on disk.
func keep(b *rig.Box, serials ...uint32) error {
	var recs []gate.Record
	for _, s := range serials {
		recs = append(recs, gate.Record{
			Kind: gate.KindAccess, At: b.Clock.Now(), Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
			Person: &gate.Person{Issuer: 1, Kid: 257, Serial: s, Rider: 42},
		})
	}
	if got := <-b.Store.Commit(recs...); got.Err != nil {
		return got.Err
	}
	for _, s := range serials {
		fmt.Println("kept", s)
	}
	return nil
}
