package main

import (
	"context"
	"fmt"
	"time"

	"gated/drivers/scanner"
	"gated/gate"
)

// remembered is how long an alarm about something that is over stays raised.
const remembered = time.Hour

// watchScanner turns what happens to a scanner into records and alarms.
func (b *box) watchScanner(ctx context.Context, l *lane) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	w := scannerWatch{lane: l.Name, up: true, raise: b.alarms.raise, clear: b.alarms.clear, keep: func(e gate.Event) {
		r := systemRecord(b.clock.Now(), b.docs.now(), e, "")
		r.Lane = l.Name
		b.store.Commit(r)
	}}
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			w.look(l.scanner.Health(), now)
		}
	}
}

// scannerWatch is what was last seen of one scanner.
type scannerWatch struct {
	lane         string
	raise, clear func(sentence string)
	keep         func(gate.Event)

	up    bool
	lost  string // the alarm about the port; empty: none
	fault string // about the module
	shown passing
	drift passing
}

// passing is an alarm about something that is over as soon as it is seen.
type passing struct {
	count  uint64
	alarm  string // empty: none
	raised time.Time
}

// look compares the scanner's health with what was last seen.
func (w *scannerWatch) look(h scanner.Health, now time.Time) {
	if h.Up != w.up {
		w.up = h.Up
		if h.Up {
			w.keep(gate.ScannerFound)
		} else {
			w.keep(gate.ScannerLost)
		}
	}
	if h.Up || w.lost == "" { // the first reason is enough until it is back
		w.swap(&w.lost, h.Error)
	}
	w.pass(&w.shown, h.Counters[scanner.SetupCodes.String()], now,
		"somebody showed the scanner a setup code, which is made to change its settings. A module of a profile that is asked obeys none and was asked at once; "+
			"of any other nobody knows: try a pass, and look who was at the gate")
	if h.Module == nil {
		return
	}
	w.swap(&w.fault, h.Module.Fault)
	w.pass(&w.drift, h.Counters[scanner.Drifts.String()], now, fmt.Sprintf(
		"the scanner's settings had changed (%s) and were put right. Somebody had a hand on it, or it lost its memory: look at it and its cable", h.Module.Drift))
}

// swap raises the alarm that holds now and takes back the one before.
func (w *scannerWatch) swap(alarm *string, sentence string) {
	if sentence != "" {
		sentence = fmt.Sprintf("lane %s: %s", w.lane, sentence)
	}
	if sentence == *alarm {
		return
	}
	if *alarm != "" {
		w.clear(*alarm)
	}
	if *alarm = sentence; sentence != "" {
		w.raise(sentence)
	}
}

// pass raises an alarm when the count has risen, and takes it back when it has
// not for an hour.
func (w *scannerWatch) pass(p *passing, count uint64, now time.Time, sentence string) {
	switch {
	case count > p.count:
		p.count, p.raised = count, now
		w.swap(&p.alarm, sentence+".")
	case p.alarm != "" && now.Sub(p.raised) > remembered:
		w.swap(&p.alarm, "")
	}
}
