package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gated/drivers/door"
	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
)

// lane is one lane's hardware and the controller that owns its door.
type lane struct {
	gate.Lane
	device     string
	airlock    string // lanes of one name open one at a time; empty: none
	timing     gate.DoorConfig
	contact    *door.Input // nil: not wired
	exit       *door.Input // nil: not wired
	scanner    *scanner.Serial
	door       *door.Watched
	signal     signal.Signal
	controller *gate.Controller
	scans      chan gate.Scan  // to the controller; see present
	orders     chan gate.Order // to the controller; see obey
}

// openLanes opens every door, relay off, before anything else is open: periph
// may close a descriptor twice when it meets one chip under two names, and must
// not hit somebody else's. A door that cannot be opened is an error: a gate that
// cannot move is no gate. A scanner may come later.
func openLanes(cfg *Config, log *slog.Logger) ([]*lane, error) {
	var lanes []*lane
	for i := range cfg.Lanes {
		l, err := openLane(&cfg.Lanes[i], gate.Language(cfg.Gate.Language), log)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lane %s: %w", cfg.Lanes[i].Name, err), closeLanes(lanes))
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}

func openLane(cfg *LaneConfig, lang gate.Language, log *slog.Logger) (*lane, error) {
	l := &lane{
		Lane:   gate.Lane{Name: cfg.Name, Direction: gate.Direction(cfg.Direction)},
		device: cfg.Scanner.Device, airlock: cfg.Airlock, timing: cfg.doorTiming(),
		scans: make(chan gate.Scan), orders: make(chan gate.Order),
	}
	d, err := door.Open(cfg.door())
	if err != nil {
		return nil, err
	}
	l.door = door.Watch(d)
	if l.signal, err = signal.Open(cfg.signal(lang, log)); err != nil {
		return nil, errors.Join(err, l.door.Close())
	}
	if l.scanner, err = scanner.New(cfg.scanner(log)); err != nil {
		return nil, errors.Join(err, l.door.Close(), l.signal.Close())
	}
	var err1, err2 error
	l.contact, err1 = openInput(cfg.Door.Contact, cfg.Door.Kind, cfg.Door.Chip)
	l.exit, err2 = openInput(cfg.Door.ExitButton, cfg.Door.Kind, cfg.Door.Chip)
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, closeLanes([]*lane{l}))
	}
	return l, nil
}

// shut switches every relay off, whoever owns it.
func shut(lanes []*lane) error {
	var errs []error
	for _, l := range lanes {
		errs = append(errs, l.door.Set(false))
	}
	return errors.Join(errs...)
}

// closeLanes releases every line, relay off.
func closeLanes(lanes []*lane) error {
	var errs []error
	for _, l := range lanes {
		errs = append(errs, l.door.Close(), l.signal.Close(), l.contact.Close(), l.exit.Close())
	}
	return errors.Join(errs...)
}

// startLanes starts what each lane needs.
func (b *box) startLanes(ctx context.Context, g *group, lanes []*lane) {
	for _, l := range lanes {
		g.start(ctx, "lane "+l.Name, func(ctx context.Context) error { return l.controller.Run(ctx, l.scans, l.orders) })
		g.start(ctx, "signal "+l.Name, l.signal.Run)
		g.start(ctx, "scanner "+l.Name, func(ctx context.Context) error { return l.scanner.Run(ctx, l.scans) })
		g.start(ctx, "watch "+l.Name, func(ctx context.Context) error { return b.watchScanner(ctx, l) })
	}
}

func (l *LaneConfig) scanner(log *slog.Logger) scanner.Config {
	return scanner.Config{Kind: l.Scanner.Kind, Device: l.Scanner.Device, Baud: l.Scanner.Baud, Profile: l.Scanner.Profile, Log: log}
}

func (l *LaneConfig) door() door.Config {
	return door.Config{Kind: l.Door.Kind, Relay: l.Door.Relay, Chip: l.Door.Chip, Active: l.Door.Active, Trace: l.Door.Trace}
}

func (l *LaneConfig) signal(lang gate.Language, log *slog.Logger) signal.Config {
	return signal.Config{
		Kind: l.Signal.Kind, Green: l.Signal.Green, Red: l.Signal.Red, Buzzer: l.Signal.Buzzer,
		Chip: l.Signal.Chip, Device: l.Signal.Device, Module: l.Signal.Module, Baud: l.Signal.Baud,
		Language: lang, Trace: l.Signal.Trace, Log: log, Port: scanner.OpenPort,
		Lamp: func(chip, line string) (signal.Lamp, error) { return door.OpenLamp(chip, line) },
	}
}
