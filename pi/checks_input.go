package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gated/gate"
	"gated/stage"
)

// inputChecks are what the wires from the door say. The box has its long pulse:
// what ends one here is the wire.
var inputChecks = []check{
	{"the door opens in mid-pulse: off at once", seeRelock},
	{"a used code does not open again", refusal(used, gate.UsedUp)}, // whoever did not get through would have a second chance
	{"a door that opens for nobody is on record", seeForced},
	{"the exit button opens", seeExitButton},
	{"fire releases the door for as long as it lasts", seeFire},
}

// move moves an input from outside.
func (t *trial) move(line string, high bool) error { return t.board.drive(t.machine, line, high) }

// onRecord waits until the box's disk has one record more of each of these
// different events than when they were last waited for. What a door does is kept
// in one commit when it is shut again: to wait for an open one takes its alarm.
func (t *trial) onRecord(ctx context.Context, caused ...gate.Event) error {
	kinds, want := make([]string, len(caused)), 0
	for i, e := range caused {
		t.caused[e]++
		kinds[i], want = string(e), want+t.caused[e]
	}
	list := strings.Join(kinds, "|")
	n := 0
	err := stage.Until(ctx, 100*time.Millisecond, func() (seen bool, err error) {
		n, err = t.count(ctx, fmt.Sprintf(`grep -cE '"event":"(%s)"'`, list))
		return n >= want, err
	})
	if err == nil && n > want {
		err = errors.New("more than was caused")
	}
	if err != nil {
		return fmt.Errorf("wait for records of %s: there are %d, and should be %d: %w", list, n, want, err)
	}
	return nil
}

// passThrough opens the door and shuts it again, with a pulse under way: the
// relay goes off with the opening.
func (t *trial) passThrough(ctx context.Context, n int, on edge) (measured string, err error) {
	if err := t.move(contact, doorOpen); err != nil {
		return "", err
	}
	down, err := t.wait(ctx, relay, n+1, off)
	if err != nil {
		return "", err
	}
	if length := down.at.Sub(on.at); length > longPulse*3/4 {
		return "", fmt.Errorf("the pin was high for %s; only the pulse's end switched it off", ms(length))
	}
	if err := t.move(contact, doorShut); err != nil {
		return "", err
	}
	return "high for " + ms(down.at.Sub(on.at)), t.onRecord(ctx, gate.DoorOpened, gate.DoorShut)
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
	if err := t.move(contact, doorOpen); err != nil {
		return "", err
	}
	if err := t.onRecord(ctx, gate.DoorForced); err != nil {
		return "", err
	}
	if err := t.move(contact, doorShut); err != nil {
		return "", err
	}
	if err := t.onRecord(ctx, gate.DoorShut); err != nil {
		return "", err
	}
	if t.mark(relay) != n {
		return "", errors.New("the relay moved")
	}
	return "", nil
}

func seeExitButton(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.move(exitButton, pressed); err != nil {
		return "", err
	}
	on, err := t.wait(ctx, relay, n, pin.drivenHigh)
	if err != nil {
		return "", err
	}
	if err := t.move(exitButton, released); err != nil {
		return "", err
	}
	return t.passThrough(ctx, n, on)
}

func seeFire(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.move(fire, alight); err != nil {
		return "", err
	}
	if _, err := t.wait(ctx, relay, n, pin.drivenHigh); err != nil {
		return "", err
	}
	if err := t.onRecord(ctx, gate.Fire); err != nil {
		return "", err
	}
	// A door that opens ends a pulse, but not this.
	if err := t.move(contact, doorOpen); err != nil {
		return "", err
	}
	if _, err := t.status(ctx, long, func(s stage.Status) bool { return s.Lanes[0].Fire && s.Lanes[0].Door == "open" }); err != nil {
		return "", err
	}
	if p := t.pin(relay); !p.drivenHigh() {
		return "", errors.New("the relay's pin is " + p.String() + " during the fire")
	}
	if err := t.move(contact, doorShut); err != nil {
		return "", err
	}
	if err := t.move(fire, !alight); err != nil {
		return "", err
	}
	if _, err := t.wait(ctx, relay, n+1, off); err != nil {
		return "", err
	}
	if extra := t.mark(relay) - n - 2; extra != 0 {
		return "", fmt.Errorf("the pin changed %d times more than for one release", extra)
	}
	return "", errors.Join(t.agree(relay), t.onRecord(ctx, gate.DoorOpened, gate.DoorShut, gate.FireEnded))
}
