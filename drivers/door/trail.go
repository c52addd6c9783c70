package door

import (
	"sync"
	"time"
)

const (
	// trailKept is how many changes of a line are remembered: more than a wire can
	// show in a second when it is read every 10 ms.
	trailKept = 128

	// trailTold is how many of them are told to whoever looks.
	trailTold = 16
)

// Change is one change of a line, at the reading that found it.
type Change struct {
	At time.Time
	On bool
}

// Story is what a line has done lately. It is a copy: the caller owns it.
type Story struct {
	On     bool     // now
	Count  uint64   // changes since the line was opened
	Second int      // of them within the last second
	Last   []Change // the newest 16, the oldest first
}

// trail remembers what a line does. Safe for concurrent use; the zero value has
// seen nothing.
type trail struct {
	mu    sync.Mutex
	begun bool
	on    bool
	count uint64
	kept  [trailKept]Change // the change n, counted from 0, is at n modulo its length
}

// see takes one reading. The first is what was found, and no change.
func (t *trail) see(on bool, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun && t.on != on {
		t.kept[t.count%trailKept] = Change{at, on}
		t.count++
	}
	t.begun, t.on = true, on
}

// story is what was seen up to now.
func (t *trail) story(now time.Time) Story {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Story{On: t.on, Count: t.count}
	for n := t.count - min(t.count, trailKept); n < t.count; n++ {
		c := t.kept[n%trailKept]
		if now.Sub(c.At) < time.Second {
			s.Second++
		}
		if t.count-n <= trailTold {
			s.Last = append(s.Last, c)
		}
	}
	return s
}

// Watched is a relay whose changes are remembered, whoever makes them.
type Watched struct {
	Door
	trail trail
}

// Watch wraps a relay that was just opened, and is off.
func Watch(d Door) *Watched {
	w := &Watched{Door: d}
	w.trail.see(false, time.Now())
	return w
}

// Set switches the relay.
func (w *Watched) Set(on bool) error {
	err := w.Door.Set(on)
	if err == nil {
		w.trail.see(on, time.Now())
	}
	return err
}

// Story is what the relay was made to do.
func (w *Watched) Story() Story { return w.trail.story(time.Now()) }

var _ Door = (*Watched)(nil)
