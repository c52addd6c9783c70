package verify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// explain asks at this moment.
func (s *scene) explain(code string, l gate.Lane) gate.Decision {
	return s.v.Explain(code, l, s.clock.Now())
}

// names are the checks that a decision went through.
func names(d gate.Decision) []string {
	var all []string
	for _, s := range d.Steps {
		all = append(all, s.Check.EN)
	}
	return all
}

// inOrder is PROTOCOL 1.4, with "ready" and "attempts" where they stand.
var inOrder = []string{
	"form", "type", "ready", "key known", "key active", "issuer signature", "attempts", "holder key",
	"key for this site", "key life", "longest ttl", "clock known", "not before", "not ended", "site", "direction",
	"holder signature", "shown at", "revocation", "age of the list", "replay and uses", "site rules", "door",
}

func TestExplainNamesEachCheckInOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, code := range []string{s.bearer(), s.phone().Show(s.now(), verifytest.Tag)} {
		d := s.explain(code, in)
		want(t, d, gate.OK)
		if diff := cmp.Diff(inOrder, names(d)); diff != "" {
			t.Fatal(diff)
		}
		for _, step := range d.Steps {
			if !step.OK || step.Facts.EN == "" || step.Facts.ZH == "" || step.Check.ZH == "" {
				t.Fatalf("step %+v", step)
			}
		}
	}
}

func TestExplainComesToWhatTheGateCameTo(t *testing.T) {
	t.Parallel()
	for _, c := range reasonCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			var code string
			var l gate.Lane
			judged := recordLast(s, &code, &l, c.do)
			if code == "" || judged.Verdict == gate.Open || s.door.Refuse != "" || judged.Reason == gate.Repeat {
				return
			}
			d := s.explain(code, l)
			last := d.Steps[len(d.Steps)-1]
			if d.Reason != judged.Reason || last.OK || last.Facts.EN == "" || last.Facts.ZH == "" {
				t.Fatalf("the gate said %s, explain says %s after %+v", judged.Reason, d.Reason, last)
			}
		})
	}
}

// recordLast does what a case does and notes the last code it showed.
func recordLast(s *scene, code *string, l *gate.Lane, do func(*scene) gate.Decision) gate.Decision {
	s.shown = func(c string, at gate.Lane) { *code, *l = c, at }
	return do(s)
}

func TestExplainChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer(func(h *pass.Header) { h.Direction = pass.In })
	for range 20 {
		want(t, s.explain(code, in), gate.OK)
	}
	want(t, s.scan(code, in), gate.OK)
	wrong := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
	for range 20 {
		want(t, s.explain(wrong, in), gate.WrongDirection)
	}
	want(t, s.later(time.Minute).scan(wrong, in), gate.WrongDirection)
	if d := s.explain(code, out); d.Use != nil {
		t.Fatalf("explain left a use: %+v", d.Use)
	}
}

func TestExplainSaysWhatItWasDecidedOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	seen := s.bearer(func(h *pass.Header) { h.TTL, h.Rider = 720, 7 })
	want(t, s.scan(seen, both), gate.OK)
	s.later(time.Minute)
	want(t, s.scan(seen, both), gate.OK)
	inside := s.bearer()
	want(t, s.scan(inside, both), gate.OK)
	s.later(time.Minute)
	s.List(revokedRider, verifytest.Rider)
	s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{} })
	for name, c := range map[string]struct {
		d    gate.Decision
		step string
		fact string
	}{
		"a key is named with its issuer":         {s.explain(s.bearer(), in), "key known", "kid 257 of issuer 1"},
		"an unknown key is named":                {s.explain(s.bearer(func(h *pass.Header) { h.Kid = 5 }), in), "key known", "kid 5 is not listed"},
		"the documents are named with their age": {s.explain(s.bearer(), in), "ready", "trust list 1, site document 2, revocation state 2"},
		"times are the site's":                   {s.explain(s.bearer(), in), "not ended", "ends 2027-01-15 16:15:00 +0800, now 2027-01-15 16:03:00 +0800, skew 30s"},
		"what a pass has done is told": {
			s.explain(seen, both), "replay and uses",
			"last admitted 2027-01-15 16:02:00 +0800 at lane both, entered 2027-01-15 16:01:00 +0800, left 2027-01-15 16:02:00 +0800",
		},
		"whoever is inside may leave for a while":  {s.explain(inside, both), "out is out", "it has entered, and may leave until 2027-01-15 18:15:00 +0800"},
		"what is listed is named":                  {s.explain(s.bearer(), in), "revocation", "revocation state 2, rider revoked"},
		"a directed pass is named with the lane":   {s.explain(s.bearer(func(h *pass.Header) { h.Direction = pass.Out }), in), "direction", "pass out, lane in"},
		"an exit says that out is out":             {s.explain(s.bearer(), out), "out is out", "a lane out opens"},
		"a pass for every site says so":            {s.explain(s.bearer(func(h *pass.Header) { h.Site = pass.EverySite }), in), "site", "for every site of its key"},
		"the form is named in words, not in bytes": {s.explain("G1:AAAA", in), "form", "no such type"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range c.d.Steps {
				if step.Check.EN == c.step {
					if !strings.Contains(step.Facts.EN, c.fact) {
						t.Fatalf("%s: %q does not say %q", step.Check.EN, step.Facts.EN, c.fact)
					}
					return
				}
			}
			t.Fatalf("no step %q in %v", c.step, names(c.d))
		})
	}
}

func TestExplainSaysNothingOfARiderBeforeTheSignature(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Key = verifytest.PrivateKey("thief")
	d := s.explain(s.bearer(func(h *pass.Header) { h.Rider, h.Serial = 987654, 1234567 }), in)
	want(t, d, gate.BadSignature)
	for _, step := range d.Steps {
		if strings.Contains(step.Facts.EN+step.Facts.ZH, "987654") || strings.Contains(step.Facts.EN+step.Facts.ZH, "1234567") {
			t.Fatalf("step %+v", step)
		}
	}
}

func TestExplainKnowsABoxThatHoldsNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	d := verify.New(s.Box, s.clock.Now).Explain(s.bearer(), in, s.clock.Now())
	want(t, d, gate.NotReady)
	if last := d.Steps[len(d.Steps)-1]; last.Facts.EN != "no trust list, no site document, no revocation state" {
		t.Fatalf("facts: %q", last.Facts.EN)
	}
	if d.Fresh != -1 || d.Rev != 0 || d.Trust != 0 || !d.Marked {
		t.Fatalf("decision %+v", d)
	}
}
