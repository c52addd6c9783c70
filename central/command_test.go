package central_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gated/central"
	"gated/gate"
	"gated/verify"
	"gated/verify/document"
)

// commands are those that went out since the last call of topics.
func (f *fakeBroker) commands(t testing.TB) (list []central.Message) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.published {
		if strings.HasSuffix(m.Topic, "/command") {
			list = append(list, m)
		}
	}
	f.published = nil
	return list
}

// obeys hands the box a command and returns what it comes to.
func (b *box) obeys(t testing.TB, raw []byte, at time.Time) verify.Commanded {
	t.Helper()
	c, err := b.docs.Command(raw, verify.Box{ID: gateID, Site: site}, gate.Moment{Time: at, State: gate.ClockSynced, Boot: "boot", Start: 1})
	must(t, err)
	b.docs = c.Next
	return c
}

func TestCommandsGoOutLiveAndAreObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		broker := newFakeBroker()
		stop := serve(t, w, broker)
		b := newBox(t, w)
		b.hears(t, broker.documents())
		broker.topics()
		ordered := []gate.Command{
			{Verb: gate.VerbOpen, Lane: "in", Reason: "a parcel too large", By: "desk"},
			{Verb: gate.VerbHoldOpen, Until: time.Now().Add(gate.LongestStay)},
			{Verb: gate.VerbLockdown, Until: time.Now().Add(time.Second)},
			{Verb: gate.VerbRelease, Lane: "in"},
		}
		var ids []string
		for _, o := range ordered { // all in one millisecond
			id, err := w.Command(t.Context(), gateID, o)
			must(t, err)
			ids = append(ids, id)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		out := broker.commands(t)
		if len(out) != len(ordered) {
			t.Fatalf("%d commands went out within 100 ms, not %d", len(out), len(ordered))
		}
		for i, m := range out {
			if m.Topic != "gates/"+gateID+"/command" || m.Retained {
				t.Errorf("on %s, retained: %t", m.Topic, m.Retained)
			}
			c := b.obeys(t, m.Payload, time.Now())
			want := ordered[i]
			want.ID, want.Expires = ids[i], c.Command.Expires
			if !want.Until.IsZero() {
				want.Until = time.Unix(want.Until.Unix(), 0).UTC()
			}
			if c.Reason != gate.OK || c.Command != want {
				t.Errorf("%s: %+v, not %+v", c.Reason, c.Command, want)
			}
			if life := time.Until(c.Command.Expires); life > 10*time.Second || life < 9*time.Second {
				t.Errorf("it is good for %s", life)
			}
		}
		must(t, stop())
		// Nothing takes effect late: a server that comes back does not say it again.
		_, err := w.Command(t.Context(), gateID, gate.Command{Verb: gate.VerbOpen})
		must(t, err)
		again, _ := published(t, w)
		if late := again.commands(t); len(late) > 0 {
			t.Errorf("a server that starts publishes %d old commands", len(late))
		}
	})
}

func TestCommandsAfterARotationAreObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		_, err := w.RotateAuthority(t.Context(), "command")
		must(t, err)
		broker := newFakeBroker()
		stop := serve(t, w, broker)
		b := newBox(t, w)
		b.hears(t, broker.documents())
		_, err = w.Command(t.Context(), gateID, gate.Command{Verb: gate.VerbOpen})
		must(t, err)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		for _, m := range broker.commands(t) {
			if c := b.obeys(t, m.Payload, time.Now()); c.Reason != gate.OK {
				t.Errorf("got %s", c.Reason)
			}
		}
		must(t, stop())
	})
}

func TestCommandsThatAreNotSigned(t *testing.T) {
	w := newWorld(t, afternoon())
	for name, o := range map[string]gate.Command{
		"an unknown verb":          {Verb: "close"},
		"a lane that cannot be":    {Verb: gate.VerbOpen, Lane: "In"},
		"a hold-open without end":  {Verb: gate.VerbHoldOpen},
		"a lockdown beyond 12 h":   {Verb: gate.VerbLockdown, Until: w.now.Add(gate.LongestStay + time.Second)},
		"a hold-open that is over": {Verb: gate.VerbHoldOpen, Until: w.now},
		"an open with an end":      {Verb: gate.VerbOpen, Until: w.now.Add(time.Hour)},
	} {
		_, err := w.Command(t.Context(), gateID, o)
		t.Log(name)
		wantErr(t, err, central.ErrAsked)
	}
	_, err := w.Command(t.Context(), "nowhere", gate.Command{Verb: gate.VerbOpen})
	wantErr(t, err, central.ErrNoGate)
	if all, _ := published(t, w); len(all.commands(t)) > 0 {
		t.Error("one of them went out")
	}
}

// A clock that was ahead and is set right does not make commands of the future.
func TestCommandsFollowAClockThatIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now().Add(24*time.Hour))
		_, err := w.Command(t.Context(), gateID, gate.Command{Verb: gate.VerbOpen})
		must(t, err)
		w.turn(-24 * time.Hour)
		broker := newFakeBroker()
		stop := serve(t, w, broker)
		_, err = w.Command(t.Context(), gateID, gate.Command{Verb: gate.VerbOpen})
		must(t, err)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		out := broker.commands(t)
		if len(out) != 1 {
			t.Fatalf("%d commands", len(out))
		}
		d, err := document.Parse(out[0].Payload)
		must(t, err)
		var j struct {
			IssuedMS int64 `json:"issued_at_ms"`
		}
		must(t, d.Decode(&j))
		if ahead := j.IssuedMS - w.clock().UnixMilli(); ahead > 0 {
			t.Errorf("issued %d ms ahead", ahead)
		}
		must(t, stop())
	})
}
