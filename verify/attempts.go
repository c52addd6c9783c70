package verify

import (
	"time"

	"gated/gate"
)

// The pause after too many attempts (PROTOCOL section 5), and how many passes
// may be watched for it at once.
const (
	tooMany      = 10
	tooManyIn    = time.Minute
	pause        = 30 * time.Second
	mostAttempts = 4096
)

// attempts are the newest refusals of one pass whose issuer's signature was
// true. Times are the boot clock's: they do not outlive the process.
type attempts struct {
	at    [tooMany]time.Duration // a ring
	n     int                    // refusals counted; the newest is at[(n-1)%tooMany]
	until time.Duration          // end of the pause; 0: there was none
}

// paused says whether the pass is shut out for a while. The caller holds mu.
func (m *memory) paused(id gate.PassID, at gate.Moment) bool {
	a := m.tries[id]
	return a != nil && at.Up < a.until
}

// refused counts one refusal of a pass whose issuer's signature is true, for
// whatever reason. The caller holds mu.
func (m *memory) refused(id gate.PassID, at gate.Moment) {
	a := m.tries[id]
	if a == nil {
		if len(m.tries) >= mostAttempts && !m.dropQuiet(at) {
			return // that many passes with true signatures: their issuer is to be voided, not counted
		}
		a = &attempts{}
		m.tries[id] = a
	}
	a.at[a.n%tooMany] = at.Up
	a.n++
	if oldest := a.at[a.n%tooMany]; a.n >= tooMany && at.Up-oldest < tooManyIn {
		*a = attempts{until: at.Up + pause}
	}
}

// dropQuiet forgets the passes that have had no refusal for a minute and no
// pause, and says whether that made room.
func (m *memory) dropQuiet(at gate.Moment) bool {
	for id, a := range m.tries {
		newest := a.at[(a.n+tooMany-1)%tooMany]
		if at.Up >= a.until && at.Up-newest >= tooManyIn {
			delete(m.tries, id)
		}
	}
	return len(m.tries) < mostAttempts
}
