package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/document"
)

// acts is what others ask of the box over the line, and what neighbours tell it.
type acts struct {
	*box
	lanes []*lane

	unknown time.Time // when a command was last recorded that came while the time was not known
}

// unknownEvery is the least time between two such records: there is nothing in a
// command then that says whether it was sent before.
const unknownEvery = time.Minute

// Command obeys one command of the central server, if it may.
func (a *acts) Command(ctx context.Context, raw []byte) {
	c, reason, err := a.docs.Command(ctx, raw)
	switch {
	case errors.Is(err, document.ErrMalformed), errors.Is(err, document.ErrUnsigned), errors.Is(err, verify.ErrRefused):
		a.log.Info("a command of nobody entitled was dropped", "err", err)
		return
	case err != nil:
		a.log.Error("a command was not obeyed: it could not be kept", "err", err)
		return
	case reason == gate.ClockUnknown && time.Since(a.unknown) < unknownEvery:
		return
	case reason == gate.ClockUnknown:
		a.unknown = time.Now()
	case reason != gate.OK:
		a.log.Warn("a command was not obeyed: nothing acts late or twice", "verb", c.Verb, "id", c.ID, "reason", reason)
		return
	}
	a.order(ctx, gate.Order{Command: c, Source: gate.FromCommand, Refuse: reason})
}

// order hands it to each lane that it is for, all at once: none waits for the
// door of another.
func (a *acts) order(ctx context.Context, o gate.Order) {
	var all sync.WaitGroup
	defer all.Wait()
	found := false
	for _, l := range a.lanes {
		if o.Lane != "" && o.Lane != l.Name {
			continue
		}
		found = true
		all.Go(func() {
			answer, err := l.obey(ctx, o)
			if err != nil {
				a.log.Error("a command was not obeyed", "lane", l.Name, "verb", o.Verb, "id", o.ID, "err", err)
				return
			}
			a.log.Info("command", "lane", l.Name, "verb", o.Verb, "id", o.ID, "verdict", answer.Verdict, "reason", answer.Reason)
		})
	}
	if !found {
		a.log.Warn("a command was refused: this box has no such lane", "lane", o.Lane, "verb", o.Verb, "id", o.ID)
		r := systemRecord(a.clock.Now(), a.docs.now(), gate.Event(o.Verb), "no such lane")
		r.Kind, r.Lane, r.Verdict, r.Reason, r.Source, r.Ref = gate.KindCommand, o.Lane, gate.Refused, gate.Malformed, o.Source, o.ID
		a.store.Commit(r)
	}
}

// presentation is what a platform presents, and verdict the answer (PROTOCOL 4).
type presentation struct {
	ID   string `json:"id"`
	Pass string `json:"pass"`
	Lane string `json:"lane"`
}

type verdict struct {
	ID      string       `json:"id"`
	Verdict gate.Verdict `json:"verdict"`
	Reason  gate.Reason  `json:"reason"`
	Lane    string       `json:"lane"`
}

// longestID is that of a presentation in bytes, as a record's ref holds.
const longestID = 128

// Present judges one presented pass as if it had been held to the scanner of its
// lane, and says what came of it. Nobody is answered who gives no id.
func (a *acts) Present(ctx context.Context, raw []byte) []byte {
	var p presentation
	err := document.Document{Type: "presentation", JSON: raw}.Decode(&p)
	if err != nil || p.ID == "" || len(p.ID) > longestID {
		a.log.Info("a presentation that cannot be read was dropped", "err", err)
		return nil
	}
	v := verdict{ID: p.ID, Lane: p.Lane, Verdict: gate.Refused, Reason: gate.Malformed}
	for _, l := range a.lanes {
		if l.Name != p.Lane {
			continue
		}
		answer, err := l.present(ctx, p.Pass, p.ID)
		if err != nil {
			a.log.Warn("a presented pass was not judged", "lane", l.Name, "id", p.ID, "err", err)
			answer = gate.Answer{Verdict: gate.Refused, Reason: gate.DoorFault}
		}
		v.Verdict, v.Reason = answer.Verdict, answer.Reason
	}
	msg, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("verdict of plain values cannot be written: %v", err))
	}
	return msg
}

// Heard takes in what a neighbour has admitted.
func (a *acts) Heard(_ context.Context, raw []byte) {
	use, alarm, err := a.verifier.Heard(raw)
	if alarm != (gate.Text{}) {
		a.alarms.raise(alarm)
	}
	if err != nil {
		a.log.Debug("a neighbour's note was not taken", "err", err)
	}
	if use != nil {
		a.store.CarryUse(*use)
	}
}

// usedNote is what the neighbours are to hear of a use; nil: nothing.
func (b *box) usedNote(u gate.Use) []byte {
	j, ok := b.verifier.Tell(u)
	if !ok {
		return nil
	}
	note, err := document.Sign(document.Used, j, b.key.signer)
	if err != nil {
		b.log.Error("the neighbours were not told of a use", "err", err)
		return nil
	}
	return note
}

// teller is the journal of the lanes. It passes on what was admitted, for the
// neighbours, and never makes a door wait for that.
type teller struct {
	gate.Journal
	used chan gate.Use
}

// newTeller makes one that remembers a minute of a busy gate while the line is
// away: an older use is news to nobody.
func newTeller(j gate.Journal) teller { return teller{Journal: j, used: make(chan gate.Use, 32)} }

// Commit is the journal's.
func (t teller) Commit(recs ...gate.Record) <-chan gate.Receipt {
	for _, r := range recs {
		// A bearer pass's second chance is no other use.
		if r.Use == nil || r.Verdict != gate.Open || r.Reason == gate.Again && r.Use.ShownAt == 0 {
			continue
		}
		select {
		case t.used <- *r.Use:
		default:
		}
	}
	return t.Journal.Commit(recs...)
}
