package verify

import (
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/used"
)

// What is believed of one neighbour (PROTOCOL 4): a gate whose key was stolen can
// refuse no more riders than this.
const (
	mostHeard    = 10_000 // notes of one gate that have not ended
	heardASecond = 20     // new notes of one gate
)

// neighbour is what the box has heard of one other gate of its site. Its time is
// the boot clock's.
type neighbour struct {
	live  map[heard]int64 // until when each counts
	room  float64         // how many more may come at once
	at    time.Duration   // when room was counted
	swept int64           // when the ended ones were last dropped for want of room
}

// heard is one use, so that the same note counts once, however often a broker
// sends it.
type heard struct {
	pass      gate.PassID
	direction gate.Direction
	shownAt   uint32
}

// Heard takes in a used note of a neighbour: what was used there is used here
// from the next scan on. The use, if there is one, is what is to be kept with the
// next commit. An error says why nothing has changed: it wraps
// document.ErrMalformed, document.ErrUnsigned, ErrRefused, or ErrKnown for a note
// of our own or one that was heard before. An alarm may come beside it.
func (v *Verifier) Heard(raw []byte) (use *gate.Use, alarm gate.Text, err error) {
	doc, err := document.Parse(raw)
	if err != nil {
		return nil, alarm, err
	}
	j, err := used.Parse(doc)
	if err != nil {
		return nil, alarm, err
	}
	site, at := v.world.Load().docs.Site, v.clock()
	switch {
	case j.Site != v.box.Site || site == nil:
		return nil, alarm, fmt.Errorf("%w: the note is of site %d", ErrRefused, j.Site)
	case j.Gate == v.box.ID:
		return nil, alarm, fmt.Errorf("the note is our own: %w", ErrKnown)
	}
	g, _ := site.Gate(j.Gate)
	if len(doc.SignedBy(g.Key)) == 0 {
		return nil, alarm, fmt.Errorf("%s of gate %q: %w", doc.Type, j.Gate, document.ErrUnsigned)
	}
	now := at.Time.Unix()
	switch {
	case int64(j.ShownAt) > now+used.Ahead, j.Until > now+used.Longest:
		return nil, alarm, fmt.Errorf("%w: its time is too far ahead", ErrRefused)
	case j.Until < now:
		return nil, alarm, fmt.Errorf("%w: it has ended: %w", ErrRefused, ErrOld)
	}
	return v.mem.hear(j, at)
}

// Tell is what the neighbours are to hear of a use that an admission has just
// left behind. It is false if there is no other gate at the site, or if the box
// does not know the time: what it remembers then is a guess (PROTOCOL 1.2).
func (v *Verifier) Tell(u gate.Use) (j used.JSON, ok bool) {
	site := v.world.Load().docs.Site
	if site == nil || u.Last.State != gate.ClockSynced && u.Last.State != gate.ClockRTC {
		return j, false
	}
	for _, g := range site.Gates {
		ok = ok || g.ID != v.box.ID
	}
	j = used.JSON{
		Site: v.box.Site, Gate: v.box.ID, Kid: u.Pass.Kid, Serial: u.Pass.Serial, Direction: gate.In, ShownAt: u.ShownAt,
		Until: min(u.Until-forgetMargin, u.Last.Time.Unix()+used.TellFor),
	}
	if u.Left != 0 {
		j.Direction = gate.Out
	}
	return j, ok
}

// hear counts a note that is true, as far as its gate may tell more.
func (m *memory) hear(j used.JSON, at gate.Moment) (use *gate.Use, alarm gate.Text, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.told[j.Gate]
	if n == nil {
		n = &neighbour{live: make(map[heard]int64), room: heardASecond, at: at.Up}
		m.told[j.Gate] = n
	}
	h := heard{j.Pass(), j.Direction, j.ShownAt}
	if _, known := n.live[h]; known {
		return nil, alarm, fmt.Errorf("a note of gate %q: %w", j.Gate, ErrKnown)
	}
	if !n.mayTell(at) {
		alarm = gate.Say("门 %s 通报的已用通行证比一扇门能放行的还多：每秒超过 %d 条、同时超过 %d 条的部分，本门不予理会。请检查那扇门；若其密钥被盗，请中心换登一把。",
			"Gate %s tells of more used passes than a gate can have admitted: what is above %d a second, or %d at a time, is ignored here. "+
				"Look at that gate; if its key was stolen, list another one.", j.Gate, heardASecond, mostHeard)
		return nil, alarm, fmt.Errorf("%w: too many notes of gate %q", ErrRefused, j.Gate)
	}
	n.live[h] = j.Until
	before := m.uses[h.pass]
	u := before.heardOf(j, max(1, at.Time.Unix()))
	if u == before {
		return nil, alarm, nil
	}
	m.uses[h.pass] = u
	return &u.Use, alarm, nil
}

// mayTell says whether one more note counts, and counts it.
func (n *neighbour) mayTell(at gate.Moment) bool {
	n.room = min(heardASecond, n.room+heardASecond*(at.Up-n.at).Seconds())
	n.at = at.Up
	if now := at.Time.Unix(); len(n.live) >= mostHeard && now != n.swept {
		n.swept = now
		n.forget(now)
	}
	if n.room < 1 || len(n.live) >= mostHeard {
		return false
	}
	n.room--
	return true
}

// forget drops the notes that ended before that time.
func (n *neighbour) forget(before int64) {
	for h, until := range n.live {
		if until < before {
			delete(n.live, h)
		}
	}
}

// heardOf is the use with what a neighbour tells. It gives no second chance here
// and takes none away, and a note that comes late takes nothing back.
func (u memo) heardOf(j used.JSON, now int64) memo {
	moved := j.ShownAt > u.ShownAt // a bound pass: another admission
	switch {
	case j.Direction == gate.In && moved:
		u.Entered, u.Left = now, 0
	case j.Direction == gate.In && u.Entered == 0:
		u.Entered = now
	case j.Direction == gate.Out && (moved || u.Left == 0):
		u.Left = now
	}
	u.Pass, u.ShownAt = j.Pass(), max(u.ShownAt, j.ShownAt)
	u.Until = max(u.Until, j.Until+forgetMargin)
	return u
}
