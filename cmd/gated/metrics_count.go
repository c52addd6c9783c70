package main

import (
	"time"

	"gated/gate"
	"gated/metrics"
)

// meters are what the daemon counts while it runs, for /metrics. Safe for
// concurrent use.
type meters struct {
	decisions metrics.Counts // lane, source, verdict, reason
	doors     metrics.Counts // lane, event
	opened    *metrics.Times // lane
	synced    *metrics.Times
}

func newMeters() *meters {
	return &meters{
		opened: metrics.NewTimes(.002, .005, .01, .02, .05, .1, .15, .25, .5, 1, 2),
		synced: metrics.NewTimes(.001, .002, .005, .01, .02, .05, .1, .15, .25, .5, 1, 2, 5),
	}
}

// know makes a lane's series appear before anything has happened there: what is
// not there cannot be told from what is 0.
func (m *meters) know(lane string) {
	m.opened.Show(lane)
	for _, e := range []gate.Event{gate.DoorForced, gate.HeldOpen} {
		m.doors.Add(0, lane, string(e))
	}
}

// decided counts one answer. Every word of it is one of ours or of the
// configuration.
func (m *meters) decided(lane string, s gate.Source, v gate.Verdict, r gate.Reason) {
	m.decisions.Add(1, lane, string(s), string(v), string(r))
}

// tallied counts the scans that a judge decides on.
type tallied struct {
	judge gate.Judge
	*meters
}

// Judge is the judge's.
func (j tallied) Judge(s gate.Scan, l gate.Lane, d gate.DoorState) gate.Decision {
	decision := j.judge.Judge(s, l, d)
	j.decided(l.Name, s.Source, decision.Verdict, decision.Reason)
	return decision
}

// moved takes in that a rider's door began to open so long after his code.
func (m *meters) moved(lane string) func(gate.Source, time.Duration) {
	return func(s gate.Source, took time.Duration) {
		if s == gate.FromScanner {
			m.opened.Observe(took, lane)
		}
	}
}
