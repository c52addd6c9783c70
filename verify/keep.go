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
	heldState     = "revocation"            // a line of JSON, heldHead, then a whole encoded state
	heldDelta     = "revocation-delta-%03d" // the notes of the deltas since, from 1
	heldTip       = "revocation-tip"        // where they lead, heldEnd: the state in force
	heldCommand   = "command"               // heldOrder, as JSON: the newest command accepted
)

// ErrDamaged is wrapped for each part that Load could not read. The part is
// unknown, which is not the same as empty, and comes back from the broker.
var ErrDamaged = errors.New("cannot be read back")

// kept is how the state in force lies on disk: a whole one, and deltas after it,
// so that one more revocation does not write ten million again.
type kept struct {
	size   int                // of the whole state's encoding
	deltas int                // after it
	bytes  int                // of those
	fresh  []revocation.Delta // those of this Accept, not yet on disk
	whole  bool               // this Accept writes a whole state anew
}

// add takes one more delta, until they are too many or outweigh the whole.
func (k *kept) add(d revocation.Delta) {
	if k.whole {
		return
	}
	k.deltas++
	k.bytes += len(d.Raw)
	k.fresh = append(k.fresh, d)
	if k.deltas > maxChain || k.bytes > max(k.size, 256<<10) {
		*k = kept{whole: true}
	}
}

type heldHead struct {
	Epoch    int64  `json:"epoch"`
	Seq      int64  `json:"seq"`
	Hash     []byte `json:"hash"`
	IssuedAt int64  `json:"issued_at"`
}

type heldEnd struct {
	Epoch  int64  `json:"epoch"`
	Seq    int64  `json:"seq"`
	Hash   []byte `json:"hash"`
	Deltas int    `json:"deltas"`
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
			encoded := d.State.Set.Encode()
			head, err := json.Marshal(heldHead{d.State.Epoch, d.State.Seq, d.State.Hash[:], d.State.IssuedAt})
			if err != nil {
				return nil, fmt.Errorf("encode %s: %w", heldState, err)
			}
			put(heldState, append(append(head, '\n'), encoded...))
			d.kept = kept{size: len(encoded)}
		}
		for i, delta := range d.kept.fresh {
			put(fmt.Sprintf(heldDelta, d.kept.deltas-len(d.kept.fresh)+1+i), delta.Raw)
		}
		putJSON(heldTip, heldEnd{d.State.Epoch, d.State.Seq, d.State.Hash[:], d.kept.deltas})
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
