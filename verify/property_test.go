package verify_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/verifytest"
)

// model is riders, their passes and a box that is restarted, loses its clock and
// gets its lists: a second, simple opinion on what the gate may do.
type model struct {
	*scene
	passes []*modelPass
	last   *modelPass // whose code was shown last
	void   bool       // the key is
}

// modelPass is one pass with what the model knows of it.
type modelPass struct {
	pass.Header
	code     string            // bearer
	phone    *verifytest.Phone // bound
	entries  int               // openings at lanes in that counted a use
	chances  int               // openings at lanes in that were second chances
	passages int               // openings at the lane both
	touched  bool              // it was ever shown
	drawn    int64             // when the newest code that was let through was drawn
	revoked  bool              // the box knows
	onHold   bool              // the box knows
}

// show is what the rider holds to the scanner now.
func (p *modelPass) show(at time.Time) string {
	if p.phone != nil {
		return p.phone.Show(at, 0)
	}
	return p.code
}

// pick is one of the passes issued so far, often the last again after a moment;
// nil if there is none.
func (m *model) pick(t *rapid.T) *modelPass {
	if len(m.passes) == 0 {
		return nil
	}
	if m.last != nil && rapid.Bool().Draw(t, "same") {
		m.later(4 * time.Second)
		return m.last
	}
	m.last = rapid.SampledFrom(m.passes).Draw(t, "pass")
	return m.last
}

func (m *model) Issue(t *rapid.T) {
	p := &modelPass{Header: m.Header()}
	p.NotBefore = uint32(m.now().Unix() + rapid.Int64Range(-60, 60).Draw(t, "begins"))
	p.TTL = rapid.Uint16Range(6, 90).Draw(t, "ttl")
	p.Direction = rapid.SampledFrom([]pass.Direction{pass.Both, pass.Both, pass.In, pass.Out}).Draw(t, "direction")
	if rapid.Bool().Draw(t, "bound") {
		p.phone = m.Phone(p.Header)
	} else {
		p.Unlimited = rapid.Float64Range(0, 1).Draw(t, "uses") < 0.2
		p.code = m.Bearer(p.Header)
	}
	m.passes = append(m.passes, p)
}

func (m *model) Wait(t *rapid.T) {
	m.later(time.Duration(rapid.Int64Range(0, 60_000).Draw(t, "ms")) * time.Millisecond)
	m.At = max(m.At, m.now().Unix()) // the network is there: the list stays fresh
	m.enforce()
}

func (m *model) SetBack(t *rapid.T) {
	m.clock.Set(m.now().Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "s"))*time.Second), gate.ClockSynced)
}

func (m *model) LoseClock(t *rapid.T) { m.clock.Set(m.now(), gate.ClockFloor) }

func (m *model) FindClock(t *rapid.T) { m.clock.Set(m.now(), gate.ClockSynced) }

func (m *model) Restart(t *rapid.T) { m.restart() }

func (m *model) PowerCut(t *rapid.T) {
	off := time.Duration(rapid.IntRange(0, 300).Draw(t, "s")) * time.Second
	m.reboot(off, rapid.SampledFrom([]gate.ClockState{gate.ClockSynced, gate.ClockRTC, gate.ClockFloor}).Draw(t, "clock"))
}

func (m *model) Door(t *rapid.T) {
	m.door.Opened = gate.Moment{}
	if rapid.Bool().Draw(t, "opened") {
		m.door.Opened = m.clock.Now()
	}
	m.door.Refuse = rapid.SampledFrom([]gate.Reason{"", "", "", "", "", "", gate.DoorFault, gate.NotReady, gate.Lockdown, gate.Interlock}).Draw(t, "refuse")
}

func (m *model) Revoke(t *rapid.T) {
	if p := m.pick(t); p != nil && !p.revoked {
		p.revoked = true
		m.List(revokedPass, p.Serial)
		m.enforce()
	}
}

func (m *model) Hold(t *rapid.T) {
	p := m.pick(t)
	if p == nil {
		return
	}
	change := map[bool]func(revocation.Section, uint32){false: m.List, true: m.Unlist}[p.onHold]
	change(heldPass, p.Serial)
	p.onHold = !p.onHold
	m.enforce()
}

func (m *model) Void(t *rapid.T) {
	if rapid.IntRange(0, 20).Draw(t, "void") == 0 {
		m.void = true
		m.Trust.Keys[0].State = "void"
		m.enforce()
	}
}

func (m *model) ScanIn(t *rapid.T) {
	p := m.pick(t)
	if p == nil {
		return
	}
	must := m.mustOpen(p)
	d := m.scan(p.show(m.now()), in)
	p.touched = true
	switch {
	case d.Verdict == gate.Open && (p.revoked || p.onHold || m.void):
		t.Fatalf("pass %d is listed and was let in: %s", p.Serial, d.Reason)
	case d.Verdict == gate.Open && m.door.Refuse != "":
		t.Fatalf("pass %d was let in by a door that is %s", p.Serial, m.door.Refuse)
	case d.Verdict != gate.Open && must:
		t.Fatalf("pass %d is good and was not let in: %s", p.Serial, d.Reason)
	}
	switch d.Reason {
	case gate.OK:
		p.entries++
		p.chances = 0
	case gate.Again:
		p.chances++
	default: // nothing was used
	}
	m.moves(t, p, d)
	m.count(t, p)
}

// moves says that each code that lets through was drawn later than the last.
func (m *model) moves(t *rapid.T, p *modelPass, d gate.Decision) {
	if p.phone == nil || d.Verdict != gate.Open {
		return
	}
	drawn := m.now().Unix()
	if drawn <= p.drawn {
		t.Fatalf("pass %d was let through twice with codes drawn at %d and %d", p.Serial, p.drawn, drawn)
	}
	p.drawn = drawn
}

// count says how often one pass may open.
func (m *model) count(t *rapid.T, p *modelPass) {
	if p.phone != nil || p.Unlimited {
		return
	}
	if p.chances > 2 {
		t.Fatalf("pass %d had %d second chances", p.Serial, p.chances)
	}
	if p.entries > 1 {
		t.Fatalf("pass %d entered %d times", p.Serial, p.entries)
	}
	if p.passages > 2+4 {
		t.Fatalf("pass %d opened the lane both %d times", p.Serial, p.passages)
	}
}

// mustOpen says that a pass is good beyond doubt: fresh, in its time by a clock
// that is kept, on no list, for this way, and the door can open.
func (m *model) mustOpen(p *modelPass) bool {
	at := m.clock.Now()
	now := at.Time.Unix()
	return at.State == gate.ClockSynced && !p.touched && now >= int64(p.NotBefore) && now < p.End() &&
		!p.revoked && !p.onHold && !m.void && p.Direction != pass.Out && m.door.Refuse == "" && m.At-now < 600
}

func (m *model) ScanOut(t *rapid.T) {
	p := m.pick(t)
	if p == nil {
		return
	}
	m.later(3 * time.Second) // nothing lies on the glass
	d := m.scan(p.show(m.now()), out)
	p.touched = true
	held := m.door.Refuse == gate.Lockdown || m.door.Refuse == gate.Interlock
	if open := d.Verdict == gate.Open; open == held {
		t.Fatalf("pass %d at the way out, door %q: %s", p.Serial, m.door.Refuse, d.Reason)
	}
}

func (m *model) ScanBoth(t *rapid.T) {
	p := m.pick(t)
	if p == nil {
		return
	}
	d := m.scan(p.show(m.now()), both)
	p.touched = true
	if d.Verdict != gate.Open {
		return
	}
	p.passages++
	m.moves(t, p, d)
	if d.Reason != gate.ExitLate && (p.revoked || p.onHold) {
		t.Fatalf("pass %d is listed and was let through: %s", p.Serial, d.Reason)
	}
	if d.Reason == gate.OK && d.Use.Entered != 0 && d.Use.Left == 0 {
		p.entries++
	}
	m.count(t, p)
}

func (m *model) Forged(t *rapid.T) {
	good := m.Key
	m.Key = verifytest.PrivateKey("thief")
	code := m.Bearer(m.Header())
	m.Key = good
	for _, l := range []gate.Lane{in, out, both} {
		if d := m.scan(code, l); d.Verdict == gate.Open || d.Person != nil {
			t.Fatalf("a forged code at lane %s: %s", l.Name, d.Reason)
		}
	}
}

// Check looks at what the store keeps.
func (m *model) Check(t *rapid.T) {
	for id, u := range m.kept {
		if u.Pass != id || u.Again > 2 || u.Until == 0 || u.Entered == 0 && u.Left == 0 {
			t.Fatalf("use %+v of %+v", u, id)
		}
	}
}

func TestNoSequenceOfEventsLetsInWhomItMustNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{scene: newScene(t)}
		m.Issue(rt)
		actions := rapid.StateMachineActions(m)
		for _, more := range []string{"1", "2", "3"} { // a gate is scanned at more often than it is rebooted
			actions["ScanIn"+more], actions["ScanBoth"+more] = m.ScanIn, m.ScanBoth
		}
		rt.Repeat(actions)
	})
}
