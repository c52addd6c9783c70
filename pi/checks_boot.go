package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// bootChecks lead from power-on to a box that is ready.
var bootChecks = []check{
	{"the kernel boots, with chip, port, disk and network", seeBoot},
	{"a key is made, documents come over MQTT, the scanner is there", seeReady},
	{"relay never high from power-on until gated is ready", seeQuietBoot},
	{"relay an output and low at rest", seeRest},
}

func seeBoot(ctx context.Context, t *trial) (string, error) {
	if err := t.setUp(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%.1f s", time.Since(t.since).Seconds()), nil
}

func seeReady(ctx context.Context, t *trial) (string, error) {
	key, err := t.gated(ctx, "key show -c "+short)
	if err != nil {
		return "", err
	}
	if err := t.network.AddGate(ctx, key); err != nil {
		return "", err
	}
	begin := time.Now()
	if err := t.start(ctx, short, "relay-safe"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%.1f s after the start of gated", time.Since(begin).Seconds()), nil
}

func seeQuietBoot(_ context.Context, t *trial) (string, error) {
	if n := t.pins.high(t.board.lines[relay], 0); n > 0 {
		return "", fmt.Errorf("the relay was driven high %d times", n)
	}
	return fmt.Sprintf("%d changes of the pin, none to high", t.mark(relay)), nil
}

func seeRest(_ context.Context, t *trial) (string, error) {
	if p := t.pin(relay); !p.output || p.high {
		return "", errors.New("the relay's pin is " + p.String())
	}
	return "", t.agree(relay)
}
