package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// The names under which Accept keeps what it accepted.
const (
	heldTrust     = "trust"                 // the note
	heldSite      = "site"                  // the note
	heldKids      = "known-kids"            // kids, as JSON
	heldHeartbeat = "heartbeat"             // heldBeat, as JSON
	heldPart      = "revocation-part-%04d"  // the slices of a whole encoded state, from 1
	heldDelta     = "revocation-delta-%03d" // the notes of the deltas since, from 1
	heldTip       = "revocation-tip"        // heldEnd, as JSON: what was whole, and where they lead: the state in force
	heldCommand   = "command"               // heldOrder, as JSON: the newest command accepted
)

// ErrDamaged is wrapped for each part that Load could not read. The part is
// unknown, which is not the same as empty, and comes back from the broker.
var ErrDamaged = errors.New("cannot be read back")

// keptTwice is the largest state in bytes that is kept twice, like every small
// document.
const keptTwice = 256 << 10

// kept is how the state in force lies on disk: a whole one, and deltas after it,
// so that one more revocation does not write ten million again.
type kept struct {
	base   heldHead           // of the whole state
	size   int                // of its encoding
	deltas int                // after it
	bytes  int                // of those
	fresh  []revocation.Delta // those of this Accept, not yet on disk
	whole  bool               // this Accept writes a whole state anew
	slices [][]byte           // of it, as they came; nil: it is to be encoded
}

// add takes one more delta, until they are too many or outweigh the whole.
func (k *kept) add(d revocation.Delta) {
	if k.whole {
		k.slices = nil // the state has gone on from what came
		return
	}
	k.deltas++
	k.bytes += len(d.Raw)
	k.fresh = append(k.fresh, d)
	if k.deltas > maxChain || k.bytes > max(k.size, 256<<10) {
		*k = kept{whole: true, base: k.base}
	}
}

// write gives put a whole state, in slices so that it need never lie in memory as
// one piece. Those of a longer one before it are emptied.
func (k kept) write(s *revocation.State, put func(document.Held)) kept {
	slices := k.slices
	if slices == nil {
		slices = s.Set.EncodeInParts()
	}
	next := kept{base: heldHead{s.Epoch, s.Seq, s.Hash[:], s.IssuedAt, len(slices)}}
	for _, b := range slices {
		next.size += len(b)
	}
	for i, b := range slices {
		put(document.Held{Name: fmt.Sprintf(heldPart, i+1), Body: b, Once: next.size > keptTwice})
	}
	for i := len(slices); i < k.base.Parts; i++ {
		put(document.Held{Name: fmt.Sprintf(heldPart, i+1), Body: []byte{}})
	}
	return next
}

// heldHead is the whole state on the disk.
type heldHead struct {
	Epoch    int64  `json:"epoch"`
	Seq      int64  `json:"seq"`
	Hash     []byte `json:"hash"`
	IssuedAt int64  `json:"issued_at"`
	Parts    int    `json:"parts"`
}

type heldEnd struct {
	Base   heldHead `json:"base"`
	Epoch  int64    `json:"epoch"`
	Seq    int64    `json:"seq"`
	Hash   []byte   `json:"hash"`
	Deltas int      `json:"deltas"`
}

type heldBeat struct {
	Last  []byte     `json:"last,omitempty"` // the note of the newest heartbeat; none after a new epoch has begun
	Boot  string     `json:"boot,omitempty"`
	Proof *heldProof `json:"proof,omitempty"`
}

type heldOrder struct {
	IssuedMS int64 `json:"issued_at_ms"`
}

type heldProof struct {
	Epoch    int64  `json:"epoch"`
	Seq      int64  `json:"seq"`
	Hash     []byte `json:"hash"`
	Trust    int64  `json:"trust"`
	IssuedAt int64  `json:"issued_at"`
}

// keep is what differs from before and must be on disk.
func (d *Documents) keep(before *Documents) ([]document.Held, error) {
	var all []document.Held
	var failed error
	put := func(name string, body []byte) { all = append(all, document.Held{Name: name, Body: body}) }
	putJSON := func(name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			failed = fmt.Errorf("encode %s: %w", name, err)
		}
		put(name, b)
	}
	if d.Trust != before.Trust {
		put(heldTrust, d.Trust.Raw)
	}
	if d.Site != before.Site {
		put(heldSite, d.Site.Raw)
	}
	if !sameKids(d.kids.Trust, before.kids.Trust) || !sameKids(d.kids.Site, before.kids.Site) {
		putJSON(heldKids, d.kids)
	}
	if d.State != before.State {
		if d.kept.whole {
			d.kept = d.kept.write(d.State, func(h document.Held) { all = append(all, h) })
		}
		for i, delta := range d.kept.fresh {
			put(fmt.Sprintf(heldDelta, d.kept.deltas-len(d.kept.fresh)+1+i), delta.Raw)
		}
		putJSON(heldTip, heldEnd{d.kept.base, d.State.Epoch, d.State.Seq, d.State.Hash[:], d.kept.deltas})
	}
	if d.Heartbeat != before.Heartbeat || d.Proof != before.Proof || d.heard != before.heard {
		putJSON(heldHeartbeat, d.beat())
	}
	if d.commanded != before.commanded {
		putJSON(heldCommand, heldOrder{d.commanded})
	}
	return all, failed
}

func sameKids(a, b map[uint16]trust.Known) bool {
	return maps.EqualFunc(a, b, func(x, y trust.Known) bool {
		return x.Void == y.Void && string(x.Public) == string(y.Public)
	})
}

// beat is the heartbeat as it is kept.
func (d *Documents) beat() heldBeat {
	b := heldBeat{Boot: d.heard}
	if d.Heartbeat != nil {
		b.Last = d.Heartbeat.Raw
	}
	if p := d.Proof; p != nil {
		b.Proof = &heldProof{p.Epoch, p.Seq, p.Hash[:], p.Trust, p.IssuedAt}
	}
	return b
}
