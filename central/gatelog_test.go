package central_test

import (
	"crypto/ecdh"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/central"
	"gated/gate"
	"gated/verify/record"
)

// gateLog is the journal of a gate in a test.
type gateLog struct {
	name    string
	entries []record.Entry
	seal    *ecdh.PublicKey
	signer  note.Signer
}

// newLog begins a log of the world's gate, which knows whom to seal persons to.
func newLog(t testing.TB, w *world, name string) *gateLog {
	t.Helper()
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	return &gateLog{name: name, seal: b.docs.Trust.Seal(), signer: w.gate}
}

// grow appends n records; every second one has a person.
func (l *gateLog) grow(t testing.TB, n int) {
	t.Helper()
	for range n {
		seq := uint64(len(l.entries))
		r := gate.Record{
			Kind: gate.KindAccess, At: gate.Moment{Time: time.Unix(1_800_000_000+int64(seq), 0), State: gate.ClockSynced, Start: 1},
			Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
		}
		if seq%2 == 0 {
			r.Person = &gate.Person{Issuer: 1, Kid: kid, Serial: uint32(seq), Rider: 42}
		}
		e, err := record.Encode(l.name, seq, r)
		must(t, err)
		l.entries = append(l.entries, e)
	}
}

// records is the message with the entries from first up to, not including, end.
func (l *gateLog) records(t testing.TB, first, end int) central.Message {
	t.Helper()
	b := record.Batch{Log: l.name, First: uint64(first), Entries: l.entries[first:end]}
	payload, err := b.Encode(l.seal)
	must(t, err)
	return central.Message{Topic: "gates/" + gateID + "/records", Payload: payload}
}

// checkpoint is the message with the signed checkpoint of that size.
func (l *gateLog) checkpoint(t testing.TB, size int) central.Message {
	t.Helper()
	c := record.Checkpoint{Origin: record.Origin(site, gateID, l.name), Size: uint64(size), Root: root(l.entries[:size])}
	payload, err := c.Sign(l.signer)
	must(t, err)
	return central.Message{Topic: "gates/" + gateID + "/checkpoint", Payload: payload, Retained: true}
}

// root is RFC 6962's definition, word for word.
func root(entries []record.Entry) tlog.Hash {
	if len(entries) == 1 {
		return record.Hash(entries[0].Leaf)
	}
	k := 1
	for k*2 < len(entries) {
		k *= 2
	}
	return tlog.NodeHash(root(entries[:k]), root(entries[k:]))
}

// ingest hands messages over, each in a change of its own.
func (w *world) ingest(t testing.TB, msgs ...central.Message) {
	t.Helper()
	for _, m := range msgs {
		_, err := w.Ingest(t.Context(), m)
		must(t, err)
	}
}

// log is the report on one log.
func (w *world) log(t testing.TB, name string) central.GateReport {
	t.Helper()
	r, err := w.Records(t.Context(), gateID)
	must(t, err)
	for _, g := range r.Gates {
		if g.Log == name {
			return g
		}
	}
	return central.GateReport{Gate: gateID}
}

// wantLog checks what is held and cosigned of a log, and the kinds of its open
// alarms.
func (w *world) wantLog(t testing.TB, l *gateLog, records, cosigned int, alarms ...string) {
	t.Helper()
	g := w.log(t, l.name)
	if g.Records != uint64(records) || g.Cosigned != uint64(cosigned) {
		t.Errorf("%d records and %d cosigned, not %d and %d", g.Records, g.Cosigned, records, cosigned)
	}
	var kinds []string
	for _, a := range g.Alarms {
		var kind string
		fmt.Sscanf(a, "%s", &kind)
		kinds = append(kinds, kind[:len(kind)-1])
	}
	if fmt.Sprint(kinds) != fmt.Sprint(alarms) {
		t.Errorf("alarms are %q, not %q", g.Alarms, alarms)
	}
}

// cosigned is what the server has put out for the gate, with whose signatures.
func (w *world) cosigned(t testing.TB) (c record.Checkpoint, signers int) {
	t.Helper()
	broker, _ := published(t, w)
	raw := broker.get("gates/" + gateID + "/cosigned")
	if raw == nil {
		return c, 0
	}
	b := newBox(t, w)
	b.hears(t, broker.documents())
	var known []note.Verifier
	for _, k := range b.docs.Trust.Signers("cosign", 0) {
		known = append(known, k.Verifier())
	}
	g, _ := b.docs.Site.Gate(gateID)
	known = append(known, g.Key.Verifier())
	c, by, err := record.OpenCheckpoint(raw, known...)
	must(t, err)
	return c, len(by)
}
