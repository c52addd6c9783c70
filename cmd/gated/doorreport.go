package main

import (
	"fmt"
	"io"
	"time"

	"gated/gate"
)

// doorReport is what `gated door test --json` prints.
type doorReport struct {
	Lane     string        `json:"lane"`
	Fine     bool          `json:"fine"`
	Verdict  string        `json:"verdict"` // open or refused
	Reason   string        `json:"reason"`
	Contact  bool          `json:"contact"`      // one is wired
	Before   string        `json:"before"`       // open or shut, by the contact before the test; empty: none
	RelayOn  *int64        `json:"relay_on_ms"`  // after the order, its record included; null: not seen, as in the next four
	Pulse    *int64        `json:"relay_for_ms"` // that it was on
	Opened   *int64        `json:"opened_ms"`    // after the relay; 50 ms of debouncing are in it
	Relocked *int64        `json:"relocked_ms"`  // from the contact's opening to the relay's end; negative: it had ended before
	Shut     *int64        `json:"shut_ms"`      // after it opened
	Findings []testFinding `json:"findings"`
}

// testFinding is one thing that a test has seen, in words.
type testFinding struct {
	Name string `json:"name"` // stable
	OK   bool   `json:"ok"`
	Say  string `json:"say"` // what it is, and what to do if it is not normal
}

// between is the time from a to b in milliseconds; nil if either was not seen.
func between(a, b time.Time) *int64 {
	if a.IsZero() || b.IsZero() {
		return nil
	}
	ms := b.Sub(a).Milliseconds()
	return &ms
}

// report is what came of the trial, in one language.
func (t *trial) report(lang gate.Language) doorReport {
	r := doorReport{
		Lane: t.lane, Verdict: t.answer.Verdict, Reason: t.answer.Reason, Contact: t.line(t.before, "contact") != nil, Findings: []testFinding{},
		RelayOn: between(t.before.At, t.relayOn), Pulse: between(t.relayOn, t.relayOff),
		Opened: between(t.relayOn, t.opened), Relocked: between(t.opened, t.relayOff), Shut: between(t.opened, t.shut),
	}
	if r.Contact {
		r.Before = pick(t.wasOpen(), "open", "shut")
	}
	r.Fine = true
	say := func(name string, ok bool, args ...any) {
		r.Findings = append(r.Findings, testFinding{name, ok, fmt.Sprintf(doorWordsFor[name].In(lang), args...)})
		r.Fine = r.Fine && ok
	}
	if t.answer.Verdict != string(gate.Open) {
		say("refused", false, verdictWords(gate.Reason(t.answer.Reason), lang))
		return r
	}
	t.judgeRelay(say)
	if !t.relayOn.IsZero() {
		t.judgeContact(say)
	}
	return r
}

// judgeRelay says what the relay did.
func (t *trial) judgeRelay(say func(name string, ok bool, args ...any)) {
	on, lasted := t.relayOn.Sub(t.before.At), t.relayOff.Sub(t.relayOn)
	switch {
	case t.relayOn.IsZero() && t.door.Step && t.wasOpen():
		say("step-open", false)
	case t.relayOn.IsZero():
		say("relay-never", false)
	case t.relayOff.IsZero():
		say("relay-stays", false)
	case on > relayNormal:
		say("relay-late", false, round(on))
	case t.opened.IsZero() && (lasted-t.door.Pulse).Abs() > pulseNormal:
		say("relay-pulse", false, round(lasted), t.door.Pulse)
	default:
		say("relay", true, round(on), round(lasted))
	}
}

// judgeContact says what the contact did, and the relay when it opened.
func (t *trial) judgeContact(say func(name string, ok bool, args ...any)) {
	contact := t.line(t.before, "contact")
	switch {
	case contact == nil:
		say("no-contact", true)
		return
	case t.wasOpen() && !t.shut.IsZero():
		say("inverted", false, contact.Line, contact.Level)
	case t.wasOpen():
		say("was-open", false, contact.Line, contact.Level)
	case t.opened.IsZero():
		say("never-opened", false, contact.Line)
	default:
		say("opened", true, round(t.opened.Sub(t.relayOn)))
		if t.door.Mode == gate.Hold {
			late := t.relayOff.Sub(t.opened)
			say(pick(late > relockNormal, "not-relocked", "relocked"), late <= relockNormal, round(max(0, late)))
		}
		if t.shut.IsZero() {
			say("never-shut", false, t.wait, contact.Line)
		} else {
			say("shut", true, round(t.shut.Sub(t.opened)))
		}
	}
	if edges, yes := t.rattles(); yes {
		say("rattles", false, edges, contact.Line)
	}
}

// round is a duration as a person wants to read it.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}

// print is the report for a person.
func (r doorReport) print(w io.Writer) {
	for _, f := range r.Findings {
		printWrapped(w, pick(f.OK, "ok    ", "FAIL  "), f.Say)
	}
}
