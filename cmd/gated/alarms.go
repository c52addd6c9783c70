package main

import (
	"log/slog"
	"slices"
	"sync"

	"gated/gate"
)

// mostAlarms bounds what a hostile broker can make the box remember.
const mostAlarms = 32

// alarms is the set of sentences that somebody must read. Each is logged and
// recorded once, when it is first raised.
type alarms struct {
	record func(gate.Record)
	moment func() gate.Moment
	log    *slog.Logger

	mu     sync.Mutex
	raised []string
}

// raise adds a sentence. Raising it again does nothing.
func (a *alarms) raise(sentence string) {
	a.mu.Lock()
	known := slices.Contains(a.raised, sentence) || len(a.raised) >= mostAlarms
	if !known {
		a.raised = append(a.raised, sentence)
	}
	a.mu.Unlock()
	if known {
		return
	}
	a.log.Warn("alarm", "what", sentence)
	a.record(gate.Record{Kind: gate.KindSystem, At: a.moment(), Event: gate.Alarm, Detail: sentence})
}

// clear takes a sentence back: what it said has ended.
func (a *alarms) clear(sentence string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.raised = slices.DeleteFunc(a.raised, func(s string) bool { return s == sentence })
}

// list is what is raised now, oldest first.
func (a *alarms) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.raised)
}
