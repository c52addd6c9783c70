package revocation

import (
	"crypto/sha256"
	"fmt"

	"gated/verify/document"
)

// MaxParts is the largest number of parts of a snapshot: a publisher may cut a
// full state into slices of a quarter of MaxPart.
const MaxParts = 4 * MaxState / MaxPart

// Heartbeat is the proof of freshness.
type Heartbeat struct {
	Epoch    int64
	Seq      int64
	Hash     [32]byte
	Trust    int64 // version of the trust list
	Snapshot int64 // seq of the newest snapshot that is whole on the broker
	Parts    int64 // of that snapshot, 1…MaxParts
	IssuedAt int64
	Raw      []byte // the note, byte for byte
}

// SnapshotPart is one slice of an encoded state.
type SnapshotPart struct {
	Epoch, Seq, IssuedAt int64
	Part, Parts          int64 // Part is 1…Parts
	Hash                 [32]byte
	Body                 []byte
}

// Delta leads from one state to a later one.
type Delta struct {
	Epoch, From, To, IssuedAt int64
	Add, Remove               []byte // encoded sets
	Hash                      [32]byte
	Raw                       []byte // the note, byte for byte
}

// HeartbeatJSON is a heartbeat on the wire, for whoever publishes one.
type HeartbeatJSON struct {
	Epoch    int64  `json:"epoch"`
	Seq      int64  `json:"seq"`
	Hash     []byte `json:"hash"`
	Trust    int64  `json:"trust"`
	Snapshot int64  `json:"snapshot"`
	Parts    int64  `json:"parts"`
	IssuedAt int64  `json:"issued_at"`
}

// DeltaJSON is a delta on the wire.
type DeltaJSON struct {
	Epoch    int64  `json:"epoch"`
	From     int64  `json:"from"`
	To       int64  `json:"to"`
	IssuedAt int64  `json:"issued_at"`
	Add      []byte `json:"add,omitzero"`
	Remove   []byte `json:"remove,omitzero"`
	Hash     []byte `json:"hash"`
}

// SnapshotJSON is one part of a snapshot on the wire.
type SnapshotJSON struct {
	Epoch    int64  `json:"epoch"`
	Seq      int64  `json:"seq"`
	IssuedAt int64  `json:"issued_at"`
	Part     int64  `json:"part"`
	Parts    int64  `json:"parts"`
	Hash     []byte `json:"hash"`
	Body     []byte `json:"body"`
}

// Sum is the hash of an encoded state.
func Sum(encoded []byte) [32]byte { return sha256.Sum256(encoded) }

// Split cuts an encoded state into the parts of a snapshot, at most MaxPart
// bytes each, at least one.
func Split(epoch, seq, issuedAt int64, encoded []byte) []SnapshotJSON {
	hash := Sum(encoded)
	n := max(1, (len(encoded)+MaxPart-1)/MaxPart)
	parts := make([]SnapshotJSON, n)
	for i := range parts {
		end := min(len(encoded), (i+1)*MaxPart)
		parts[i] = SnapshotJSON{
			Epoch: epoch, Seq: seq, IssuedAt: issuedAt, Part: int64(i) + 1, Parts: int64(n),
			Hash: hash[:], Body: append([]byte{}, encoded[i*MaxPart:end]...),
		}
	}
	return parts
}

// ParseHeartbeat reads a heartbeat whose signature somebody else has checked, or
// will. Errors wrap document.ErrMalformed, here and in the two below.
func ParseHeartbeat(d document.Document) (Heartbeat, error) {
	var j HeartbeatJSON
	hash, err := read(d, document.Heartbeat, &j, &j.Hash)
	if err != nil {
		return Heartbeat{}, err
	}
	if j.Snapshot > j.Seq || j.Parts < 1 || j.Parts > MaxParts || j.IssuedAt < 1 {
		return Heartbeat{}, fmt.Errorf("%w: heartbeat %d.%d with snapshot %d in %d parts", document.ErrMalformed, j.Epoch, j.Seq, j.Snapshot, j.Parts)
	}
	return Heartbeat{
		Epoch: j.Epoch, Seq: j.Seq, Hash: hash, Trust: j.Trust, Snapshot: j.Snapshot,
		Parts: j.Parts, IssuedAt: j.IssuedAt, Raw: d.Raw,
	}, nil
}

// ParseDelta reads a delta.
func ParseDelta(d document.Document) (Delta, error) {
	var j DeltaJSON
	hash, err := read(d, document.Delta, &j, &j.Hash)
	if err != nil {
		return Delta{}, err
	}
	if j.From >= j.To {
		return Delta{}, fmt.Errorf("%w: delta from %d to %d", document.ErrMalformed, j.From, j.To)
	}
	return Delta{
		Epoch: j.Epoch, From: j.From, To: j.To, IssuedAt: j.IssuedAt,
		Add: j.Add, Remove: j.Remove, Hash: hash, Raw: d.Raw,
	}, nil
}

// ParseSnapshot reads one part of a snapshot.
func ParseSnapshot(d document.Document) (SnapshotPart, error) {
	var j SnapshotJSON
	hash, err := read(d, document.Snapshot, &j, &j.Hash)
	if err != nil {
		return SnapshotPart{}, err
	}
	if j.Parts < 1 || j.Parts > MaxParts || j.Part < 1 || j.Part > j.Parts || len(j.Body) > MaxPart {
		return SnapshotPart{}, fmt.Errorf("%w: snapshot part %d of %d with %d bytes", document.ErrMalformed, j.Part, j.Parts, len(j.Body))
	}
	return SnapshotPart{
		Epoch: j.Epoch, Seq: j.Seq, IssuedAt: j.IssuedAt, Part: j.Part, Parts: j.Parts,
		Hash: hash, Body: j.Body,
	}, nil
}

// read decodes a document of that type into j and takes out its hash.
func read(d document.Document, t document.Type, j any, hash *[]byte) (sum [32]byte, err error) {
	if d.Type != t {
		return sum, fmt.Errorf("%w: %q is not %q", document.ErrMalformed, d.Type, t)
	}
	if err := d.Decode(j); err != nil {
		return sum, err
	}
	if copy(sum[:], *hash) != len(sum) || len(*hash) != len(sum) {
		return sum, fmt.Errorf("%w: a hash of %d bytes", document.ErrMalformed, len(*hash))
	}
	return sum, nil
}
