package trust_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/trust"
)

// site is a document that is fine, for site 1001.
func site(tb testing.TB, change ...func(*trust.SiteJSON)) trust.SiteJSON {
	tb.Helper()
	j := trust.SiteJSON{
		Site: 1001, Epoch: 1, Version: 1, IssuedAt: begin, Name: "光谷汇景", Zone: "Asia/Shanghai",
		Gates:   []trust.GateJSON{{ID: "east", Tag: 1, Key: verifier(tb, "east", "east")}, {ID: "west", Tag: 2}},
		Keys:    []trust.KeyJSON{key(40000, "property")},
		Held:    []trust.Hold{{Issuer: 1, Rider: 42, Until: begin + 60}},
		Notices: map[string]trust.TextJSON{"handover": {ZH: "请放在门卫处", EN: "Leave it with the guard"}},
	}
	for _, c := range change {
		c(&j)
	}
	return j
}

func acceptSite(tb testing.TB, j trust.SiteJSON, inForce *trust.Site, signers ...string) (*trust.Site, error) {
	tb.Helper()
	l := accepted(tb, list(tb), nil, "a", "b")
	return trust.AcceptSite(sign(tb, document.Site, j, by(tb, signers...)...), 1001, l, inForce)
}

func acceptedSite(tb testing.TB, j trust.SiteJSON) *trust.Site {
	tb.Helper()
	s, err := acceptSite(tb, j, nil, "s")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestAcceptSite(t *testing.T) {
	s := acceptedSite(t, site(t))
	if s.Number != 1001 || s.Epoch != 1 || s.Version != 1 || s.IssuedAt != begin || s.Name != "光谷汇景" || s.Alarms != nil {
		t.Errorf("got %+v", s)
	}
	if got := time.Unix(begin, 0).In(s.Zone).Format("15:04"); got != "16:00" {
		t.Errorf("in its zone it is %s", got)
	}
	if g, ok := s.Gate("east"); !ok || g.Tag != 1 || g.Key.Name != "east" {
		t.Errorf("east is %+v", g)
	}
	if g, ok := s.Gate("west"); !ok || g.Tag != 2 || g.Key.Public != nil {
		t.Errorf("west is %+v", g)
	}
	if _, ok := s.Gate("north"); ok {
		t.Error("north is listed")
	}
	k, ok := s.Key(40000)
	if !ok || k.Issuer != 0 || !k.Sites.Has(1001) || k.Sites.Has(1002) || k.Disabled {
		t.Errorf("the property's key is %+v: not its own site alone, or a platform's name", k)
	}
	if !s.OnHold(1, 42, begin+59) || s.OnHold(1, 42, begin+60) || s.OnHold(2, 42, begin) || s.OnHold(1, 43, begin) {
		t.Error("the wrong riders are on hold")
	}
	if diff := cmp.Diff(map[string]gate.Text{"handover": {ZH: "请放在门卫处", EN: "Leave it with the guard"}}, s.Notices); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(trust.DefaultRules(), s.Rules); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultRules(t *testing.T) {
	want := trust.Rules{
		Stale: trust.Stale{Mark: 900, Restrict: 86400, Refuse: 604800}, ExitGrace: 7200,
		ClockUnknown: "refuse", Passback: trust.PassbackRule{Mode: "off", Seconds: 300},
	}
	if diff := cmp.Diff(want, trust.DefaultRules()); diff != "" {
		t.Error(diff)
	}
}

func TestAcceptSiteRefuses(t *testing.T) {
	in := func(change func(*trust.SiteJSON)) trust.SiteJSON {
		return site(t, func(j *trust.SiteJSON) { j.Version = 6 }, change)
	}
	for name, tt := range map[string]struct {
		next    trust.SiteJSON
		signers []string
		want    error
	}{
		"the next version":            {in(func(*trust.SiteJSON) {}), []string{"s"}, nil},
		"issued before the last":      {in(func(j *trust.SiteJSON) { j.IssuedAt = 1 }), []string{"s"}, nil},
		"another site":                {in(func(j *trust.SiteJSON) { j.Site = 2000 }), []string{"s"}, trust.ErrOld},
		"another epoch":               {in(func(j *trust.SiteJSON) { j.Epoch = 2 }), []string{"s"}, trust.ErrOld},
		"the same version again":      {site(t, func(j *trust.SiteJSON) { j.Version = 5 }), []string{"s"}, trust.ErrKnown},
		"the same, another text":      {site(t, func(j *trust.SiteJSON) { j.Version, j.Name = 5, "x" }), []string{"s"}, trust.ErrConflict},
		"the version falls":           {site(t, func(j *trust.SiteJSON) { j.Version = 4 }), []string{"s"}, trust.ErrOld},
		"signed by a stranger":        {in(func(*trust.SiteJSON) {}), []string{"x"}, document.ErrUnsigned},
		"signed by another role":      {in(func(*trust.SiteJSON) {}), []string{"r", "p", "a", "b"}, document.ErrUnsigned},
		"no time zone":                {in(func(j *trust.SiteJSON) { j.Zone = "" }), []string{"s"}, trust.ErrBroken},
		"the zone of the box":         {in(func(j *trust.SiteJSON) { j.Zone = "Local" }), []string{"s"}, trust.ErrBroken},
		"a zone that is not":          {in(func(j *trust.SiteJSON) { j.Zone = "Asia/Wuhan2" }), []string{"s"}, trust.ErrBroken},
		"a gate twice":                {in(func(j *trust.SiteJSON) { j.Gates[1].ID = "east" }), []string{"s"}, trust.ErrBroken},
		"a tag twice":                 {in(func(j *trust.SiteJSON) { j.Gates[1].Tag = 1 }), []string{"s"}, trust.ErrBroken},
		"tag 0":                       {in(func(j *trust.SiteJSON) { j.Gates[1].Tag = 0 }), []string{"s"}, trust.ErrBroken},
		"an id that is none":          {in(func(j *trust.SiteJSON) { j.Gates[1].ID = "West" }), []string{"s"}, trust.ErrBroken},
		"a kid of the trust list":     {in(func(j *trust.SiteJSON) { j.Keys[0].Kid = 32767 }), []string{"s"}, trust.ErrBroken},
		"a kid twice":                 {in(func(j *trust.SiteJSON) { j.Keys = append(j.Keys, j.Keys[0]) }), []string{"s"}, trust.ErrBroken},
		"a kid with another key":      {in(func(j *trust.SiteJSON) { j.Keys[0].Key = public("x") }), []string{"s"}, trust.ErrBroken},
		"1001 holds":                  {in(func(j *trust.SiteJSON) { j.Held = make([]trust.Hold, 1001) }), []string{"s"}, trust.ErrBroken},
		"1000 holds":                  {in(func(j *trust.SiteJSON) { j.Held = make([]trust.Hold, 1000) }), []string{"s"}, nil},
		"a rule that means nothing":   {in(func(j *trust.SiteJSON) { j.Rules.ClockUnknown = "maybe" }), []string{"s"}, trust.ErrBroken},
		"a document of another type":  {site(t), nil, document.ErrMalformed},
		"a name that must be missing": {trust.SiteJSON{}, nil, document.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			inForce := acceptedSite(t, site(t, func(j *trust.SiteJSON) { j.Version = 5 }))
			var err error
			switch {
			case tt.signers != nil:
				_, err = acceptSite(t, tt.next, inForce, tt.signers...)
			case tt.next.Site == 0:
				d := sign(t, document.Site, map[string]int{"site": 1001}, by(t, "s")...)
				_, err = trust.AcceptSite(d, 1001, accepted(t, list(t), nil, "a", "b"), inForce)
			default:
				d := sign(t, document.Trust, tt.next, by(t, "s")...)
				_, err = trust.AcceptSite(d, 1001, accepted(t, list(t), nil, "a", "b"), inForce)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAcceptSiteWithoutAListKnowsNobody(t *testing.T) {
	_, err := trust.AcceptSite(sign(t, document.Site, site(t), by(t, "s")...), 1001, nil, nil)
	refused(t, err, document.ErrUnsigned)
}

func TestAcceptSiteInANewEpoch(t *testing.T) {
	inForce := acceptedSite(t, site(t, func(j *trust.SiteJSON) { j.Version = 1<<53 - 1 })) // by a thief
	l := accepted(t, list(t, func(j *trust.ListJSON) { j.Epoch = 2 }), nil, "a", "b")
	d := sign(t, document.Site, site(t, func(j *trust.SiteJSON) { j.Epoch = 2 }), by(t, "s")...)
	s, err := trust.AcceptSite(d, 1001, l, inForce)
	if err != nil {
		t.Fatal(err)
	}
	if s.Epoch != 2 || s.Version != 1 {
		t.Errorf("got %d.%d", s.Epoch, s.Version)
	}
}

func TestAttackSiteDocumentOfANeighbour(t *testing.T) {
	// s may sign for 2000-2999, and for 1001: not for 1002.
	l := accepted(t, list(t), nil, "a", "b")
	d := sign(t, document.Site, site(t, func(j *trust.SiteJSON) { j.Site = 1002 }), by(t, "s")...)
	_, err := trust.AcceptSite(d, 1002, l, nil)
	refused(t, err, document.ErrUnsigned)
	_, err = trust.AcceptSite(d, 1001, l, nil)
	refused(t, err, trust.ErrOld)
}

func TestAttackVoidSiteKeyTurnedActive(t *testing.T) {
	void := acceptedSite(t, site(t, func(j *trust.SiteJSON) { j.Keys[0].State = "void" }))
	_, err := acceptSite(t, site(t, func(j *trust.SiteJSON) { j.Version = 2 }), void, "s")
	refused(t, err, trust.ErrBroken)
	// Nor if the document was lost, and what was known of kids was not.
	l := accepted(t, list(t), nil, "a", "b")
	_, err = trust.AcceptSiteKnowing(sign(t, document.Site, site(t), by(t, "s")...), 1001, l, nil, void.Known)
	refused(t, err, trust.ErrBroken)
}

func TestSiteEntriesThatCannotBeUsed(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*trust.SiteJSON)
		alarm  string
	}{
		"a weak key of its own":      {func(j *trust.SiteJSON) { j.Keys[0].Key = weak }, "40000"},
		"a gate's key":               {func(j *trust.SiteJSON) { j.Gates[0].Key = "x" }, "east"},
		"a notice that is not there": {func(j *trust.SiteJSON) { j.Rules.Prohibited = &trust.ProhibitedJSON{Notice: "gone"} }, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			s := acceptedSite(t, site(t, tt.change))
			if len(s.Alarms) != 1 || !strings.Contains(s.Alarms[0].EN, tt.alarm) {
				t.Errorf("alarms %q, want one that names %s", s.Alarms, tt.alarm)
			}
			if g, ok := s.Gate("east"); !ok || g.Tag != 1 {
				t.Errorf("the gate has lost its tag: %+v", g)
			}
		})
	}
}

func TestNoticeInOneLanguageServesBoth(t *testing.T) {
	s := acceptedSite(t, site(t, func(j *trust.SiteJSON) {
		j.Notices = map[string]trust.TextJSON{"zh": {ZH: "门卫"}, "en": {EN: "guard"}}
	}))
	want := map[string]gate.Text{"zh": {ZH: "门卫", EN: "门卫"}, "en": {ZH: "guard", EN: "guard"}}
	if diff := cmp.Diff(want, s.Notices); diff != "" {
		t.Error(diff)
	}
}

func TestRestoreSite(t *testing.T) {
	d := sign(t, document.Site, site(t), by(t, "stranger")...)
	s, err := trust.RestoreSite(d, map[uint16]trust.Known{50000: {Void: true}})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Known[50000].Void || !bytes.Equal(s.Raw, d.Raw) || len(s.Known) != 2 {
		t.Errorf("got %+v", s)
	}
	_, err = trust.RestoreSite(sign(t, document.Trust, site(t), by(t, "s")...), nil)
	refused(t, err, document.ErrMalformed)
}
