package verifytest

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
)

// Target is a box under attack: up to date with its world, its clock kept, a
// minute after everything was issued.
type Target struct {
	*World
	Docs *verify.Documents
	At   gate.Moment
}

// NewTarget makes a world and a box in it.
func NewTarget(tb testing.TB) *Target {
	tb.Helper()
	t := &Target{World: New(tb), At: gate.Moment{Time: time.Unix(Begin+60, 0), State: gate.ClockSynced, Boot: "boot", Start: 1}}
	t.Docs = t.Deliver(&verify.Documents{}, t.At)
	return t
}

// Take demands that a true document is taken, without an alarm.
func (t *Target) Take(tb testing.TB, raw []byte) {
	tb.Helper()
	o, err := t.Docs.Accept(raw, t.Roots, t.Box, t.At)
	if err != nil || o.Alarm.EN != "" {
		tb.Fatalf("not taken: %v, alarm %q\n%.300s", err, o.Alarm, raw)
	}
	t.Docs = o.Next
}

// Withstand demands that a document is refused, that nothing that is enforced or
// kept has changed, and that the alarm was raised, or was not.
func (t *Target) Withstand(tb testing.TB, raw []byte, alarm bool) {
	tb.Helper()
	before := t.Docs
	o, err := t.Docs.Accept(raw, t.Roots, t.Box, t.At)
	if err == nil {
		tb.Fatalf("taken: %.300s", raw)
	}
	d := o.Next
	if d.Trust != before.Trust || d.Site != before.Site || d.State != before.State || d.Heartbeat != before.Heartbeat || d.Proof != before.Proof || o.Keep != nil || o.Raise != 0 {
		tb.Fatalf("refused, and yet something has changed: %v\n%.300s", err, raw)
	}
	if (o.Alarm.EN != "") != alarm {
		tb.Fatalf("alarm %q, and one is due: %t; refused because %v", o.Alarm, alarm, err)
	}
	t.Docs = d
}

// Age is that of the list now, in seconds.
func (t *Target) Age() int64 {
	age, _ := t.Docs.Fresh(t.At)
	return age
}

// Later lets time pass.
func (t *Target) Later(d time.Duration) { t.At.Time, t.At.Up = t.At.Time.Add(d), t.At.Up+d }

// Verifier judges codes at a lane in, by what the box holds now.
func (t *Target) Verifier() func(code string) gate.Decision {
	v := verify.New(t.Box, func() gate.Moment { return t.At })
	v.Enforce(t.Docs)
	return func(code string) gate.Decision {
		return v.Judge(gate.Scan{Code: code, Source: gate.FromScanner}, gate.Lane{Name: "in", Direction: gate.In}, gate.DoorState{})
	}
}
