package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"gated/central"
	"gated/sync"
)

type runCmd struct {
	directory
	Listen       string `xor:"broker" required:"" placeholder:"HOST:PORT" help:"Run a broker of our own there; port 0 is any. It asks nobody who he is, so the host must be a loopback address."`
	ListenAnyone bool   `help:"Let --listen be any address: whoever reaches it reads what gates send and can keep them from hearing us. Nobody can forge anything."`
	Broker       string `xor:"broker" required:"" placeholder:"URL" help:"Use this broker: tcp://, tls://, ws:// or wss://."`
	Username     string `help:"With --broker."`
	PasswordFile string `type:"path" placeholder:"FILE" help:"With --broker: a file that holds the password alone."`
	CA           string `name:"ca" type:"path" placeholder:"FILE" help:"With --broker: the authorities believed; the system's if left out."`
	Cert         string `type:"path" placeholder:"FILE" help:"With --broker: our certificate."`
	Key          string `type:"path" placeholder:"FILE" help:"With --broker: its key."`
	Enrol        string `placeholder:"HOST:PORT" help:"Enrol boxes there, over HTTPS with a certificate of this network; port 0 is any."`
	Prefix       string `default:"gated/v1" help:"The prefix of every topic (${default})."`
	Verbose      bool   `short:"v" help:"Say what is published."`
}

// Run serves the network.
func (c runCmd) Run(ctx context.Context, out output) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(out.words, &slog.HandlerOptions{Level: level}))
	return c.with(ctx, func(s *central.Central) error { return c.serve(ctx, s, log, out) })
}

// serve serves the open directory.
func (c runCmd) serve(ctx context.Context, s *central.Central, log *slog.Logger, out output) error {
	unlock, err := lockDir(c.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	settings := sync.Broker{
		URL: c.Broker, ClientID: "gate-central", Username: c.Username, PasswordFile: c.PasswordFile, CA: c.CA, Cert: c.Cert, Key: c.Key,
	}
	if c.Listen != "" {
		address, stop, err := listen(c.Listen, c.ListenAnyone, log)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Fprintf(out.data, "broker listening on %s\n", address)
		settings.URL = "tcp://" + address
	}
	if err := settings.Check(); err != nil {
		return fmt.Errorf("%w: %w", central.ErrAsked, err)
	}
	if c.Enrol != "" {
		address, stop, err := enrolling(c.Enrol, s, log)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Fprintf(out.data, "boxes enrol at https://%s\n", address)
	}
	l := link{broker: settings, server: central.NewServer(s, c.Prefix, log), log: log}
	return l.run(ctx, func() { fmt.Fprintln(out.data, "ready") })
}

// lockDir keeps a second server off the directory: two would throw each other
// off the broker.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "run.lock"), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // our own directory
	if err != nil {
		return nil, fmt.Errorf("lock directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, hinted(fmt.Errorf("another gate-central run serves %s", dir), "stop it first; every other verb works beside it")
		}
		return nil, fmt.Errorf("lock directory: %w", err)
	}
	return func() { _ = f.Close() }, nil
}

// served says whether a server runs on the directory.
func served(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, "run.lock")) //nolint:gosec // our own directory
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a server: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only looked at
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a server: %w", err)
	}
	return false, nil
}
