package verify

import (
	"hash/maphash"
	"time"

	"gated/gate"
)

// repeatFor is how long after it was last seen a code is the same one, still
// lying on the glass (PROTOCOL section 5).
const repeatFor = 3 * time.Second

// glass is what a lane's scanner saw last: hashes of codes, never codes. It has
// room for more codes than a scanner reads in 3 s.
type glass struct {
	seen [16]sight
	next int
}

// sight is one code that was seen. Its time is the boot clock's, which nobody
// sets.
type sight struct {
	code uint64
	at   time.Duration
	used bool
}

// repeats notes that a code was seen at a lane, and says whether it was within
// the last 3 s. The time runs from the last sight, not from the first: a phone
// that stays on the glass is judged once, however long it stays.
func (m *memory) repeats(code, lane string, at gate.Moment) bool {
	hash := maphash.String(m.seed, code)
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.glasses[lane]
	if g == nil {
		g = &glass{}
		m.glasses[lane] = g
	}
	for i := range g.seen {
		s := &g.seen[i]
		if s.used && s.code == hash {
			repeat := at.Up-s.at < repeatFor
			s.at = at.Up
			return repeat
		}
	}
	g.seen[g.next] = sight{code: hash, at: at.Up, used: true}
	g.next = (g.next + 1) % len(g.seen)
	return false
}
