package verify_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify"
	"gated/verify/command"
	"gated/verify/document"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// commander publishes with one more authority, for commands at this site alone.
func commander(tb testing.TB) (*publisher, note.Signer) {
	tb.Helper()
	p := newPublisher(tb)
	signer, text := signerOf(tb, "command")
	p.sayTrust(func(j *trust.ListJSON) {
		j.Authorities = append(j.Authorities, trust.AuthorityJSON{
			Name: "command", Key: text, Roles: []trust.Role{trust.RoleCommand}, Sites: []string{"1001"},
		})
	})
	return p, signer
}

// order is a command issued at that moment, which lives for ten seconds.
func order(at time.Time, change ...func(*command.JSON)) command.JSON {
	j := command.JSON{
		Site: verifytest.SiteNumber, Gate: verifytest.GateID, ID: "c-1", Verb: gate.VerbOpen, Lane: "in",
		IssuedMS: at.UnixMilli(), ExpiresMS: at.UnixMilli() + 10_000,
	}
	for _, c := range change {
		c(&j)
	}
	return j
}

// command does what the daemon does with one: keep, then obey.
func (h *holder) command(raw []byte) (verify.Commanded, error) {
	h.tb.Helper()
	c, err := h.docs.Command(raw, h.box, h.now)
	if err == nil && (c.Reason == gate.OK) != (c.Keep != nil) {
		h.tb.Fatalf("%s, and %d to keep", c.Reason, len(c.Keep))
	}
	if c.Reason != gate.OK && c.Next != h.docs {
		h.tb.Fatalf("something changes beside %s, %v", c.Reason, err)
	}
	h.lazy = append(h.lazy, c.Keep...)
	h.flush()
	h.docs = c.Next
	return c, err
}

// wantCommand demands that the command comes to r.
func (h *holder) wantCommand(raw []byte, r gate.Reason) gate.Command {
	h.tb.Helper()
	c, err := h.command(raw)
	if err != nil || c.Reason != r {
		h.tb.Fatalf("got %s, %v; want %s", c.Reason, err, r)
	}
	return c.Command
}

func TestCommandIsObeyedOnce(t *testing.T) {
	p, signer := commander(t)
	h := newHolder(p)
	h.take(p.all()...)
	raw := p.sign(document.Command, order(h.now.Time, func(j *command.JSON) {
		j.Verb, j.Until, j.Reason, j.By = gate.VerbHoldOpen, h.now.Time.Unix()+3600, "fire drill", "desk"
	}), signer)
	want := gate.Command{
		ID: "c-1", Verb: gate.VerbHoldOpen, Lane: "in", Expires: h.now.Time.Add(10 * time.Second).UTC(),
		Until: h.now.Time.Add(time.Hour).UTC(), Reason: "fire drill", By: "desk",
	}
	if got := h.wantCommand(raw, gate.OK); got != want {
		t.Errorf("got %+v", got)
	}
	if got := h.wantCommand(raw, gate.Replayed); got != want {
		t.Errorf("what was refused is %+v", got)
	}
	// Another one of the same millisecond is the same instant; one of the next is not.
	h.wantCommand(p.sign(document.Command, order(h.now.Time, func(j *command.JSON) { j.ID = "c-2" }), signer), gate.Replayed)
	h.wantCommand(p.sign(document.Command, order(h.now.Time.Add(time.Millisecond)), signer), gate.OK)
}

func TestCommandIsNotObeyedAgainAfterACrash(t *testing.T) {
	p, signer := commander(t)
	h := newHolder(p)
	h.take(p.all()...)
	raw := p.sign(document.Command, order(h.now.Time), signer)
	h.wantCommand(raw, gate.OK)
	// Documents that come later carry it on.
	h.later(time.Second)
	h.take(p.sayBeat())
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.wantCommand(raw, gate.Replayed)
}

func TestCommandHasItsTime(t *testing.T) {
	p, signer := commander(t)
	for name, row := range map[string]struct {
		late  time.Duration // of the box, behind the issue
		state gate.ClockState
		want  gate.Reason
	}{
		"5 s before its issue":          {-5 * time.Second, gate.ClockSynced, gate.OK},
		"1 ms earlier than that":        {-5*time.Second - time.Millisecond, gate.ClockSynced, gate.NotYetValid},
		"at its expiry":                 {10 * time.Second, gate.ClockSynced, gate.OK},
		"1 ms after its expiry":         {10*time.Second + time.Millisecond, gate.ClockSynced, gate.Expired},
		"a clock that nobody keeps":     {0, gate.ClockRTC, gate.ClockUnknown},
		"no clock":                      {0, gate.ClockFloor, gate.ClockUnknown},
		"no clock, and no floor either": {0, gate.ClockLost, gate.ClockUnknown},
		"no clock, and far too late":    {time.Hour, gate.ClockFloor, gate.ClockUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHolder(p)
			h.take(p.all()...)
			h.now.State = row.state
			h.wantCommand(p.sign(document.Command, order(h.now.Time.Add(-row.late)), signer), row.want)
		})
	}
}

func TestNewEpochLetsCommandsBeObeyedAgainAfterAClockThatWasAhead(t *testing.T) {
	p, signer := commander(t)
	h := newHolder(p)
	h.take(p.all()...)
	right := h.now
	h.later(365 * 24 * time.Hour)
	h.wantCommand(p.sign(document.Command, order(h.now.Time), signer), gate.OK)
	h.now = right
	h.wantCommand(p.sign(document.Command, order(h.now.Time), signer), gate.Replayed)
	h.take(p.sayTrust(func(j *trust.ListJSON) { j.Epoch, j.IssuedAt = 2, h.now.Time.Unix() }))
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.later(time.Second)
	h.wantCommand(p.sign(document.Command, order(h.now.Time), signer), gate.OK)
}

func TestAttackNewEpochReplaysNoCommand(t *testing.T) {
	p, signer := commander(t)
	h := newHolder(p)
	h.take(p.all()...)
	raw := p.sign(document.Command, order(h.now.Time), signer)
	h.wantCommand(raw, gate.OK)
	h.take(p.sayTrust(func(j *trust.ListJSON) { j.Epoch, j.IssuedAt = 2, h.now.Time.Unix()+1 }))
	h.wantCommand(raw, gate.Replayed)
}

func TestAttackCommand(t *testing.T) {
	p, signer := commander(t)
	h := newHolder(p)
	at := h.now.Time
	elsewhere := func(change func(*command.JSON)) []byte { return p.sign(document.Command, order(at, change), signer) }
	good := p.sign(document.Command, order(at), signer)
	for name, row := range map[string]struct {
		raw  []byte
		want error
	}{
		"before any trust list":       {good, document.ErrUnsigned},
		"signed by the site's key":    {p.sign(document.Command, order(at), p.SiteSigner), document.ErrUnsigned},
		"signed by the root":          {p.sign(document.Command, order(at), p.Root), document.ErrUnsigned},
		"for another gate":            {elsewhere(func(j *command.JSON) { j.Gate = "other" }), verify.ErrRefused},
		"for another site":            {elsewhere(func(j *command.JSON) { j.Site = 1002 }), verify.ErrRefused},
		"alive for 10.001 s":          {elsewhere(func(j *command.JSON) { j.ExpiresMS++ }), document.ErrMalformed},
		"a heartbeat":                 {p.hb, document.ErrMalformed},
		"a list, offered as document": {p.list, document.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHolder(p)
			if name != "before any trust list" {
				h.take(p.all()...)
			}
			if c, err := h.command(row.raw); !errors.Is(err, row.want) || c.Reason != "" {
				t.Errorf("got %q, %v; want %v", c.Reason, err, row.want)
			}
			if _, ok := h.disk["command"]; ok {
				t.Error("it is kept")
			}
		})
	}
	t.Run("offered as a document to keep", func(t *testing.T) {
		h.take(p.all()...)
		h.refuse(good, verify.ErrRefused, false)
	})
	t.Run("of a thief whose authority is gone", func(t *testing.T) {
		h.take(p.sayTrust(func(j *trust.ListJSON) { j.Authorities = j.Authorities[:2] }))
		if _, err := h.command(good); !errors.Is(err, document.ErrUnsigned) {
			t.Errorf("got %v", err)
		}
	})
}
