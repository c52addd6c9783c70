package main

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"gated/drivers/door"
	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// control gives each lane the controller that owns its door from now on.
func (b *box) control(lanes []*lane, w *boxWires) {
	seen := b.lastSeen()
	airlocks := map[string]*gate.Airlock{}
	for _, l := range lanes {
		b.meters.know(l.Name)
		if l.airlock != "" && airlocks[l.airlock] == nil {
			airlocks[l.airlock] = gate.NewAirlock()
		}
		before := seen[l.Name]
		before.Locked = b.lockedUntil(l.Name)
		l.controller = gate.NewController(gate.ControllerConfig{
			Lane: l.Lane, Door: l.timing, Judge: tallied{judgeOf(b.verifier), b.meters}, Journal: b.teller, Relay: l.door,
			Signal: l.signal, Moment: b.clock.Now, Log: b.log,
			Inputs: l.hears(w), Airlock: airlocks[l.airlock],
			Before: before, Remember: b.remember(l.Name), Alarm: b.doorAlarm(l.Name), Opened: b.meters.moved(l.Name),
		})
	}
}

// heldLockdown names what is kept of a lane's lockdown.
func heldLockdown(lane string) string { return "lockdown/" + lane }

// lockedUntil is the end of a lockdown from before this start, unix seconds.
func (b *box) lockedUntil(lane string) int64 {
	body, _ := b.store.Held(heldLockdown(lane))
	until, _ := strconv.ParseInt(string(body), 10, 64) // nothing, or damaged: none
	return until
}

// remember keeps the end of a lockdown with the next commit, which is that of its
// record.
func (b *box) remember(lane string) func(int64) {
	return func(until int64) {
		b.store.Carry(document.Held{Name: heldLockdown(lane), Body: strconv.AppendInt(nil, until, 10)})
	}
}

// seenIn is how far back the records are looked through for what a contact said.
const seenIn = 1000

// lastSeen is what each lane's contact said last before this start, from the
// records. Whoever was admitted in an earlier start and whose door was then seen
// to open has been through.
func (b *box) lastSeen() map[string]gate.DoorMemory {
	seen := map[string]gate.DoorMemory{}
	_, size := b.store.Log()
	entries, err := b.store.List(context.Background(), size-min(size, seenIn), size)
	if err != nil {
		b.log.Warn("what the doors did before the start is not known", "err", err)
	}
	for _, e := range entries {
		l, err := record.ParseLeaf(e.Leaf)
		if err != nil {
			continue // of a newer version
		}
		m := seen[l.Lane]
		found, known := gate.Found(l.Detail)
		switch open := true; {
		case gate.Event(l.Event) == gate.DoorOpened, gate.Event(l.Event) == gate.DoorForced:
			m.Open, m.Opened = &open, gate.Moment{Time: time.UnixMilli(l.TimeMS), Start: l.Boot, Up: math.MaxInt64}
		case gate.Event(l.Event) == gate.DoorShut:
			open = false
			m.Open = &open
		case gate.Event(l.Event) == gate.DoorFound && known:
			m.Open = &found
		case l.Kind == string(gate.KindAccess) && l.Verdict == string(gate.Open):
			m.Opened = gate.Moment{}
		}
		seen[l.Lane] = m
	}
	return seen
}

// doorWords are what the alarms of a door say.
var doorWords = map[gate.Event]gate.Text{
	gate.DoorForced: {
		ZH: "无人获准进出，门却被打开：谁都可能进来了。请看门口是谁，关上门，并检查锁和门磁。",
		EN: "the door was opened although nobody had been let in or out, and anybody may be inside: look who is there, shut it, and look at lock and contact.",
	},
	gate.HeldOpen: {
		ZH: "门开得太久，谁都能进：请关上，并看是什么挡着它。",
		EN: "the door has been open for too long, and lets anybody in: shut it, and look at what keeps it open.",
	},
}

// doorAlarm raises and clears the alarms of a lane's door. It is called by the
// loop that owns the door.
func (b *box) doorAlarm(lane string) func(gate.Event) {
	var raised gate.Text
	return func(e gate.Event) {
		if raised != (gate.Text{}) {
			b.alarms.clear(raised)
			raised = gate.Text{}
		}
		if e == gate.DoorForced || e == gate.HeldOpen {
			b.meters.doors.Add(1, lane, string(e))
		}
		if words, ok := doorWords[e]; ok {
			raised = ofLane(lane, words)
			b.alarms.raise(raised)
		}
	}
}

// wires are what one lane's door hears.
type wires struct{ contact, exit, fire *door.Input }

// hears is the inputs of the lane's door; nil if nothing is wired.
func (l *lane) hears(w *boxWires) gate.Inputs {
	if l.contact == nil && l.exit == nil && w.fire == nil {
		return nil
	}
	return wires{l.contact, l.exit, w.fire}
}

// Read is what the wires say now. The contact is made while the door is shut.
func (w wires) Read() (gate.Levels, error) {
	made, err1 := w.contact.Active()
	exit, err2 := w.exit.Active()
	fire, err3 := w.fire.Active()
	return gate.Levels{Open: w.contact != nil && !made, Exit: exit, Fire: fire}, errors.Join(err1, err2, err3)
}
