package revocation

import (
	"crypto/sha256"
	"fmt"
)

// State is a set at a place in the one stream. It is immutable.
type State struct {
	Epoch, Seq int64
	Hash       [32]byte // of the set's encoding
	IssuedAt   int64    // of the document that led here
	Set        *Set
}

// Before says whether a comes before b in the stream: (epoch, seq) rises.
func Before(epochA, seqA, epochB, seqB int64) bool {
	return epochA < epochB || epochA == epochB && seqA < seqB
}

// Apply makes the state that follows s by the delta, whole or not at all: the
// error wraps ErrUnfit or ErrEncoding. s is unchanged.
func (d Delta) Apply(s *State) (*State, error) { return Replay(s, d) }

// Replay makes the state that follows s by a chain of deltas, at least one, and
// looks at the last one's hash alone: for deltas that were applied one by one
// before. It is all of them or none; errors are those of Apply.
func Replay(s *State, chain ...Delta) (*State, error) {
	at := *s
	for _, d := range chain {
		set, err := d.change(&at)
		if err != nil {
			return nil, err
		}
		at = State{Epoch: d.Epoch, Seq: d.To, Hash: d.Hash, IssuedAt: d.IssuedAt, Set: set}
	}
	if hash, length := at.Set.sum(); hash != at.Hash || length > MaxState {
		return nil, fmt.Errorf("apply delta %d: %w: the result of %d bytes hashes to %x, not %x", at.Seq, ErrUnfit, length, hash[:8], at.Hash[:8])
	}
	return &at, nil
}

// change makes the set that follows s, its hash not yet looked at.
func (d Delta) change(s *State) (*Set, error) {
	if d.Epoch != s.Epoch || d.From != s.Seq {
		return nil, fmt.Errorf("%w: it begins at %d.%d, the state is %d.%d", ErrUnfit, d.Epoch, d.From, s.Epoch, s.Seq)
	}
	add, err := Decode(d.Add)
	if err != nil {
		return nil, fmt.Errorf("decode what delta %d adds: %w", d.To, err)
	}
	remove, err := Decode(d.Remove)
	if err != nil {
		return nil, fmt.Errorf("decode what delta %d removes: %w", d.To, err)
	}
	set, err := s.Set.With(add, remove)
	if err != nil {
		return nil, fmt.Errorf("apply delta %d: %w", d.To, err)
	}
	return set, nil
}

// Join makes the state of a snapshot's parts, all of them, in order. The error
// wraps ErrEncoding.
func Join(parts []SnapshotPart) (*State, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("join snapshot: %w: no parts", ErrEncoding)
	}
	bodies := make([][]byte, len(parts))
	for i, p := range parts {
		if p.Part != int64(i)+1 || p.Parts != int64(len(parts)) || p.Hash != parts[0].Hash || p.Seq != parts[0].Seq || p.Epoch != parts[0].Epoch {
			return nil, fmt.Errorf("join snapshot: %w: part %d of %d is not of this snapshot", ErrEncoding, p.Part, p.Parts)
		}
		bodies[i] = p.Body
	}
	first := parts[0]
	return Restore(first.Epoch, first.Seq, first.IssuedAt, first.Hash, bodies...)
}

// Restore makes the state of its whole encoding, in any number of slices, which
// must have that hash. The error wraps ErrEncoding.
func Restore(epoch, seq, issuedAt int64, hash [32]byte, slices ...[]byte) (*State, error) {
	h := sha256.New()
	for _, b := range slices {
		h.Write(b)
	}
	if [32]byte(h.Sum(nil)) != hash {
		return nil, fmt.Errorf("restore state %d.%d: %w: it does not hash to %x", epoch, seq, ErrEncoding, hash[:8])
	}
	set, err := Decode(slices...)
	if err != nil {
		return nil, fmt.Errorf("restore state %d.%d: %w", epoch, seq, err)
	}
	return &State{Epoch: epoch, Seq: seq, Hash: hash, IssuedAt: issuedAt, Set: set}, nil
}

// Same says whether both are the same place with the same content.
func (s *State) Same(epoch, seq int64, hash [32]byte) bool {
	return s.Epoch == epoch && s.Seq == seq && s.Hash == hash
}
