package trust_test

import (
	"errors"
	"strings"
	"testing"

	"gated/verify/document"
	"gated/verify/trust"
)

func TestATrustListStaysUnderItsLimit(t *testing.T) {
	sized := func(pad int) document.Document {
		return sign(t, document.Trust, list(t, func(j *trust.ListJSON) { j.Issuers[0].Name = strings.Repeat("a", pad) }), by(t, "a", "b")...)
	}
	pad := trust.MaxList - len(sized(0).Raw)
	for more, ok := range map[int]bool{-1: true, 0: false, 1: false} {
		d := sized(pad + more)
		if len(d.Raw) != trust.MaxList+more {
			t.Fatalf("%d bytes", len(d.Raw))
		}
		if _, err := trust.Accept(d, nil, roots(t, 2, "a", "b", "c")); (err == nil) != ok || !ok && !errors.Is(err, document.ErrMalformed) {
			t.Errorf("%d bytes: %v", len(d.Raw), err)
		}
	}
}

func TestKidsOfPlatformsAndProperties(t *testing.T) {
	for kid, platforms := range map[uint16]bool{0: false, 1: true, 32767: true, 32768: false, 65535: false} {
		j := list(t, func(j *trust.ListJSON) { j.Keys[0].Kid = kid })
		_, err := trust.Accept(sign(t, document.Trust, j, by(t, "a", "b")...), nil, roots(t, 2, "a", "b", "c"))
		if (err == nil) != platforms {
			t.Errorf("trust list with kid %d: %v", kid, err)
		}
		if err != nil && !strings.Contains(err.Error(), "from 1 to 32767") {
			t.Errorf("trust list with kid %d: %v does not say which are", kid, err)
		}
		_, err = acceptSite(t, site(t, func(j *trust.SiteJSON) { j.Keys[0].Kid = kid }), nil, "s")
		if (err == nil) != (kid >= 32768) {
			t.Errorf("site with kid %d: %v", kid, err)
		}
	}
}

func TestNumbersOfSites(t *testing.T) {
	const largest = 0xFFFFFFFE
	j := list(t, func(j *trust.ListJSON) { j.Authorities[1].Sites = []string{"*"} })
	for n, ok := range map[uint32]bool{0: false, 1: true, largest: true, largest + 1: false} {
		d := sign(t, document.Site, site(t, func(j *trust.SiteJSON) { j.Site = n }), by(t, "s")...)
		if _, err := trust.AcceptSite(d, n, accepted(t, j, nil, "a", "b"), nil); (err == nil) != ok {
			t.Errorf("site %d: %v", n, err)
		}
	}
	for text, ok := range map[string]bool{
		"0": false, "1": true, "4294967294": true, "4294967295": false, "1-4294967294": true, "0-1": false, "1-4294967295": false,
	} {
		j := list(t, func(j *trust.ListJSON) { j.Keys[0].Sites = []string{text} })
		l, err := trust.Accept(sign(t, document.Trust, j, by(t, "a", "b")...), nil, roots(t, 2, "a", "b", "c"))
		if err != nil {
			t.Fatal(err) // a site that is none disables the entry, not the list
		}
		if (len(l.Alarms) == 0) != ok {
			t.Errorf("a key for sites %q: alarms %v", text, l.Alarms)
		}
	}
}

func TestErrorsNameTheRow(t *testing.T) {
	_, err := acceptSite(t, site(t, func(j *trust.SiteJSON) {
		j.Rules.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}}, {Issuers: trust.Issuers{All: true}, From: "25:00", To: "26:00"}}
	}), nil, "s")
	if err == nil || !strings.Contains(err.Error(), "admit, row 2:") {
		t.Errorf("%v does not name row 2", err)
	}
}

// PROTOCOL 2.2: re-issued daily, and older than 48 h is an alarm.
func TestASiteDocumentIsTooOldAfter48Hours(t *testing.T) {
	if got := int64(trust.SiteTooOld); got != 172800 {
		t.Errorf("%d s, want 172800", got)
	}
}
