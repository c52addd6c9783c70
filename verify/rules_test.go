package verify_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// forAll are all issuers, for one only its own.
var (
	forAll   = trust.Issuers{All: true}
	forOne   = trust.Issuers{IDs: []uint32{verifytest.Issuer}}
	forOther = trust.Issuers{IDs: []uint32{2}}
)

func TestHoursAreThoseOfTheClockOnTheSitesWall(t *testing.T) {
	t.Parallel()
	day := trust.AdmitJSON{Issuers: forAll, From: "06:00", To: "23:00"}
	night := trust.AdmitJSON{Issuers: forAll, From: "22:00", To: "06:00"}
	friday := trust.AdmitJSON{Issuers: forAll, Days: []int{5}}
	fridayNight := trust.AdmitJSON{Issuers: forAll, Days: []int{5}, From: "22:00", To: "06:00"}
	sundayNight := trust.AdmitJSON{Issuers: forAll, Days: []int{7}, From: "22:00", To: "06:00"}
	for _, c := range []struct {
		name string
		zone string
		row  trust.AdmitJSON
		at   string // UTC
		want gate.Reason
	}{
		{"the minute before the day begins", "Asia/Shanghai", day, "2027-01-15 21:59:59", gate.OutsideHours},
		{"the minute it begins", "Asia/Shanghai", day, "2027-01-15 22:00:00", gate.OK},
		{"the last minute of the day", "Asia/Shanghai", day, "2027-01-15 14:59:59", gate.OK},
		{"the minute it ends", "Asia/Shanghai", day, "2027-01-15 15:00:00", gate.OutsideHours},
		{"a night before midnight", "Asia/Shanghai", night, "2027-01-15 14:00:00", gate.OK},
		{"a night after midnight", "Asia/Shanghai", night, "2027-01-15 21:59:59", gate.OK},
		{"a night that is over", "Asia/Shanghai", night, "2027-01-15 22:00:00", gate.OutsideHours},
		{"a whole Friday, at its first second", "Asia/Shanghai", friday, "2027-01-14 16:00:00", gate.OK},
		{"a whole Friday, on Thursday", "Asia/Shanghai", friday, "2027-01-14 15:59:59", gate.OutsideHours},
		{"Friday night, on Saturday morning", "Asia/Shanghai", fridayNight, "2027-01-15 21:59:59", gate.OK},
		{"Friday night, on Friday morning", "Asia/Shanghai", fridayNight, "2027-01-14 21:59:59", gate.OutsideHours},
		{"Friday night, on Friday evening", "Asia/Shanghai", fridayNight, "2027-01-15 14:00:00", gate.OK},
		{"Friday night, on Saturday evening", "Asia/Shanghai", fridayNight, "2027-01-16 14:00:00", gate.OutsideHours},
		{"Sunday night, on Monday morning", "Asia/Shanghai", sundayNight, "2027-01-17 17:00:00", gate.OK},
		{"Sunday night, on Sunday evening", "Asia/Shanghai", sundayNight, "2027-01-17 14:30:00", gate.OK},

		// In Berlin the clock goes from 02:00 to 03:00 on 28 March 2027, and
		// from 03:00 to 02:00 on 31 October.
		{"an hour that does not come: before it", "Europe/Berlin", hour("02:00", "03:00"), "2027-03-28 00:59:59", gate.OutsideHours},
		{"an hour that does not come: after it", "Europe/Berlin", hour("02:00", "03:00"), "2027-03-28 01:00:00", gate.OutsideHours},
		{"an hour that begins in one that does not come", "Europe/Berlin", hour("02:30", "04:00"), "2027-03-28 01:00:00", gate.OK},
		{"an hour that comes twice: the first time", "Europe/Berlin", hour("02:00", "03:00"), "2027-10-31 00:30:00", gate.OK},
		{"an hour that comes twice: the second time", "Europe/Berlin", hour("02:00", "03:00"), "2027-10-31 01:30:00", gate.OK},
		{"an hour that comes twice: after it", "Europe/Berlin", hour("02:00", "03:00"), "2027-10-31 02:00:00", gate.OutsideHours},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.DateTime, c.at)
			if err != nil {
				t.Fatal(err)
			}
			s := newScene(t)
			key := &s.Trust.Keys[0]
			key.NotBefore, key.NotAfter = 0, now.Unix()+86400
			s.Site.Zone, s.At = c.zone, now.Unix()
			s.clock.Set(now, gate.ClockSynced)
			s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{c.row} })
			want(t, s.scan(s.bearer(starts(now)), in), c.want)
		})
	}
}

// hour is a row for all issuers every day.
func hour(from, to string) trust.AdmitJSON {
	return trust.AdmitJSON{Issuers: forAll, From: from, To: to}
}

func TestARowAdmitsByIssuerAndWay(t *testing.T) {
	t.Parallel()
	own := func(h *pass.Header) { h.Kid = verifytest.OwnKid }
	none := func(*pass.Header) {}
	for _, c := range []struct {
		name string
		rows []trust.AdmitJSON
		pass func(*pass.Header)
		lane gate.Lane
		want gate.Reason
	}{
		{"no rows admit everybody", nil, none, in, gate.OK},
		{"an empty list admits nobody", []trust.AdmitJSON{}, none, in, gate.NotAdmitted},
		{"its own row", []trust.AdmitJSON{{Issuers: forOne}}, none, in, gate.OK},
		{"another's row", []trust.AdmitJSON{{Issuers: forOther}}, none, in, gate.NotAdmitted},
		{"another's row and its own", []trust.AdmitJSON{{Issuers: forOther}, {Issuers: forOne}}, none, in, gate.OK},
		{"a row for the way out lets nobody in", []trust.AdmitJSON{{Issuers: forOne, Direction: gate.Out}}, none, in, gate.NotAdmitted},
		{"a row for the way out lets out", []trust.AdmitJSON{{Issuers: forOne, Direction: gate.Out}}, none, out, gate.OK},
		{"a row for the way in lets out too", []trust.AdmitJSON{{Issuers: forOne, Direction: gate.In}}, none, out, gate.OK},
		{"a visitor needs a row as well", []trust.AdmitJSON{{Issuers: forOne}}, own, in, gate.NotAdmitted},
		{"a visitor comes with everybody", []trust.AdmitJSON{{Issuers: forAll}}, own, in, gate.OK},
		{"a visitor is issuer 0", []trust.AdmitJSON{{Issuers: trust.Issuers{IDs: []uint32{0}}}}, own, in, gate.OK},
		{"one row is out of its hours, another is not", []trust.AdmitJSON{hour("01:00", "02:00"), hour("16:00", "17:00")}, none, in, gate.OK},
		{"out of its hours is what is said, whatever the other rows", []trust.AdmitJSON{hour("01:00", "02:00"), {Issuers: forOther}}, none, in, gate.OutsideHours},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.rules(func(r *trust.RulesJSON) { r.Admit = c.rows })
			d := s.scan(s.bearer(c.pass), c.lane)
			want(t, d, c.want)
		})
	}
}

func TestAProhibitionTellsWhereToHandOver(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Site.Notices = map[string]trust.TextJSON{"handover": {ZH: "请到东门", EN: "East gate, please"}, "other": {EN: "no"}}
	s.rules(func(r *trust.RulesJSON) { r.Prohibited = &trust.ProhibitedJSON{Issuers: forOne, Notice: "handover"} })
	d := s.scan(s.bearer(), in)
	want(t, d, gate.EntryProhibited)
	if *d.Notice != (gate.Text{ZH: "请到东门", EN: "East gate, please"}) {
		t.Fatalf("notice %+v", d.Notice)
	}
	want(t, s.scan(s.bearer(func(h *pass.Header) { h.Kid = verifytest.OwnKid }), in), gate.OK)
	wantExit(t, s.scan(s.bearer(), out), gate.EntryProhibited)
	s.rules(func(r *trust.RulesJSON) { r.Prohibited = &trust.ProhibitedJSON{Issuers: forOne} })
	d = s.scan(s.bearer(), in)
	want(t, d, gate.EntryProhibited)
	if d.Notice != nil {
		t.Fatalf("notice %+v without a name", d.Notice)
	}
}

func TestAPropertysHoldEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	until := s.now().Unix() + 60
	s.Site.Held = []trust.Hold{{Issuer: 2, Rider: verifytest.Rider, Until: until + 600}, {Issuer: verifytest.Issuer, Rider: verifytest.Rider, Until: until}}
	s.enforce()
	want(t, s.later(59*time.Second).scan(s.bearer(), in), gate.OnHold)
	want(t, s.later(time.Second).scan(s.bearer(), in), gate.OK)
}

func TestAPlatformPresentsForItsRider(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rules(func(r *trust.RulesJSON) { r.Present = true })
	p := s.phone()
	want(t, s.present(p.Show(s.now(), verifytest.Tag), in), gate.OK)
	s.Site.Gates = nil
	s.enforce()
	want(t, s.present(p.Show(s.now().Add(time.Second), 0), in), gate.BadHolderSignature)
}

func TestAGateThatIsNotListedTakesCodesForAnyGate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Site.Gates = nil
	s.enforce()
	p := s.phone()
	want(t, s.scan(p.Show(s.now(), verifytest.Tag), in), gate.BadHolderSignature)
	want(t, s.scan(p.Show(s.now().Add(time.Second), 0), in), gate.OK)
}
