package main

import (
	"context"
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
	raise, clear func(gate.Text)
	keep         func(gate.Event)

	up    bool
	lost  gate.Text // the alarm about the port; empty: none
	fault gate.Text // about the module
	shown passing
	drift passing
}

// passing is an alarm about something that is over as soon as it is seen.
type passing struct {
	count  uint64
	alarm  gate.Text // empty: none
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
	if h.Up || w.lost == (gate.Text{}) { // the first reason is enough until it is back
		w.swap(&w.lost, h.Error)
	}
	w.pass(&w.shown, h.Counters[scanner.SetupCodes.String()], now,
		gate.Say("有人向扫码器出示设置码，意在改它的设置。会应答的型号不听从，并已当场核对；其他型号无从知道。请扫一次有效的码试试，并看门口是谁。",
			"somebody showed the scanner a setup code, which is made to change its settings. A module of a profile that is asked obeys none and was asked at once; "+
				"of any other nobody knows: try a pass, and look who was at the gate."))
	if h.Module == nil {
		return
	}
	w.swap(&w.fault, h.Module.Fault)
	w.pass(&w.drift, h.Counters[scanner.Drifts.String()], now, gate.Say(
		"扫码器的设置曾被改动（%s），已恢复，照常读码。有人动过它，或它掉电失忆：请查看扫码器和它的线。",
		"the scanner's settings had changed (%s) and were put right; codes are read. Somebody had a hand on it, or it lost its memory: look at it and its cable.", h.Module.Drift))
}

// swap raises the alarm that holds now and takes back the one before.
func (w *scannerWatch) swap(alarm *gate.Text, t gate.Text) {
	none := gate.Text{}
	if t != none {
		t = ofLane(w.lane, t)
	}
	if t == *alarm {
		return
	}
	if *alarm != none {
		w.clear(*alarm)
	}
	if *alarm = t; t != none {
		w.raise(t)
	}
}

// ofLane is an alarm of one lane.
func ofLane(lane string, t gate.Text) gate.Text {
	return gate.Say("通道 %[1]s：%[2]s", "lane %[1]s: %[3]s", lane, t.ZH, t.EN)
}

// pass raises an alarm when the count has risen, and takes it back when it has
// not for an hour.
func (w *scannerWatch) pass(p *passing, count uint64, now time.Time, t gate.Text) {
	switch {
	case count > p.count:
		p.count, p.raised = count, now
		w.swap(&p.alarm, t)
	case p.alarm != (gate.Text{}) && now.Sub(p.raised) > remembered:
		w.swap(&p.alarm, gate.Text{})
	}
}
