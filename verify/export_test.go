package verify

import (
	"time"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/revocation"
)

// What the tests must reach into.

// MostAttempts is how many passes may be watched for too many attempts.
const MostAttempts = mostAttempts

// Begin judges as far as no memory is needed; what it returns does the rest. It
// is one lane that is overtaken by another.
func (v *Verifier) Begin(s gate.Scan, l gate.Lane) (finish func() gate.Decision) {
	j := &judgement{box: v.box, world: v.world.Load(), at: v.clock(), lane: l, source: s.Source}
	j.begin(s.Code, &v.mem)
	return func() gate.Decision {
		j.finish(&v.mem)
		return j.decision()
	}
}

// Refuse counts a refusal at that boot time.
func (v *Verifier) Refuse(id gate.PassID, up time.Duration) {
	v.mem.refused(id, gate.Moment{Up: up})
}

// Paused says whether the pass is shut out at that boot time.
func (v *Verifier) Paused(id gate.PassID, up time.Duration) bool {
	return v.mem.paused(id, gate.Moment{Up: up})
}

// Waiting is d with a delta of that many bytes that waits for what leads to it.
func Waiting(d *Documents, size int) *Documents {
	next := d.clone()
	const far = 1 << 50
	next.coming.deltas = with(next.coming.deltas, far, revocation.Delta{From: far - 1, To: far, Raw: make([]byte, size)})
	return next
}

// Waits is how many deltas wait for what leads to them.
func (d *Documents) Waits() int { return len(d.coming.deltas) }

// WrittenAnew says whether one more delta of that size makes a chain of so many
// deltas and bytes, behind a whole state of that size, give way to a whole state.
func WrittenAnew(size, deltas, bytes, one int) bool {
	k := kept{size: size, deltas: deltas, bytes: bytes}
	k.add(revocation.Delta{Raw: make([]byte, one)})
	return k.whole
}

// Written is what is written of a whole state of one slice of that size, where
// one of so many lay before.
func Written(size, before int) (all []document.Held) {
	k := kept{base: heldHead{Parts: before}, slices: [][]byte{make([]byte, size)}}
	k.write(&revocation.State{}, func(h document.Held) { all = append(all, h) })
	return all
}

// Next is the delta that leads on from seq, of those that wait.
func Next(seq int64, waiting ...revocation.Delta) (d revocation.Delta, ok bool) {
	c := coming{deltas: map[int64]revocation.Delta{}}
	for _, d := range waiting {
		c.deltas[d.To] = d
	}
	return c.from(seq)
}

// Watched is how many passes are watched.
func (v *Verifier) Watched() int { return len(v.mem.tries) }
