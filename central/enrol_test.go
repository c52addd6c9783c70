package central_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/verify/enrolment"
)

// newBoxKeys are the keys of a box that is to become a gate.
type newBoxKeys struct {
	signer note.Signer
	key    string
	tls    *ecdsa.PrivateKey
}

func makeBox(t *testing.T, id string) newBoxKeys {
	t.Helper()
	signer, key := newKey(t, id)
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return newBoxKeys{signer, key, k}
}

func (b newBoxKeys) request(t *testing.T, id string, token []byte) []byte {
	t.Helper()
	csr, err := enrolment.NewCSR(id, b.tls)
	must(t, err)
	raw, err := enrolment.Request{Gate: id, Site: site, Key: b.key, CSR: csr, Token: token}.Sign(b.signer)
	must(t, err)
	return raw
}

// listed is the key of each gate in the site document that a box holds.
func listed(t *testing.T, w *world) map[string]string {
	t.Helper()
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	keys := map[string]string{}
	for _, g := range b.docs.Site.Gates {
		keys[g.ID] = g.Key.Text
	}
	return keys
}

// withdrawn says whether the list of withdrawn certificates, which the authority
// must have signed, has this one.
func withdrawn(t *testing.T, w *world, certificate []byte) bool {
	t.Helper()
	ca, err := w.CA()
	must(t, err)
	raw, err := os.ReadFile(w.CRLPath())
	must(t, err)
	block, _ := pem.Decode(raw)
	list, err := x509.ParseRevocationList(block.Bytes)
	must(t, err)
	must(t, list.CheckSignatureFrom(parse(t, ca)))
	c := parse(t, certificate)
	return slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(c.SerialNumber) == 0 })
}

func parse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	return c
}

func invite(t *testing.T, w *world, id string, replaces bool) []byte {
	t.Helper()
	token, err := w.Invite(t.Context(), central.Invitation{Gate: id, Site: site, Replaces: replaces, Life: time.Hour})
	must(t, err)
	return token
}

func wantNotEnrolled(t *testing.T, w *world, raw []byte, sentence string) {
	t.Helper()
	before := listed(t, w)
	_, _, err := w.Enrol(t.Context(), raw)
	var no central.NotEnrolled
	if !errors.As(err, &no) || !strings.Contains(no.Why.EN, sentence) || no.Why.ZH == "" {
		t.Errorf("error is %v, want a refusal with %q in both languages", err, sentence)
	}
	for id, key := range listed(t, w) {
		if before[id] != key {
			t.Errorf("gate %s has another key after a refusal", id)
		}
	}
}

func TestABoxEnrolsOnce(t *testing.T) {
	w := newWorld(t, afternoon())
	token := invite(t, w, "west-1", false)
	box, other := makeBox(t, "west-1"), makeBox(t, "west-1")
	if _, there := listed(t, w)["west-1"]; there {
		t.Fatal("a gate is listed before its box has enrolled")
	}
	id, certificate, err := w.Enrol(t.Context(), box.request(t, "west-1", token))
	must(t, err)
	if id != "west-1" || listed(t, w)["west-1"] != box.key {
		t.Errorf("enrolled %s, listed with %q", id, listed(t, w)["west-1"])
	}
	ca, err := w.CA()
	must(t, err)
	must(t, enrolment.CheckCertificate(certificate, parse(t, ca), "west-1", &box.tls.PublicKey))
	if c := parse(t, certificate); c.NotAfter.Sub(w.now) < 3649*24*time.Hour || c.IsCA || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
		t.Errorf("the certificate ends %v, is an authority: %v, is for %v", c.NotAfter, c.IsCA, c.ExtKeyUsage)
	}
	wantErr(t, enrolment.CheckCertificate(certificate, parse(t, ca), "west-1", &other.tls.PublicKey), enrolment.ErrNotOurs)
	wantErr(t, enrolment.CheckCertificate(certificate, parse(t, ca), "west-2", &box.tls.PublicKey), enrolment.ErrNotOurs)

	_, again, err := w.Enrol(t.Context(), box.request(t, "west-1", token)) // the answer was lost
	must(t, err)
	if string(again) != string(certificate) {
		t.Error("the same keys got another certificate")
	}
	wantNotEnrolled(t, w, other.request(t, "west-1", token), "spent")
}

func TestBoxesThatAreNotEnrolled(t *testing.T) {
	w := newWorld(t, afternoon())
	box := makeBox(t, "west-1")
	first := invite(t, w, "west-1", false)
	token := invite(t, w, "west-1", false)
	wantNotEnrolled(t, w, box.request(t, "west-1", first), "not known")
	wantNotEnrolled(t, w, makeBox(t, "west-2").request(t, "west-2", token), "another gate")
	wantNotEnrolled(t, w, []byte("hello"), "cannot be read")
	stolen := box.request(t, "west-1", token)
	wantNotEnrolled(t, w, []byte(strings.Replace(string(stolen), `"site":1001`, `"site":1002`, 1)), "not signed")

	_, err := w.AddGate(t.Context(), "west-1", site, makeBox(t, "west-1").key)
	must(t, err)
	wantNotEnrolled(t, w, stolen, "another box meanwhile")
	_, err = w.Invite(t.Context(), central.Invitation{Gate: "west-1", Site: site, Life: time.Hour})
	wantErr(t, err, central.ErrHasBox)

	token = invite(t, w, "west-1", true)
	w.now = w.now.Add(time.Hour)
	wantNotEnrolled(t, w, box.request(t, "west-1", token), "expired")

	for _, i := range []central.Invitation{
		{Gate: "central", Site: site, Life: time.Hour},
		{Gate: "broker", Site: site, Life: time.Hour},
		{Gate: "platform-1", Site: site, Life: time.Hour},
		{Gate: "north", Site: site},
	} {
		_, err := w.Invite(t.Context(), i)
		wantErr(t, err, central.ErrAsked)
	}
	_, err = w.Invite(t.Context(), central.Invitation{Gate: "north", Site: 9, Life: time.Hour})
	wantErr(t, err, central.ErrNoSite)
}

// Another box takes a gate's place: the old one's certificate, key and log are
// its past, and nobody is alarmed.
func TestABoxIsReplaced(t *testing.T) {
	w := newWorld(t, afternoon())
	old := makeBox(t, gateID)
	_, certificate, err := w.Enrol(t.Context(), old.request(t, gateID, invite(t, w, gateID, true)))
	must(t, err)
	w.gate = old.signer
	before := newLog(t, w, "log1")
	before.grow(t, 20)
	w.ingest(t, before.records(t, 0, 10), before.checkpoint(t, 10), before.checkpoint(t, 20)) // ten are still on the old card
	w.wantLog(t, before, 10, 10, central.AlarmGap)

	box := makeBox(t, gateID)
	_, fresh, err := w.Enrol(t.Context(), box.request(t, gateID, invite(t, w, gateID, true)))
	must(t, err)
	if !withdrawn(t, w, certificate) || withdrawn(t, w, fresh) {
		t.Error("the old certificate must be withdrawn, and the new one must not")
	}
	if key := listed(t, w)[gateID]; key != box.key {
		t.Errorf("listed with %q, want the new box's key", key)
	}
	w.gate = box.signer
	after := newLog(t, w, "log2")
	after.grow(t, 10)
	w.ingest(t, before.checkpoint(t, 10)) // retained by the broker, and asked for again with the new site document
	w.ingest(t, after.records(t, 0, 10), after.checkpoint(t, 10))
	w.wantLog(t, after, 10, 10)
	report, err := w.Records(t.Context(), gateID)
	must(t, err)
	for _, g := range report.Gates {
		if len(g.Alarms) > 0 {
			t.Errorf("log %s raises %q", g.Log, g.Alarms)
		}
	}

	third := *after // what nobody has announced is an alarm as ever
	third.name, third.entries = "log3", nil
	third.grow(t, 5)
	w.ingest(t, third.records(t, 0, 5), third.checkpoint(t, 5))
	w.wantLog(t, &third, 5, 5, central.AlarmNewLog)
}

func TestAFileForAGateIsWithdrawn(t *testing.T) {
	w := newWorld(t, afternoon())
	lost := invite(t, w, "north", false)
	must(t, w.WithdrawGate(t.Context(), "north"))
	wantNotEnrolled(t, w, makeBox(t, "north").request(t, "north", lost), "not known")
	wantErr(t, w.WithdrawGate(t.Context(), "north"), central.ErrNoGate)
}

func TestAGateIsWithdrawn(t *testing.T) {
	w := newWorld(t, afternoon())
	box := makeBox(t, gateID)
	_, certificate, err := w.Enrol(t.Context(), box.request(t, gateID, invite(t, w, gateID, true)))
	must(t, err)
	w.gate = box.signer
	l := newLog(t, w, "log1")
	l.grow(t, 10)
	w.ingest(t, l.records(t, 0, 5), l.checkpoint(t, 10)) // waits for five
	open := invite(t, w, gateID, true)

	must(t, w.WithdrawGate(t.Context(), gateID))
	if _, there := listed(t, w)[gateID]; there || !withdrawn(t, w, certificate) {
		t.Errorf("still listed: %v, certificate withdrawn: %v", there, withdrawn(t, w, certificate))
	}
	wantNotEnrolled(t, w, box.request(t, gateID, open), "not known")
	w.ingest(t, l.records(t, 5, 10), l.checkpoint(t, 10))
	if c, signers := w.cosigned(t); signers != 0 {
		t.Errorf("a withdrawn gate's checkpoint was cosigned: %+v", c)
	}
	wantErr(t, w.WithdrawGate(t.Context(), "north"), central.ErrNoGate)

	back := makeBox(t, gateID)
	_, _, err = w.Enrol(t.Context(), back.request(t, gateID, invite(t, w, gateID, false)))
	must(t, err)
	if tag, err := w.Tag(t.Context(), gateID, site); err != nil || tag != 1 || listed(t, w)[gateID] != back.key {
		t.Errorf("the gate is back with tag %d (%v), listed with %q", tag, err, listed(t, w)[gateID])
	}
}
