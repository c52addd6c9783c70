package verifytest

import (
	"encoding/json"
	"errors"

	"gated/gate"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// advance makes the documents that follow from what has changed in the public
// fields, and passes them through the readers that the box has.
func (w *World) advance() {
	if w.list == nil || spell(w.Trust) != w.saidTrust {
		w.Trust.Version++
		w.list = must(trust.Accept(parse(document.Sign(document.Trust, w.Trust, w.Root)), w.list, w.Roots))
		w.saidTrust = spell(w.Trust)
	}
	if w.site == nil || spell(w.Site) != w.saidSite {
		w.Site.Version++
		note := parse(document.Sign(document.Site, w.Site, w.SiteSigner))
		w.site = must(trust.AcceptSite(note, w.Site.Site, w.list, w.site))
		w.saidSite = spell(w.Site)
	}
	if hash := w.Revoked.Hash(); w.state == nil || hash != w.state.Hash || w.state.Epoch != w.Trust.Epoch {
		w.seq++
		w.state = &revocation.State{Epoch: w.Trust.Epoch, Seq: w.seq, Hash: hash, IssuedAt: w.At, Set: w.Revoked}
	}
}

// Notes are the signed documents that bring an empty box to what Documents
// returns, in the order in which a central server publishes them: trust list,
// site document, every part of a snapshot, heartbeat. It panics as Documents
// does.
func (w *World) Notes() [][]byte {
	w.advance()
	parts := revocation.Split(w.Trust.Epoch, w.seq, w.state.IssuedAt, w.Revoked.Encode())
	notes := [][]byte{w.list.Raw, w.site.Raw}
	for _, p := range parts {
		notes = append(notes, must(document.Sign(document.Snapshot, p, w.Revocation)))
	}
	return append(notes, must(document.Sign(document.Heartbeat, revocation.HeartbeatJSON{
		Epoch: w.Trust.Epoch, Seq: w.seq, Hash: w.state.Hash[:], Trust: w.list.Version,
		Snapshot: w.seq, Parts: int64(len(parts)), IssuedAt: w.At,
	}, w.Revocation)))
}

// Deliver passes Notes through the box's own Accept, from d on, and returns what
// is to be enforced then. It panics if a note is refused that d does not hold
// already.
func (w *World) Deliver(d *verify.Documents, at gate.Moment) *verify.Documents {
	for _, raw := range w.Notes() {
		o, err := d.Accept(raw, w.Roots, w.Box, at)
		if err != nil && !errors.Is(err, verify.ErrKnown) {
			panic(err)
		}
		d = o.Next
	}
	return d
}

// spell is the JSON of what a document says, to see whether it has changed.
func spell(v any) string { return string(must(json.Marshal(v))) }
