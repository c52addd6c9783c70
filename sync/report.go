package sync

import (
	stdsync "sync"
	"time"
)

// Report is the line as it is now, for whoever looks for a fault.
type Report struct {
	Online bool
	Since  time.Time // when the present connection was subscribed; zero: there is none
	Error  string    // why the last attempt failed or the last connection ended; empty: it did not
	Heard  Heard     // on the present connection
	Count  uint64    // connections that were subscribed since Run began, the present one included
}

// reporter keeps what Report says. Safe for concurrent use.
type reporter struct {
	mu    stdsync.Mutex
	since time.Time
	err   string
	heard *ears
	count uint64
}

// begin is a new connection, not yet of use.
func (r *reporter) begin(e *ears) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since, r.heard = time.Time{}, e
}

// subscribed is the moment from which on it is.
func (r *reporter) subscribed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since, r.err = time.Now(), ""
	r.count++
}

// end is the end of an attempt.
func (r *reporter) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since, r.err = time.Time{}, err.Error()
}

// Report is safe for concurrent use.
func (s *Sync) Report() Report {
	r := Report{Online: s.Online()}
	s.report.mu.Lock()
	defer s.report.mu.Unlock()
	r.Since, r.Error, r.Count = s.report.since, s.report.err, s.report.count
	if s.report.heard != nil {
		r.Heard = s.report.heard.told()
	}
	return r
}
