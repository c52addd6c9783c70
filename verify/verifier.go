package verify

import (
	"sync"
	"sync/atomic"

	"gated/gate"
	"gated/verify/trust"
)

// Verifier judges codes by the documents in force. It is safe for concurrent
// use: documents change behind an atomic pointer, uses behind one mutex that is
// never held while a signature is checked.
type Verifier struct {
	box    Box
	clock  func() gate.Moment
	change sync.Mutex // held while world is replaced
	world  atomic.Pointer[index]
	mem    memory
}

var _ gate.Judge = (*Verifier)(nil)

// New makes a verifier that holds no documents, and so is not ready, and
// remembers no uses. Clock gives one reading of all clocks and is called once a
// scan. New starts nothing.
func New(box Box, clock func() gate.Moment) *Verifier {
	v := &Verifier{box: box, clock: clock, mem: newMemory()}
	v.world.Store(&index{docs: &Documents{}, rules: trust.DefaultRules()})
	return v
}

// Enforce puts d into force from the next scan on. Whoever calls it has d on
// disk.
func (v *Verifier) Enforce(d *Documents) {
	v.change.Lock()
	defer v.change.Unlock()
	v.world.Store(newIndex(d, v.box, v.world.Load()))
	if d.Heartbeat != nil {
		v.mem.forgetSometimes(d.Heartbeat.IssuedAt) // the floor is never below it
	}
}

// Remember takes up the uses that the store kept, at start, before the first
// scan.
func (v *Verifier) Remember(uses []gate.Use) { v.mem.remember(uses) }

// Forget drops uses of passes that ended before floor, in unix seconds: the time
// that has certainly passed (DESIGN 4), never the wall clock's. It is to be
// called with the store's own Forget, every few minutes; the memory is bounded
// by it.
func (v *Verifier) Forget(floor int64) { v.mem.forget(floor) }

// Judge judges one scan. An opening has consumed its use in memory when Judge
// returns, so of two lanes that are shown one code at the same instant only one
// opens. The use is in the decision, to be kept with its record.
func (v *Verifier) Judge(s gate.Scan, l gate.Lane, d gate.DoorState) gate.Decision {
	world, at := v.world.Load(), v.clock()
	if v.mem.repeats(s.Code, l.Name, at) {
		return world.decision(gate.Repeat, at)
	}
	j := &judgement{box: v.box, world: world, at: at, lane: l, door: d, source: s.Source}
	j.begin(s.Code, &v.mem)
	j.finish(&v.mem)
	return j.decision()
}

// Explain judges code as Judge would at that moment, with each step and what it
// was decided on. It consumes nothing, and knows neither the door nor what lies
// on the glass.
func (v *Verifier) Explain(code string, l gate.Lane, at gate.Moment) gate.Decision {
	j := &judgement{box: v.box, world: v.world.Load(), at: at, lane: l, explain: true}
	j.begin(code, &v.mem)
	j.finish(&v.mem)
	return j.decision()
}
