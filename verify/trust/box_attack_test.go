package trust_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// The attacks on trust list and site document, on a whole box: nothing of what it
// enforces or keeps changes, and the alarm is raised where a signer contradicts
// himself, not where the broker plays.

func say(tb testing.TB, kind document.Type, v any, by ...note.Signer) []byte {
	tb.Helper()
	raw, err := document.Sign(kind, v, by...)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// nextList is the trust list that follows, changed.
func nextList(b *verifytest.Target, change ...func(*trust.ListJSON)) trust.ListJSON {
	j := b.Trust
	j.Version = b.Docs.Trust.Version + 1
	j.Keys, j.Authorities, j.Roots = slices.Clone(j.Keys), slices.Clone(j.Authorities), slices.Clone(j.Roots)
	for _, c := range change {
		c(&j)
	}
	return j
}

// nextSite is the site document that follows, changed.
func nextSite(b *verifytest.Target, change ...func(*trust.SiteJSON)) trust.SiteJSON {
	j := b.Site
	j.Version = b.Docs.Site.Version + 1
	j.Keys = slices.Clone(j.Keys)
	for _, c := range change {
		c(&j)
	}
	return j
}

func TestAttackArbitraryContent(t *testing.T) {
	b := verifytest.NewTarget(t)
	for _, raw := range [][]byte{say(t, document.Trust, nextList(b), b.Root), say(t, document.Site, nextSite(b), b.SiteSigner)} {
		for i := 0; i < len(raw)-len("x=\n"); i += 3 { // the last character of a signature has bits that mean nothing
			changed := slices.Clone(raw)
			changed[i] ^= 2
			b.Withstand(t, changed, false)
		}
		b.Take(t, raw)
	}
}

func TestAttackRollback(t *testing.T) {
	b := verifytest.NewTarget(t)
	old := b.Notes()[:2]
	b.Take(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) { j.Keys[0].State = "void" }), b.Root))
	b.Take(t, say(t, document.Site, nextSite(b), b.SiteSigner))
	for _, raw := range append(old, old...) {
		b.Withstand(t, raw, false)
	}
}

func TestAttackFreeze(t *testing.T) {
	b := verifytest.NewTarget(t)
	b.Later(47 * time.Hour)
	frozen := func() bool {
		return slices.ContainsFunc(b.Docs.Alarms(b.Roots, b.Box, b.At), func(a gate.Text) bool { return strings.Contains(a.EN, "older than 48 h") })
	}
	if frozen() {
		t.Error("an alarm after 47 h")
	}
	b.Later(time.Hour)
	for _, raw := range b.Notes() {
		b.Withstand(t, raw, false)
	}
	if !frozen() {
		t.Error("a site document of two days ago, and no alarm")
	}
}

func TestAttackFastForward(t *testing.T) {
	const most = 1<<53 - 1
	b := verifytest.NewTarget(t)
	b.Withstand(t, say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Epoch = most }), b.SiteSigner), false)
	b.Take(t, say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Version = most }), b.SiteSigner)) // the thief can
	b.Withstand(t, say(t, document.Site, b.Site, b.SiteSigner), false)
	// The roots end it.
	b.Trust.Epoch, b.Site.Epoch, b.World.At = 2, 2, b.At.Time.Unix()
	b.Docs = b.Deliver(b.Docs, b.At)
	if b.Docs.Site.Epoch != 2 || b.Docs.Site.Version == most {
		t.Errorf("the site document is %d.%d", b.Docs.Site.Epoch, b.Docs.Site.Version)
	}
}

func TestAttackMixAndMatch(t *testing.T) {
	b := verifytest.NewTarget(t)
	// A site document of another epoch beside this list; one version, two texts.
	b.Withstand(t, say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Epoch = 2 }), b.SiteSigner), false)
	b.Withstand(t, say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Version--; j.Name = "twin" }), b.SiteSigner), true)
	b.Withstand(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) { j.Version--; j.Issuers = nil }), b.Root), true)
}

func TestAttackEndlessData(t *testing.T) {
	b := verifytest.NewTarget(t)
	long := strings.Repeat("x", trust.MaxList)
	b.Withstand(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) { j.Issuers = []trust.Issuer{{ID: 1, Name: long}} }), b.Root), false)
	holds := make([]trust.Hold, 1001)
	b.Withstand(t, say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Held = holds }), b.SiteSigner), true)
	b.Withstand(t, make([]byte, document.MaxBytes+1), false)
}

func TestAttackDuplicateNames(t *testing.T) {
	b := verifytest.NewTarget(t)
	for _, tt := range []struct {
		kind document.Type
		raw  []byte
		by   note.Signer
	}{{document.Trust, say(t, document.Trust, nextList(b), b.Root), b.Root}, {document.Site, say(t, document.Site, nextSite(b), b.SiteSigner), b.SiteSigner}} {
		object := strings.Split(string(tt.raw), "\n")[1]
		for _, twice := range []string{`"version":900,`, `"Version":900,`, `"x":{"a":1,"A":2},`} {
			text := string(tt.kind) + "\n" + strings.Replace(object, "{", "{"+twice, 1) + "\n"
			raw, err := note.Sign(&note.Note{Text: text}, tt.by) // by the entitled himself
			if err != nil {
				t.Fatal(err)
			}
			b.Withstand(t, raw, false)
		}
	}
}

// TestAttackKeyCompromise goes through PROTOCOL 6: what the thief of each key can
// do, what he cannot, and what ends it. That of the revocation key stands in
// package revocation.
func TestAttackKeyCompromise(t *testing.T) {
	for _, role := range []trust.Role{trust.RoleSite, trust.RoleCommand, trust.RoleCosign} {
		t.Run(string(role), func(t *testing.T) {
			b, thief := appoint(t, role)
			wantCan(t, b, thief, role)
			b.Take(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) {
				j.Authorities = slices.DeleteFunc(j.Authorities, func(a trust.AuthorityJSON) bool { return a.Name == "thief" })
			}), b.Root))
			wantCan(t, b, thief, "")
		})
	}
	t.Run("pass key", func(t *testing.T) {
		b := verifytest.NewTarget(t)
		v := b.Verifier()
		code := func() string { return b.Bearer(b.Header()) }
		if d := v(code()); d.Verdict != gate.Open {
			t.Errorf("he cannot: %s", d.Reason)
		}
		tooLong := b.Header()
		tooLong.TTL = 86400/10 + 1
		if d := v(b.Bearer(tooLong)); d.Reason != gate.TTLTooLong {
			t.Errorf("longer than the key may: %s", d.Reason)
		}
		b.Take(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) { j.Keys[0].State = "void" }), b.Root))
		if d := b.Verifier()(code()); d.Reason != gate.KeyVoid {
			t.Errorf("after it is void: %s", d.Reason)
		}
	})
	t.Run("gate", func(t *testing.T) {
		b, thief := appoint(t, "")
		wantCan(t, b, thief, "")
		next := nextSite(b, func(j *trust.SiteJSON) { j.Gates = []trust.GateJSON{{ID: verifytest.GateID, Tag: verifytest.Tag}} })
		b.Take(t, say(t, document.Site, next, b.SiteSigner))
		if g, _ := b.Docs.Site.Gate(verifytest.GateID); g.Key.Text != "" {
			t.Error("a new site document does not end it")
		}
	})
	t.Run("roots below the threshold", func(t *testing.T) {
		inForce := accepted(t, list(t), nil, "a", "b")
		attempt(t, inForce, document.ErrUnsigned, list(t, func(j *trust.ListJSON) { j.Version = 2 }), "a")
	})
}

// appoint makes a box in whose world the thief's key has one role; with none, it
// is that of the gate itself.
func appoint(t *testing.T, role trust.Role) (*verifytest.Target, note.Signer) {
	t.Helper()
	b := verifytest.NewTarget(t)
	thief := signer(t, "thief", "thief")
	if role == "" {
		next := nextSite(b, func(j *trust.SiteJSON) {
			j.Gates = []trust.GateJSON{{ID: verifytest.GateID, Tag: verifytest.Tag, Key: verifier(t, "thief", "thief")}}
		})
		b.Take(t, say(t, document.Site, next, b.SiteSigner))
		return b, thief
	}
	b.Take(t, say(t, document.Trust, nextList(b, func(j *trust.ListJSON) {
		j.Authorities = append(j.Authorities, trust.AuthorityJSON{
			Name: "thief", Key: verifier(t, "thief", "thief"), Roles: []trust.Role{role}, Sites: []string{"*"},
		})
	}), b.Root))
	return b, thief
}

// wantCan demands that the thief can do what the role can, and nothing else.
func wantCan(t *testing.T, b *verifytest.Target, thief note.Signer, role trust.Role) {
	t.Helper()
	hash := b.Docs.State.Hash
	b.Withstand(t, say(t, document.Trust, nextList(b), thief), false)
	b.Withstand(t, say(t, document.Heartbeat, revocation.HeartbeatJSON{
		Epoch: 1, Seq: b.Docs.State.Seq, Hash: hash[:], Trust: 1, Snapshot: 1, Parts: 1, IssuedAt: b.Docs.Heartbeat.IssuedAt + 60,
	}, thief), false)
	site := say(t, document.Site, nextSite(b, func(j *trust.SiteJSON) { j.Name = "his" }), thief)
	if role == trust.RoleSite {
		b.Take(t, site)
	} else {
		b.Withstand(t, site, false)
	}
	c, err := b.Docs.Command(say(t, document.Command, map[string]any{
		"site": verifytest.SiteNumber, "gate": verifytest.GateID, "id": "1", "verb": "open",
		"issued_at_ms": b.At.Time.UnixMilli(), "expires_at_ms": b.At.Time.UnixMilli() + 1,
	}, thief), b.Box, b.At)
	if opens := err == nil && c.Reason == gate.OK; opens != (role == trust.RoleCommand) {
		t.Errorf("he opens the gate: %t, %v", opens, err)
	}
	cosigns := slices.ContainsFunc(b.Docs.Trust.Signers(trust.RoleCosign, 0), func(k document.Key) bool { return k.Name == "thief" })
	if cosigns != (role == trust.RoleCosign) {
		t.Errorf("he cosigns: %t", cosigns)
	}
	// He makes no passes in any case.
	h := b.Header()
	code, err := pass.SignBearer(h, private("thief"))
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Verifier()(code); d.Reason != gate.BadSignature {
		t.Errorf("a pass of his: %s", d.Reason)
	}
}
