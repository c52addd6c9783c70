package verify

import (
	"hash/maphash"
	"sync"
	"time"

	"gated/gate"
	"gated/verify/pass"
)

// The times of PROTOCOL 1.1 and 1.2.
const (
	chanceFor       = 20 * time.Second  // how long a second chance is open
	chanceRestarted = 120 * time.Second // the same if gated was started in between
	mostChances     = 2
	turnAfter       = 30 * time.Second // on a lane both, what comes sooner is the same passage
	floorAhead      = 150              // seconds: in state floor a shown_at is remembered at most as floor + this
	forgetMargin    = 180              // seconds: a clock may be 60 s below the floor and 120 s off
	forgetEvery     = 300              // seconds of signed time between two sweeps by Enforce
)

// memory is what earlier scans have left behind. One mutex guards all of it, and
// is held for map lookups and site rules only.
type memory struct {
	seed maphash.Seed

	mu      sync.Mutex
	uses    map[gate.PassID]memo
	glasses map[string]*glass // by lane
	tries   map[gate.PassID]*attempts
	told    map[string]*neighbour // by gate
	swept   int64                 // up to what time uses were forgotten
}

// memo is one pass's use. The last shown_at is kept beside it as it was, for the
// time in which the use remembers less (floorAhead): the very same code is never
// taken twice.
type memo struct {
	gate.Use
	shown uint32
}

func newMemory() memory {
	return memory{
		seed:    maphash.MakeSeed(),
		uses:    make(map[gate.PassID]memo),
		glasses: make(map[string]*glass),
		tries:   make(map[gate.PassID]*attempts),
		told:    make(map[string]*neighbour),
	}
}

// remember takes up what the store kept.
func (m *memory) remember(uses []gate.Use) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range uses {
		m.uses[u.Pass] = memo{Use: u, shown: u.ShownAt}
	}
}

// forget drops the uses whose Until is before floor.
func (m *memory) forget(floor int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, u := range m.uses {
		if u.Until < floor {
			delete(m.uses, id)
		}
	}
	for _, n := range m.told {
		n.forget(floor)
	}
	m.swept = floor
}

// forgetSometimes is forget, but not with every heartbeat.
func (m *memory) forgetSometimes(floor int64) {
	m.mu.Lock()
	due := floor-m.swept >= forgetEvery || floor < m.swept
	m.mu.Unlock()
	if due {
		m.forget(floor)
	}
}

// standing is where a pass stands before this scan.
type standing struct {
	memo
	way     gate.Direction // In or Out: as what an admission counts here
	same    bool           // a lane both, too soon to be another passage: an admission counts as nothing new
	chance  bool           // it may have a second chance here
	leaving bool           // a lane both, and it has entered: it may leave whatever the time and the rules say
	paused  bool           // too many attempts
}

// look finds out where the pass of j stands. The caller holds mu.
func (m *memory) look(j *judgement) standing {
	id := j.id()
	s := standing{memo: m.uses[id], way: j.lane.Direction, paused: m.paused(id, j.at)}
	since := j.at.Since(s.Last)
	s.chance = s.mayAgain(j, since)
	if s.way == gate.Both {
		s.takeWay(j, since)
	}
	return s
}

// mayAgain says whether the last admission may be repeated: on the same lane,
// soon, and only if nobody is known to have gone through since. Across a restart of
// the machine its clock may have lost or gained, so there the time counts
// either way.
func (s *standing) mayAgain(j *judgement, since time.Duration) bool {
	limit := chanceFor
	if s.Last.Start != j.at.Start {
		since, limit = since.Abs(), chanceRestarted
	}
	return s.Until != 0 && s.Lane == j.lane.Name && s.Again < mostChances && !after(j.door.Opened, s.Last) && since <= limit
}

// after says whether the door was seen to open after the admission at last. Up
// counts within one start only.
func after(opened, last gate.Moment) bool {
	if opened.Start != last.Start {
		return opened.Start > last.Start
	}
	return opened != (gate.Moment{}) && opened.Up >= last.Up
}

// replayed says whether a code drawn then is one that was taken, or older.
func (s *standing) replayed(shownAt uint32) bool {
	return shownAt <= s.ShownAt || shownAt == s.shown
}

// takeWay says whether a lane both is the entrance or the exit for this pass:
// its first admission is the entry, the next one that is not the same passage
// the exit. A clock that lost time in a restart keeps nobody in.
func (s *standing) takeWay(j *judgement, since time.Duration) {
	entered, left := s.Entered != 0, s.Left != 0
	s.same = (entered || left) && since >= 0 && since < turnAfter
	switch {
	case j.pass.Direction == pass.Out, s.same && left, !s.same && entered && !left:
		s.way = gate.Out
	default:
		s.way = gate.In
	}
	s.leaving = entered && s.way == gate.Out && (!left || s.chance) && j.now < j.pass.End()+j.world.rules.ExitGrace
}

// consume changes the use as an admission for that reason leaves it, and says
// whether there is anything to remember. The caller holds mu.
func (m *memory) consume(j *judgement) bool {
	u := j.stand.memo
	if j.reason == gate.ExitLate && j.lane.Direction == gate.Out && j.source != gate.FromPresent && (u.Entered == 0 || u.Left != 0) {
		return false // nothing that an exit could use up
	}
	now := max(1, j.now)
	switch {
	case j.reason == gate.Again, j.reason == gate.ExitLate && j.stand.chance && u.Left != 0:
		u.Again++
	case j.stand.same:
	case j.stand.way == gate.In:
		u.Entered, u.Left, u.Again = now, 0, 0
	default:
		u.Left, u.Again = now, 0
	}
	if j.proven && !j.stand.replayed(j.pass.ShownAt) { // a lane out opens for an old code too
		u.shown = j.pass.ShownAt
		u.ShownAt = max(u.ShownAt, j.rememberShown())
	}
	u.Pass, u.Last, u.Lane = j.id(), j.at, j.lane.Name
	u.Until = j.pass.End() + j.world.rules.ExitGrace + forgetMargin
	m.uses[u.Pass] = u
	j.use = u.Use
	return true
}

// rememberShown is the shown_at that the next code must be later than. While the
// box knows only a floor, a phone's clock that is ahead must not shut its
// credential out once the time is known.
func (j *judgement) rememberShown() uint32 {
	if j.timed() {
		return j.pass.ShownAt
	}
	return uint32(min(int64(j.pass.ShownAt), j.now+floorAhead)) //nolint:gosec // at most a uint32, and no floor is before 1970
}
