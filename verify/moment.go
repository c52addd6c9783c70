package verify

import (
	"gated/gate"
	"gated/verify/pass"
)

// The checks of PROTOCOL 1.4 from the clock to the code's own time.

// floorReach is how much later than the floor a pass may begin, in seconds, on a
// box without a clock: it may have been off for that long (DESIGN 4).
const floorReach = 7 * 86400

// timed says whether the box knows the time, and not only one that has passed.
func (j *judgement) timed() bool {
	return j.at.State == gate.ClockSynced || j.at.State == gate.ClockRTC
}

// skew is by how many seconds the box's clock, and the phone's beside it, may be
// off.
func (j *judgement) skew() int64 { return Skew(j.at.State) }

// clockKnown refuses a box without any idea of the time, unless its site prefers
// to admit. A state that we do not know is none.
func (j *judgement) clockKnown() gate.Reason {
	if !j.timed() && j.at.State != gate.ClockFloor && j.world.rules.ClockUnknown != "allow" {
		return gate.ClockUnknown
	}
	return ""
}

// notBefore allows, on a box that has nothing but the time of its build, any
// beginning: its site has said so.
func (j *judgement) notBefore() gate.Reason {
	latest := j.now + j.skew()
	switch {
	case j.at.State == gate.ClockFloor:
		latest = j.now + floorReach
	case !j.timed():
		return ""
	}
	if int64(j.pass.NotBefore) > latest {
		return gate.NotYetValid
	}
	return ""
}

func (j *judgement) notEnded() gate.Reason {
	if j.now >= j.pass.End()+j.skew() {
		return gate.Expired
	}
	return ""
}

func (j *judgement) site() gate.Reason {
	if j.pass.Site != j.box.Site && j.pass.Site != pass.EverySite {
		return gate.WrongSite
	}
	return ""
}

// direction refuses only if the pass and the lane both name one and differ.
func (j *judgement) direction() gate.Reason {
	in, out := j.lane.Direction == gate.In, j.lane.Direction == gate.Out
	if in && j.pass.Direction == pass.Out || out && j.pass.Direction == pass.In {
		return gate.WrongDirection
	}
	return ""
}

// holderSignature tries this gate's tag, and then 0, which a phone signs that
// does not know the gate. What a platform presents was signed for this gate, or
// it counts nowhere.
func (j *judgement) holderSignature() gate.Reason {
	if !j.bound() {
		return ""
	}
	tag := j.world.tag
	if tag != 0 && j.pass.HolderSigned(j.box.Site, tag) {
		return ""
	}
	if j.source != gate.FromPresent && j.pass.HolderSigned(j.box.Site, 0) {
		return ""
	}
	return gate.BadHolderSignature
}

// shownAt keeps a code within its window. A box that knows only a floor asks
// that the code was drawn after it, and within the credential's life.
func (j *judgement) shownAt() gate.Reason {
	if !j.bound() {
		return ""
	}
	shown := int64(j.pass.ShownAt)
	oldest, newest := j.now-j.pass.WindowSeconds()-j.skew(), j.now+j.skew()
	if !j.timed() {
		oldest, newest = max(j.now-j.skew(), int64(j.pass.NotBefore)), j.pass.End()-1
	}
	switch {
	case shown < oldest:
		return gate.StaleCode
	case shown > newest:
		return gate.FutureCode
	}
	j.proven = true
	return ""
}
