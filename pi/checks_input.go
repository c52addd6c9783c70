package main

import (
	"context"
	"errors"
	"fmt"

	"gated/gate"
)

// inputChecks are what the wires from the door say. The box has its long pulse:
// what ends one here is the wire.
var inputChecks = []check{
	{"the door opens in mid-pulse: off at once", seeRelock},
	{"a door that opens for nobody is on record", seeForced},
	{"the exit button opens", seeExitButton},
	{"fire releases the door for as long as it lasts", seeFire},
}

// move moves an input from outside, and waits until the box has a record of it.
func (t *trial) move(ctx context.Context, line string, high bool, want gate.Event) error {
	before, err := t.events(ctx, want)
	if err != nil {
		return err
	}
	if err := t.board.drive(t.machine, line, high); err != nil {
		return err
	}
	for n := before; n == before; {
		if n, err = t.events(ctx, want); err != nil {
			return fmt.Errorf("wait for the record %q: %w", want, err)
		}
	}
	return nil
}

// events counts the box's records of an event.
func (t *trial) events(ctx context.Context, want gate.Event) (int, error) {
	return t.count(ctx, fmt.Sprintf(`grep -c '"event":"%s"'`, want))
}

// passThrough opens the door and shuts it again, with a pulse under way: the
// relay goes off with the opening.
func (t *trial) passThrough(ctx context.Context, n int, on edge) (measured string, err error) {
	if err := t.move(ctx, contact, doorOpen, gate.DoorOpened); err != nil {
		return "", err
	}
	down, err := t.wait(ctx, relay, n+1, off)
	if err != nil {
		return "", err
	}
	if length := down.at.Sub(on.at); length > longPulse*3/4 {
		return "", fmt.Errorf("the pin was high for %s; only the pulse's end switched it off", ms(length))
	}
	return "high for " + ms(down.at.Sub(on.at)), t.move(ctx, contact, doorShut, gate.DoorShut)
}

func seeRelock(ctx context.Context, t *trial) (string, error) {
	if _, err := t.signal(ctx, "TERM", 0); err != nil {
		return "", err
	}
	if err := t.start(ctx, long, "relay-safe"); err != nil {
		return "", err
	}
	n := t.mark(relay)
	_, on, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	return t.passThrough(ctx, n, on)
}

func seeForced(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.move(ctx, contact, doorOpen, gate.DoorForced); err != nil {
		return "", err
	}
	if err := t.move(ctx, contact, doorShut, gate.DoorShut); err != nil {
		return "", err
	}
	if t.mark(relay) != n {
		return "", errors.New("the relay moved")
	}
	return "", nil
}

func seeExitButton(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.board.drive(t.machine, exitButton, pressed); err != nil {
		return "", err
	}
	on, err := t.wait(ctx, relay, n, pin.drivenHigh)
	if err != nil {
		return "", err
	}
	if err := t.board.drive(t.machine, exitButton, released); err != nil {
		return "", err
	}
	return t.passThrough(ctx, n, on)
}

func seeFire(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.move(ctx, fire, alight, gate.Fire); err != nil {
		return "", err
	}
	if _, err := t.wait(ctx, relay, n, pin.drivenHigh); err != nil {
		return "", err
	}
	// A door that opens ends a pulse, but not this.
	if err := t.move(ctx, contact, doorOpen, gate.DoorOpened); err != nil {
		return "", err
	}
	if p := t.pin(relay); !p.drivenHigh() {
		return "", errors.New("the relay's pin is " + p.String() + " during the fire")
	}
	if err := t.move(ctx, contact, doorShut, gate.DoorShut); err != nil {
		return "", err
	}
	if err := t.move(ctx, fire, !alight, gate.FireEnded); err != nil {
		return "", err
	}
	if _, err := t.wait(ctx, relay, n+1, off); err != nil {
		return "", err
	}
	if extra := t.mark(relay) - n - 2; extra != 0 {
		return "", fmt.Errorf("the pin changed %d times more than for one release", extra)
	}
	return "", t.agree(relay)
}
