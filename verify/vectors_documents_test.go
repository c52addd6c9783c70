package verify_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"testing"

	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// The kids of the vectors' documents, each with a limit of its own.
const (
	kidVoid      = 258
	kidElsewhere = 259 // for sites 2000 to 2999
	kidShort     = 260 // lives for the 900 s from Begin on
	kidBearer    = 261 // bearer passes of 900 s, no credentials
	kidBound     = 262 // credentials of 3600 s, no bearer passes
	kidFuture    = 263 // an algorithm from the future
	kidSleepy    = 264 // a state that nobody knows
	kidWeak      = 265 // the identity point
	kidSecond    = 266 // of issuer 2
	kidUpTo      = 267 // for sites 900 to 1001
	kidFrom      = 268 // for sites 1002 to 2000
	kidCut       = 269 // cut off at Begin
	kidOwnVoid   = 40001
	kidOwnShort  = 40002 // bearer passes of 900 s
)

// vectorWorld is a world whose keys are the vectors'.
func vectorWorld(t *testing.T) *verifytest.World {
	w := verifytest.New(t)
	public := func(k ed25519.PrivateKey) string {
		return base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
	}
	key := func(kid uint16, issuer uint32, edit func(*trust.KeyJSON)) trust.KeyJSON {
		k := trust.KeyJSON{
			Kid: kid, Issuer: issuer, Algorithm: "ed25519", Key: public(vectorIssuer), Sites: []string{"*"}, State: "active",
			NotBefore: verifytest.Begin - 400*86400, NotAfter: verifytest.Begin + 400*86400, MaxBearerTTL: 655350, MaxBoundTTL: 655350,
		}
		if kid >= 32768 {
			k.Key, k.Sites = public(vectorProperty), nil
		}
		if edit != nil {
			edit(&k)
		}
		return k
	}
	w.Trust.Issuers = append(w.Trust.Issuers, trust.Issuer{ID: 2, Name: "another platform"})
	w.Trust.Keys = []trust.KeyJSON{
		key(verifytest.Kid, 1, nil),
		key(kidVoid, 1, func(k *trust.KeyJSON) { k.State = "void" }),
		key(kidElsewhere, 1, func(k *trust.KeyJSON) { k.Sites = []string{"2000-2999"} }),
		key(kidShort, 1, func(k *trust.KeyJSON) { k.NotBefore, k.NotAfter = verifytest.Begin, verifytest.Begin+900 }),
		key(kidBearer, 1, func(k *trust.KeyJSON) { k.MaxBearerTTL, k.MaxBoundTTL = 900, 0 }),
		key(kidBound, 1, func(k *trust.KeyJSON) { k.MaxBearerTTL, k.MaxBoundTTL = 0, 3600 }),
		key(kidFuture, 1, func(k *trust.KeyJSON) { k.Algorithm = "ed448" }),
		key(kidSleepy, 1, func(k *trust.KeyJSON) { k.State = "sleepy" }),
		key(kidWeak, 1, func(k *trust.KeyJSON) {
			k.Key = base64.StdEncoding.EncodeToString(append([]byte{1}, make([]byte, 31)...))
		}),
		key(kidSecond, 2, nil),
		key(kidUpTo, 1, func(k *trust.KeyJSON) { k.Sites = []string{"900-1001"} }),
		key(kidFrom, 1, func(k *trust.KeyJSON) { k.Sites = []string{"1002-2000"} }),
		key(kidCut, 1, nil),
	}
	w.Site.Keys = []trust.KeyJSON{
		key(verifytest.OwnKid, 0, nil),
		key(kidOwnVoid, 0, func(k *trust.KeyJSON) { k.State = "void" }),
		key(kidOwnShort, 0, func(k *trust.KeyJSON) { k.MaxBearerTTL = 900 }),
	}
	return w
}

// siteRules are the site documents of the vectors, by name: what differs from
// one without rules.
var siteRules = map[string]func(*trust.SiteJSON){
	"site":          func(*trust.SiteJSON) {},
	"site-unlisted": func(s *trust.SiteJSON) { s.Gates = nil },
	"site-held": func(s *trust.SiteJSON) {
		s.Held = []trust.Hold{{Issuer: 1, Rider: 77, Until: verifytest.Begin + 120}}
	},
	"site-hours":  admits(trust.AdmitJSON{Issuers: only(1), From: "16:00", To: "16:02"}),
	"site-night":  admits(trust.AdmitJSON{Issuers: only(1), Days: []int{5}, From: "22:00", To: "06:00"}),
	"site-days":   admits(trust.AdmitJSON{Issuers: only(1), Days: []int{5}}, trust.AdmitJSON{Issuers: only(2), From: "20:00"}),
	"site-ways":   admits(trust.AdmitJSON{Issuers: only(1), Direction: "out"}, trust.AdmitJSON{Issuers: only(2), Direction: "in"}),
	"site-nobody": func(s *trust.SiteJSON) { s.Rules.Admit = []trust.AdmitJSON{} },
	"site-berlin": func(s *trust.SiteJSON) {
		admits(trust.AdmitJSON{Issuers: only(1), From: "02:15", To: "02:45"}, trust.AdmitJSON{Issuers: only(2), From: "01:30", To: "03:30"})(s)
		s.Zone = "Europe/Berlin"
	},
	"site-prohibited": func(s *trust.SiteJSON) {
		s.Rules.Prohibited = &trust.ProhibitedJSON{Issuers: only(1), Notice: "handover"}
		s.Notices = map[string]trust.TextJSON{"handover": {ZH: "请到东门交接", EN: "Please hand over at the east gate"}}
	},
	"site-passback":      func(s *trust.SiteJSON) { s.Rules.Passback = &trust.PassbackJSON{Mode: "timed"} },
	"site-passback-soft": func(s *trust.SiteJSON) { s.Rules.Passback = &trust.PassbackJSON{Mode: "soft"} },
	"site-stale": func(s *trust.SiteJSON) {
		s.Rules.Stale = &trust.StaleJSON{Mark: new(int64(60)), Restrict: new(int64(120)), Refuse: new(int64(180))}
	},
	"site-clock":      func(s *trust.SiteJSON) { s.Rules.ClockUnknown = "allow" },
	"site-present":    func(s *trust.SiteJSON) { s.Rules.Present = true },
	"site-exit-grace": func(s *trust.SiteJSON) { s.Rules.ExitGrace = new(int64(600)) },
}

func only(issuer uint32) trust.Issuers { return trust.Issuers{IDs: []uint32{issuer}} }

// admits makes rows, at a site where no list is too old: the hours of the
// vectors are spread over a year.
func admits(rows ...trust.AdmitJSON) func(*trust.SiteJSON) {
	return func(s *trust.SiteJSON) {
		long := int64(1_000_000_000)
		s.Rules.Stale = &trust.StaleJSON{Mark: &long, Restrict: &long, Refuse: &long}
		s.Rules.Admit = rows
	}
}

// vectorDocuments are the files of documents/.
func vectorDocuments(t *testing.T) map[string][]byte {
	w := vectorWorld(t)
	notes := w.Notes()
	files := map[string][]byte{
		"roots": []byte(w.Roots.Keys[0].Text + "\n"),
		"trust": notes[0], "state-empty": notes[2], "heartbeat-empty": notes[3],
	}
	for name, edit := range siteRules {
		other := vectorWorld(t)
		edit(&other.Site)
		files[name] = other.Notes()[1]
	}
	for _, kind := range []revocation.Kind{revocation.Riders, revocation.Passes} {
		id, values := uint32(1), [3]uint32{7, 8, 9}
		if kind == revocation.Passes {
			id, values = verifytest.Kid, [3]uint32{700, 800, 900}
		}
		revoked, held := revocation.Section{Kind: kind, ID: id}, revocation.Section{Kind: kind, ID: id, Class: revocation.HoldClass}
		w.List(revoked, values[0])
		w.List(held, values[1])
		w.List(revoked, values[2])
		w.List(held, values[2])
	}
	w.List(revocation.Section{Kind: revocation.Riders, ID: 2}, verifytest.Rider)
	w.List(revocation.Section{Kind: revocation.Cutoff, ID: kidCut}, verifytest.Begin)
	w.At++
	listed := w.Notes()
	files["state-listed"], files["heartbeat-listed"] = listed[2], listed[3]

	forged := vectorWorld(t)
	forged.Revocation = forged.SiteSigner
	files["heartbeat-not-entitled"] = forged.Notes()[3]
	newer := vectorWorld(t)
	newer.Notes()
	newer.Trust.IssuedAt++
	files["heartbeat-of-newer-trust"] = newer.Notes()[3]
	elsewhere := vectorWorld(t)
	elsewhere.Site.Site = 1002
	files["site-of-another"] = mustMake(document.Sign(document.Site, elsewhere.Site, elsewhere.SiteSigner))
	return files
}
