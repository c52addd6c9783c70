package verify

import (
	"gated/gate"
	"gated/verify/pass"
	"gated/verify/trust"
)

// judgement is one code on its way through the checks.
type judgement struct {
	// What it is made on.
	box     Box
	world   *index
	at      gate.Moment
	now     int64 // at, in unix seconds
	lane    gate.Lane
	door    gate.DoorState
	source  gate.Source
	explain bool

	// What the checks find out.
	pass   pass.Pass
	err    error // of the code's form
	key    *trust.Key
	signed bool  // the issuer's signature is true
	proven bool  // type 2: the phone's signature is true, and its time is one we take
	age    int64 // of the list, for this pass
	stand  standing
	again  bool        // what would be an admission is a second chance
	noted  gate.Reason // what an admission has to be remarked with; empty: nothing

	// What it comes to.
	refusal  gate.Reason // of the first check that failed; empty: none
	stopped  bool        // nothing further can change it
	reason   gate.Reason
	entrance gate.Reason
	person   gate.Person
	use      gate.Use
	left     bool // use holds what is to be remembered
	steps    []gate.Step
}

// check is one step of the judgement. Ask returns the reason to refuse, or
// nothing; facts says what it was decided on, and is called for Explain alone.
type check struct {
	name  string
	ask   func(*judgement) gate.Reason
	facts func(*judgement) gate.Text
}

// alone are the checks that need the code and the documents only, in the order
// of PROTOCOL 1.4. Two stand there that it does not name. "ready" comes as soon
// as the code is known to be a pass: without the documents there is nothing to
// say about a key, but what is no pass is no pass even so. "attempts" comes as
// soon as it may be said of a pass that it was shown before.
var alone = []check{
	{"form", (*judgement).form, (*judgement).formFacts},
	{"type", (*judgement).kind, (*judgement).kindFacts},
	{"ready", (*judgement).ready, (*judgement).readyFacts},
	{"key known", (*judgement).keyKnown, (*judgement).keyKnownFacts},
	{"key active", (*judgement).keyActive, (*judgement).keyActiveFacts},
	{"issuer signature", (*judgement).issuerSignature, (*judgement).issuerFacts},
	{"attempts", (*judgement).attempts, (*judgement).attemptsFacts},
	{"holder key", (*judgement).holderKey, (*judgement).holderKeyFacts},
	{"key for this site", (*judgement).keySite, (*judgement).keySiteFacts},
	{"key life", (*judgement).keyLife, (*judgement).keyLifeFacts},
	{"longest ttl", (*judgement).longestTTL, (*judgement).longestTTLFacts},
	{"clock known", (*judgement).clockKnown, (*judgement).clockFacts},
	{"not before", (*judgement).notBefore, (*judgement).notBeforeFacts},
	{"not ended", (*judgement).notEnded, (*judgement).notEndedFacts},
	{"site", (*judgement).site, (*judgement).siteFacts},
	{"direction", (*judgement).direction, (*judgement).directionFacts},
	{"holder signature", (*judgement).holderSignature, (*judgement).holderFacts},
	{"shown at", (*judgement).shownAt, (*judgement).shownFacts},
	{"revocation", (*judgement).revocation, (*judgement).revocationFacts},
	{"age of the list", (*judgement).listAge, (*judgement).listAgeFacts},
}

// remembered are the checks that need what earlier scans left behind. They are
// made under the mutex, and in one go with the consumption of the use.
var remembered = []check{
	{"replay and uses", (*judgement).replayAndUses, (*judgement).usesFacts},
	{"site rules", (*judgement).siteRules, (*judgement).rulesFacts},
}

// begin makes the checks that need no memory. It is where the time goes: no lock
// is held while signatures are checked.
func (j *judgement) begin(code string, m *memory) {
	j.now = j.at.Time.Unix()
	j.pass, j.err = pass.Parse(code)
	m.mu.Lock()
	j.stand = m.look(j)
	m.mu.Unlock()
	j.walk(alone)
}

// finish comes to the reason and consumes the use.
func (j *judgement) finish(m *memory) {
	if !j.signed {
		j.reason = j.refusal
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	j.stand = m.look(j) // another lane may have admitted the pass meanwhile
	j.walk(remembered)
	j.settle()
	switch {
	case j.explain:
	case j.reason.Verdict() == gate.Open:
		j.left = m.consume(j)
	case j.reason != gate.TooManyAttempts:
		m.refused(j.id(), j.at)
	}
}

// walk makes the checks until one fails that is not excused.
func (j *judgement) walk(checks []check) {
	for i := range checks {
		if j.stopped {
			return
		}
		c := &checks[i]
		r := c.ask(j)
		if j.explain {
			j.steps = append(j.steps, gate.Step{Check: named(c.name), OK: r == "", Facts: c.facts(j)})
		}
		if r == "" {
			continue
		}
		if j.refusal == "" {
			j.refusal = r
		}
		j.stopped = !j.excused(r)
	}
}

// excused says whether the judgement goes on although a check refused. On a lane
// out, all that matters is whether the issuer's signature is true, so it goes on
// until that is known. On a lane both, a pass that has entered may leave, but
// its code must be as genuine as ever: nobody knows which way he walks. So must
// one that is presented at a lane out: nobody knows that anybody stands there,
// and the broker could keep a code and open the exit from afar, whenever it likes.
func (j *judgement) excused(r gate.Reason) bool {
	presented := j.source == gate.FromPresent
	switch {
	case presented && !j.world.rules.Present:
		return false
	case j.lane.Direction == gate.Out && !presented:
		return !j.signed && (r == gate.NotReady || r == gate.KeyVoid)
	case j.lane.Direction == gate.Out, j.stand.leaving:
		return !genuine(r)
	default:
		return false
	}
}

// genuine says whether r is about the code being genuine, moving and unused,
// which no exit grace excuses.
func genuine(r gate.Reason) bool {
	switch r {
	case gate.Malformed, gate.Unsupported, gate.UnknownKey, gate.BadSignature, gate.WeakKey,
		gate.BadHolderSignature, gate.StaleCode, gate.FutureCode, gate.Replayed, gate.UsedUp:
		return true
	default:
		return false
	}
}

// settle makes the reason of a pass whose issuer's signature is true: out is
// out, and the door has the last word.
func (j *judgement) settle() {
	switch {
	case j.refusal == "" && j.again:
		j.reason = gate.Again
	case j.refusal == "":
		j.reason, j.entrance = gate.OK, j.noted
	case j.mayLeave():
		j.reason, j.entrance = gate.ExitLate, j.refusal
		j.note("out is out", true, j.exitFacts)
	default:
		j.reason = j.refusal
		return
	}
	held := j.held()
	j.note("door", held == "", j.doorFacts)
	if held != "" {
		j.reason, j.entrance = held, ""
	}
}

// mayLeave says whether a pass that an entrance refuses is let out.
func (j *judgement) mayLeave() bool {
	if j.lane.Direction == gate.Out && j.source != gate.FromPresent {
		return true
	}
	return !j.stopped // every check was excused
}

// held is the door's own reason not to open. Nothing but lockdown and interlock
// holds an exit.
func (j *judgement) held() gate.Reason {
	r := j.door.Refuse
	if j.stand.way == gate.Out && r != gate.Lockdown && r != gate.Interlock {
		return ""
	}
	return r
}

// note adds a step for Explain.
func (j *judgement) note(name string, ok bool, facts func() gate.Text) {
	if j.explain {
		j.steps = append(j.steps, gate.Step{Check: named(name), OK: ok, Facts: facts()})
	}
}

// id names the pass.
func (j *judgement) id() gate.PassID { return gate.PassID{Kid: j.pass.Kid, Serial: j.pass.Serial} }

// decision is what the judgement came to, with all that a record says. Person and
// use stay where they are; the code and the documents are let go of, so that a
// decision that somebody keeps does not hold them.
func (j *judgement) decision() gate.Decision {
	d := j.world.decision(j.reason, j.at)
	d.Entrance, d.Steps = j.entrance, j.steps
	d.Marked = d.Marked || j.age > j.world.rules.Stale.Mark
	if j.signed {
		d.Person = &j.person
	}
	if j.left {
		d.Use = &j.use
	}
	if j.reason == gate.EntryProhibited {
		d.Notice = j.world.notice
	}
	j.pass, j.world, j.key = pass.Pass{}, nil, nil
	return d
}

// decision says by what documents, and how fresh, a reason was found.
func (x *index) decision(r gate.Reason, at gate.Moment) gate.Decision {
	d := gate.Decision{Verdict: r.Verdict(), Reason: r, At: at, Fresh: -1, Marked: true}
	if age, ok := x.docs.Fresh(at); ok {
		d.Fresh, d.Marked = age, age > x.rules.Stale.Mark
	}
	if x.docs.Trust != nil {
		d.Trust = uint64(x.docs.Trust.Version) //nolint:gosec // 0…2^53-1 by the document's parser
	}
	if x.docs.State != nil {
		d.Rev = uint64(x.docs.State.Seq) //nolint:gosec // 0…2^53-1 by the document's parser
	}
	return d
}
