package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gated/drivers/door"
	"gated/gate"
)

// boxWires are the inputs of the box; nil ones are not wired.
type boxWires struct{ fire, tamper, mains *door.Input }

// openWires claims the inputs of the box.
func openWires(c *Config) (*boxWires, error) {
	w := &boxWires{}
	for _, i := range []struct {
		key string
		cfg InputConfig
		in  **door.Input
	}{{"fire", c.Inputs.Fire, &w.fire}, {"tamper", c.Inputs.Tamper, &w.tamper}, {"mains", c.Inputs.Mains, &w.mains}} {
		in, err := openInput(i.cfg, c.Inputs.Kind, c.Inputs.Chip)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("inputs: %s: %w", i.key, err), w.Close())
		}
		*i.in = in
	}
	return w, nil
}

// Close gives the lines back.
func (w *boxWires) Close() error {
	return errors.Join(w.fire.Close(), w.tamper.Close(), w.mains.Close())
}

// openInput claims one input; nil if it is not wired.
func openInput(c InputConfig, kind, chip string) (*door.Input, error) {
	if !c.wired() {
		return nil, nil
	}
	return door.OpenInput(c.input(kind, chip))
}

// wired says whether anything is said of the input.
func (c InputConfig) wired() bool { return c != InputConfig{} }

// input is the driver's view of it.
func (c InputConfig) input(kind, chip string) door.InputConfig {
	orElse(&c.Chip, chip)
	return door.InputConfig{Kind: kind, Line: c.Line, Chip: c.Chip, Active: c.Active, Pull: c.Pull}
}

// boxAlarm is an input of the box that is watched: the events of its alarm, what
// is said of it, and the level at which it is one.
type boxAlarm struct {
	in          *door.Input
	at          bool
	begun, over gate.Event
	words       gate.Text
}

// boxAlarms are the watched inputs of the box.
func boxAlarms(w *boxWires) []boxAlarm {
	return []boxAlarm{
		{w.tamper, true, gate.Tamper, gate.TamperEnded, gate.Text{
			ZH: "盒子的外壳被打开：里面的线可以直接开门。请看是谁在动它，并关好。",
			EN: "The box's housing is open, and its wires can open the door: see who is at it, and shut it.",
		}},
		{w.mains, false, gate.MainsLost, gate.MainsBack, gate.Text{
			ZH: "市电断了，盒子靠电池工作：电池用完之前门照常。请查看保险丝。",
			EN: "The mains has failed and the box runs on its battery: the gate works until that is empty; look at the fuse.",
		}},
	}
}

// watchWires turns tamper and mains into records and alarms. Fire is the doors'.
func (b *box) watchWires(ctx context.Context, w *boxWires) error {
	watched := boxAlarms(w)
	raised := make([]bool, len(watched))
	t := time.NewTicker(gate.InputsEvery)
	defer t.Stop()
	for {
		for i, a := range watched {
			active, err := a.in.Active()
			if err != nil {
				return fmt.Errorf("%s: %w", a.begun, err)
			}
			if a.in == nil || (active == a.at) == raised[i] {
				continue
			}
			raised[i] = !raised[i]
			if raised[i] {
				b.record(a.begun, "")
				b.alarms.raise(a.words)
			} else {
				b.record(a.over, "")
				b.alarms.clear(a.words)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
