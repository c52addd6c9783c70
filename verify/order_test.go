package verify_test

import (
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// spoilt is a bound pass with everything wrong with it that a test wants.
type spoilt struct {
	*scene
	header  pass.Header
	shown   time.Duration // from now
	tag     uint16
	respell func(code string) string
}

// defects are in the order of the checks: the first that a pass has is the
// reason.
var defects = []struct {
	reason gate.Reason
	spoil  func(*spoilt)
}{
	{gate.Malformed, func(s *spoilt) { s.respell = strings.ToLower }},
	{gate.NotReady, func(s *spoilt) {}}, // made in the test: it is not a property of the pass
	{gate.UnknownKey, func(s *spoilt) { s.header.Kid = 999 }},
	{gate.KeyVoid, func(s *spoilt) { s.Trust.Keys[0].State = "void" }},
	{gate.BadSignature, func(s *spoilt) { s.Key = verifytest.PrivateKey("thief") }},
	{gate.KeyNotForSite, func(s *spoilt) { s.Trust.Keys[0].Sites = []string{"7"} }},
	{gate.KeyExpired, func(s *spoilt) { s.Trust.Keys[0].NotAfter = verifytest.Begin }},
	{gate.TTLTooLong, func(s *spoilt) { s.Trust.Keys[0].MaxBoundTTL = 5 }},
	{gate.ClockUnknown, func(s *spoilt) { s.clock.Set(s.now(), gate.ClockLost) }},
	{gate.Expired, func(s *spoilt) { s.header.TTL = 1 }},
	{gate.WrongSite, func(s *spoilt) { s.header.Site = 1002 }},
	{gate.WrongDirection, func(s *spoilt) { s.header.Direction = pass.Out }},
	{gate.BadHolderSignature, func(s *spoilt) { s.tag = 9 }},
	{gate.StaleCode, func(s *spoilt) { s.shown = -time.Hour }},
	{gate.Revoked, func(s *spoilt) { s.List(revokedRider, verifytest.Rider) }},
	{gate.OnHold, func(s *spoilt) { s.List(heldRider, verifytest.Rider) }},
	{gate.CutOff, func(s *spoilt) { s.List(cutoff, verifytest.Begin+1) }},
	{gate.ListTooOld, func(s *spoilt) { s.At = verifytest.Begin - 8*86400 }},
	{gate.Replayed, func(s *spoilt) { s.remember(s.now()) }},
	{gate.NotAdmitted, func(s *spoilt) { s.Site.Rules.Admit = []trust.AdmitJSON{} }},
	{gate.EntryProhibited, func(s *spoilt) {
		s.Site.Rules.Prohibited = &trust.ProhibitedJSON{Issuers: trust.Issuers{All: true}}
	}},
	{gate.Passback, func(s *spoilt) { s.Site.Rules.Passback = &trust.PassbackJSON{Mode: "timed"} }},
	{gate.DoorFault, func(s *spoilt) { s.door.Refuse = gate.DoorFault }},
	{gate.OK, func(s *spoilt) {}},
}

// remember says that the pass entered a while ago with a code drawn then.
func (s *spoilt) remember(shown time.Time) {
	at := s.clock.Now()
	at.Time = at.Time.Add(-50 * time.Second)
	at.Up -= 50 * time.Second
	s.v.Remember([]gate.Use{{
		Pass: gate.PassID{Kid: s.header.Kid, Serial: s.header.Serial}, Entered: at.Time.Unix(), ShownAt: uint32(shown.Unix()),
		Last: at, Lane: in.Name, Until: verifytest.Begin + 86400,
	}})
}

func TestTheFirstCheckThatFailsIsTheReason(t *testing.T) {
	t.Parallel()
	for i, first := range defects {
		t.Run(string(first.reason), func(t *testing.T) {
			t.Parallel()
			s := &spoilt{scene: newScene(t), tag: verifytest.Tag, respell: func(code string) string { return code }}
			s.header = s.phone().Header
			s.remember(s.now().Add(-time.Minute))
			for _, d := range defects[i:] {
				d.spoil(s)
			}
			docs := *s.Documents()
			if i <= 1 {
				docs.Site = nil
			}
			s.v.Enforce(&docs)
			want(t, s.scan(s.respell(s.Phone(s.header).Show(s.now().Add(s.shown), s.tag)), in), first.reason)
		})
	}
}

func TestAPassForLaterIsCheckedBeforeItsSite(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	want(t, s.scan(s.bearer(func(h *pass.Header) { h.NotBefore, h.Site = h.NotBefore+3600, 1002 }), in), gate.NotYetValid)
}

func TestHoursAreCheckedBeforeTheProhibition(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rules(func(r *trust.RulesJSON) {
		r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}, From: "01:00", To: "02:00"}}
		r.Prohibited = &trust.ProhibitedJSON{Issuers: trust.Issuers{All: true}}
	})
	want(t, s.scan(s.bearer(), in), gate.OutsideHours)
}

func TestUsesAreCheckedBeforeTheRules(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{} })
	want(t, s.later(time.Minute).scan(code, in), gate.UsedUp)
}
