package main

import (
	"log/slog"
	"slices"
	"sync"

	"gated/gate"
)

// mostAlarms bounds what a hostile broker can make the box remember.
const mostAlarms = 32

// alarms is the set of what somebody must read: what happened, what it means for
// the gate, what to do. Each is logged and recorded once, in English, when it is
// first raised.
type alarms struct {
	record func(gate.Record)
	moment func() gate.Moment
	log    *slog.Logger

	mu     sync.Mutex
	raised []gate.Text
}

// raise adds an alarm. Raising it again does nothing.
func (a *alarms) raise(t gate.Text) {
	a.mu.Lock()
	known := slices.Contains(a.raised, t) || len(a.raised) >= mostAlarms
	if !known {
		a.raised = append(a.raised, t)
	}
	a.mu.Unlock()
	if known {
		return
	}
	a.log.Warn("alarm", "what", t.EN)
	a.record(gate.Record{Kind: gate.KindSystem, At: a.moment(), Event: gate.Alarm, Detail: t.EN})
}

// clear takes an alarm back: what it said has ended.
func (a *alarms) clear(t gate.Text) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.raised = slices.DeleteFunc(a.raised, func(s gate.Text) bool { return s == t })
}

// list is what is raised now, oldest first.
func (a *alarms) list() []gate.Text {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.raised)
}

// in is alarms in one language; never nil.
func in(lang gate.Language, texts []gate.Text) []string {
	all := []string{}
	for _, t := range texts {
		all = append(all, t.In(lang))
	}
	return all
}
