package verify_test

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// reasonCase is one judgement, told in a sentence.
type reasonCase struct {
	name string
	want gate.Reason
	do   func(*scene) gate.Decision
}

// reasonCases has every reason of PROTOCOL section 5 that verify can give.
var reasonCases = []reasonCase{
	{"a fresh pass opens", gate.OK, func(s *scene) gate.Decision { return s.scan(s.bearer(), in) }},
	{"a code that the phone has just drawn opens", gate.OK, func(s *scene) gate.Decision {
		return s.scan(s.phone().Show(s.now(), verifytest.Tag), in)
	}},
	{"a phone that does not know the gate opens too", gate.OK, func(s *scene) gate.Decision {
		return s.scan(s.phone().Show(s.now(), 0), in)
	}},
	{"a visitor of the property opens", gate.OK, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.Kid = verifytest.OwnKid }), in)
	}},
	{"a pass for every site opens this one", gate.OK, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.Site = pass.EverySite }), in)
	}},
	{"who missed the door has a second chance", gate.Again, func(s *scene) gate.Decision {
		code := s.bearer()
		s.scan(code, in)
		return s.later(5*time.Second).scan(code, in)
	}},
	{"whoever is inside gets out after the end", gate.ExitLate, func(s *scene) gate.Decision {
		code := s.bearer()
		s.scan(code, in)
		return s.later(time.Hour).scan(code, out)
	}},
	{"an empty text is no pass", gate.Malformed, func(s *scene) gate.Decision { return s.scan("", in) }},
	{"a link is no pass", gate.Malformed, func(s *scene) gate.Decision { return s.scan("https://example.com/", in) }},
	{"a pass in lower case is no pass", gate.Malformed, func(s *scene) gate.Decision {
		return s.scan(strings.ToLower(s.bearer()), in)
	}},
	{"a reserved type is unsupported", gate.Unsupported, func(s *scene) gate.Decision {
		return s.scan("G1:"+base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{3}, make([]byte, 186)...)), in)
	}},
	{"a platform presents no bearer pass", gate.Unsupported, func(s *scene) gate.Decision {
		return s.present(s.bearer(), in)
	}},
	{"a kid that nobody listed is unknown", gate.UnknownKey, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.Kid = 999 }), in)
	}},
	{"a key that the list disabled is unknown", gate.UnknownKey, func(s *scene) gate.Decision {
		s.Trust.Keys[0].State = "sleepy"
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a void key's pass is refused at once", gate.KeyVoid, func(s *scene) gate.Decision {
		s.Trust.Keys[0].State = "void"
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a forged signature is refused", gate.BadSignature, func(s *scene) gate.Decision {
		s.Key = verifytest.PrivateKey("thief")
		return s.scan(s.bearer(), in)
	}},
	{"a credential for a key that anybody can sign with is refused", gate.WeakKey, func(s *scene) gate.Decision {
		return s.scan(weakCode(s), in)
	}},
	{"a key of another site does not open this one", gate.KeyNotForSite, func(s *scene) gate.Decision {
		s.Trust.Keys[0].Sites = []string{"2000-2999"}
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass that began before its key is refused", gate.KeyExpired, func(s *scene) gate.Decision {
		s.Trust.Keys[0].NotBefore = verifytest.Begin + 1
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass that outlives its key is refused", gate.KeyExpired, func(s *scene) gate.Decision {
		s.Trust.Keys[0].NotAfter = verifytest.Begin + 899
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass that lives exactly as long as its key opens", gate.OK, func(s *scene) gate.Decision {
		s.Trust.Keys[0].NotBefore, s.Trust.Keys[0].NotAfter = verifytest.Begin, verifytest.Begin+900
		s.Trust.Keys[0].MaxBearerTTL = 900
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass longer than its key may grant is refused", gate.TTLTooLong, func(s *scene) gate.Decision {
		s.Trust.Keys[0].MaxBearerTTL = 899
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a key that may not issue credentials issues none", gate.TTLTooLong, func(s *scene) gate.Decision {
		s.Trust.Keys[0].MaxBoundTTL = 0
		s.enforce()
		return s.scan(s.phone().Show(s.now(), verifytest.Tag), in)
	}},
	{"a box without any idea of the time refuses", gate.ClockUnknown, func(s *scene) gate.Decision {
		s.clock.Set(s.now(), gate.ClockLost)
		return s.scan(s.bearer(), in)
	}},
	{"a pass for later is refused", gate.NotYetValid, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.NotBefore += 120 }), in)
	}},
	{"a pass that has ended is refused", gate.Expired, func(s *scene) gate.Decision {
		code := s.bearer()
		return s.later(15*time.Minute).scan(code, in)
	}},
	{"a pass for another community is refused", gate.WrongSite, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.Site = 1002 }), in)
	}},
	{"a pass for the way out does not let in", gate.WrongDirection, func(s *scene) gate.Decision {
		return s.scan(s.bearer(func(h *pass.Header) { h.Direction = pass.Out }), in)
	}},
	{"a code drawn for another gate is refused", gate.BadHolderSignature, func(s *scene) gate.Decision {
		return s.scan(s.phone().Show(s.now(), verifytest.Tag+1), in)
	}},
	{"a platform must sign for this gate and not for any", gate.BadHolderSignature, func(s *scene) gate.Decision {
		s.rules(func(r *trust.RulesJSON) { r.Present = true })
		return s.present(s.phone().Show(s.now(), 0), in)
	}},
	{"a screenshot older than its window is stale", gate.StaleCode, func(s *scene) gate.Decision {
		return s.scan(s.phone().Show(s.now().Add(-61*time.Second), verifytest.Tag), in)
	}},
	{"a phone whose clock is ahead must correct it", gate.FutureCode, func(s *scene) gate.Decision {
		return s.scan(s.phone().Show(s.now().Add(31*time.Second), verifytest.Tag), in)
	}},
	{"a revoked pass is refused", gate.Revoked, func(s *scene) gate.Decision {
		h := s.header()
		s.List(revokedPass, h.Serial)
		s.enforce()
		return s.scan(s.Bearer(h), in)
	}},
	{"a revoked rider's pass is refused", gate.Revoked, func(s *scene) gate.Decision {
		s.List(revokedRider, verifytest.Rider)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"revoked comes before on hold", gate.Revoked, func(s *scene) gate.Decision {
		s.List(heldRider, verifytest.Rider)
		s.List(revokedRider, verifytest.Rider)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass on hold is refused", gate.OnHold, func(s *scene) gate.Decision {
		h := s.header()
		s.List(heldPass, h.Serial)
		s.enforce()
		return s.scan(s.Bearer(h), in)
	}},
	{"a rider on hold is refused", gate.OnHold, func(s *scene) gate.Decision {
		s.List(heldRider, verifytest.Rider)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a rider whom the property holds is refused", gate.OnHold, func(s *scene) gate.Decision {
		s.Site.Held = []trust.Hold{{Issuer: verifytest.Issuer, Rider: verifytest.Rider, Until: s.now().Unix() + 1}}
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"on hold comes before cut off", gate.OnHold, func(s *scene) gate.Decision {
		s.List(heldRider, verifytest.Rider)
		s.List(cutoff, verifytest.Begin+1)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass from before its key's cutoff is refused", gate.CutOff, func(s *scene) gate.Decision {
		s.List(cutoff, verifytest.Begin+1)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a pass that begins with its key's cutoff opens", gate.OK, func(s *scene) gate.Decision {
		s.List(cutoff, verifytest.Begin)
		s.enforce()
		return s.scan(s.bearer(), in)
	}},
	{"a list older than the site's rules allow refuses", gate.ListTooOld, func(s *scene) gate.Decision {
		s.later(8 * 24 * time.Hour)
		return s.scan(s.bearer(func(h *pass.Header) { h.NotBefore = uint32(s.now().Unix()) }), in)
	}},
	{"a list that no heartbeat proves is too old", gate.ListTooOld, func(s *scene) gate.Decision {
		d := *s.Documents()
		d.Proof = nil
		s.v.Enforce(&d)
		return s.scan(s.bearer(), in)
	}},
	{"the same moving code is taken once", gate.Replayed, func(s *scene) gate.Decision {
		code := s.phone().Show(s.now(), verifytest.Tag)
		s.scan(code, in)
		return s.later(4*time.Second).scan(code, in)
	}},
	{"a pass enters once", gate.UsedUp, func(s *scene) gate.Decision {
		code := s.bearer()
		s.scan(code, in)
		return s.later(time.Minute).scan(code, in)
	}},
	{"an issuer in no row is not admitted", gate.NotAdmitted, func(s *scene) gate.Decision {
		s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{IDs: []uint32{2}}}} })
		return s.scan(s.bearer(), in)
	}},
	{"no platform presents where the rules do not allow it", gate.NotAdmitted, func(s *scene) gate.Decision {
		return s.present(s.phone().Show(s.now(), verifytest.Tag), in)
	}},
	{"an issuer out of its hours is refused", gate.OutsideHours, func(s *scene) gate.Decision {
		s.rules(func(r *trust.RulesJSON) {
			r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}, From: "17:00", To: "18:00"}}
		})
		return s.scan(s.bearer(), in)
	}},
	{"where riders may not enter they are told where to hand over", gate.EntryProhibited, func(s *scene) gate.Decision {
		s.Site.Notices = map[string]trust.TextJSON{"handover": {ZH: "请到东门", EN: "East gate, please"}}
		s.rules(func(r *trust.RulesJSON) {
			r.Prohibited = &trust.ProhibitedJSON{Issuers: trust.Issuers{All: true}, Notice: "handover"}
		})
		return s.scan(s.bearer(), in)
	}},
	{"a pass is not handed back over the fence", gate.Passback, func(s *scene) gate.Decision {
		s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "timed"} })
		code := s.bearer(func(h *pass.Header) { h.Unlimited = true })
		s.scan(code, in)
		return s.later(299*time.Second).scan(code, in)
	}},
	{"too many attempts make a pause", gate.TooManyAttempts, func(s *scene) gate.Decision {
		code := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
		for range 10 {
			s.later(4*time.Second).scan(code, in)
		}
		return s.later(4*time.Second).scan(code, in)
	}},
	{"lockdown refuses", gate.Lockdown, held(gate.Lockdown)},
	{"interlock refuses", gate.Interlock, held(gate.Interlock)},
	{"a broken door refuses", gate.DoorFault, held(gate.DoorFault)},
	{"a door that is not ready refuses", gate.NotReady, held(gate.NotReady)},
	{"a box without documents is not ready", gate.NotReady, without(func(d *verify.Documents) { *d = verify.Documents{} })},
	{"a box without a trust list is not ready", gate.NotReady, without(func(d *verify.Documents) { d.Trust = nil })},
	{"a box without its site's document is not ready", gate.NotReady, without(func(d *verify.Documents) { d.Site = nil })},
	{"a box without a revocation state is not ready", gate.NotReady, without(func(d *verify.Documents) { d.State = nil })},
	{"a code that stays on the glass is judged once", gate.Repeat, func(s *scene) gate.Decision {
		code := s.bearer()
		s.scan(code, in)
		return s.later(2999*time.Millisecond).scan(code, in)
	}},
}

// held scans a good pass while the door has a reason of its own.
func held(r gate.Reason) func(*scene) gate.Decision {
	return func(s *scene) gate.Decision {
		s.door.Refuse = r
		return s.scan(s.bearer(), in)
	}
}

// without scans a good pass at a box that lacks documents.
func without(take func(*verify.Documents)) func(*scene) gate.Decision {
	return func(s *scene) gate.Decision {
		d := *s.Documents()
		take(&d)
		s.v.Enforce(&d)
		return s.scan(s.bearer(), in)
	}
}

// weakCode is a credential for the identity point, shown with the one signature
// that the standard library takes for every message of that key.
func weakCode(s *scene) string {
	honest := s.phone()
	identity := append([]byte{1}, make([]byte, 31)...)
	body := slices.Concat(honest.Credential[:22], identity)
	body = append(body, ed25519.Sign(s.Key, append([]byte("gated:cred:v1\x00"), body...))...)
	body = binary.BigEndian.AppendUint32(body, uint32(s.now().Unix()))
	body = slices.Concat(body, identity, make([]byte, 32))
	return "G1:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(body)
}

func TestEachReasonIsReached(t *testing.T) {
	t.Parallel()
	for _, c := range reasonCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			d := c.do(s)
			want(t, d, c.want)
			if d.At != s.clock.Now() || d.Steps != nil {
				t.Fatalf("decision at %v with %d steps", d.At, len(d.Steps))
			}
			if signed := afterSignature(c.want); signed != (d.Person != nil) && c.want != gate.NotReady {
				t.Fatalf("person is %v", d.Person)
			}
			if opened := d.Verdict == gate.Open; opened != (d.Use != nil) {
				t.Fatalf("use is %v", d.Use)
			}
			if (d.Notice != nil) != (c.want == gate.EntryProhibited) {
				t.Fatalf("notice is %v", d.Notice)
			}
		})
	}
}

// afterSignature says whether a reason may come with a person.
func afterSignature(r gate.Reason) bool {
	switch r {
	case gate.Malformed, gate.Unsupported, gate.UnknownKey, gate.KeyVoid, gate.BadSignature, gate.Repeat:
		return false
	default:
		return true
	}
}

func TestNoReasonIsForgotten(t *testing.T) {
	t.Parallel()
	reached := map[gate.Reason]bool{gate.Noise: true} // the scanner's word
	for _, c := range reasonCases {
		reached[c.want] = true
	}
	for _, r := range gate.Reasons() {
		if !reached[r] {
			t.Errorf("no case reaches %s", r)
		}
	}
}

func TestPersonIsWhoIssuedAndWhoCarries(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	h := s.header(func(h *pass.Header) { h.Rider = 7 })
	if got := s.scan(s.Bearer(h), in).Person; *got != (gate.Person{Issuer: verifytest.Issuer, Kid: verifytest.Kid, Serial: h.Serial, Rider: 7}) {
		t.Fatalf("got %+v", *got)
	}
	h = s.header(func(h *pass.Header) { h.Kid = verifytest.OwnKid })
	if got := s.scan(s.Bearer(h), in).Person; got.Issuer != 0 {
		t.Fatalf("a property's own pass speaks for issuer %d", got.Issuer)
	}
}
