package revocation_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"gated/verify/document"
	"gated/verify/revocation"
)

func TestEachNumberMayBeAtItsEdge(t *testing.T) {
	for name, f := range map[string]func(*revocation.HeartbeatJSON){
		"a snapshot of the newest state": func(j *revocation.HeartbeatJSON) { j.Snapshot = j.Seq },
		"one part":                       func(j *revocation.HeartbeatJSON) { j.Parts = 1 },
		"as many parts as there may be":  func(j *revocation.HeartbeatJSON) { j.Parts = revocation.MaxParts },
		"the first second":               func(j *revocation.HeartbeatJSON) { j.IssuedAt = 1 },
	} {
		if _, err := revocation.ParseHeartbeat(doc(t, document.Heartbeat, beat(f))); err != nil {
			t.Errorf("heartbeat with %s: %v", name, err)
		}
	}
	for name, f := range map[string]func(*revocation.SnapshotJSON){
		"one part":                      func(j *revocation.SnapshotJSON) { j.Parts = 1 },
		"the last part":                 func(j *revocation.SnapshotJSON) { j.Part = j.Parts },
		"as many parts as there may be": func(j *revocation.SnapshotJSON) { j.Parts = revocation.MaxParts },
		"a whole part":                  func(j *revocation.SnapshotJSON) { j.Body = make([]byte, revocation.MaxPart) },
	} {
		if _, err := revocation.ParseSnapshot(doc(t, document.Snapshot, slice(f))); err != nil {
			t.Errorf("snapshot with %s: %v", name, err)
		}
	}
}

func TestSplitMakesNoMorePartsThanItMust(t *testing.T) {
	for size, want := range map[int]int{
		0: 1, 1: 1, revocation.MaxPart - 1: 1, revocation.MaxPart: 1, revocation.MaxPart + 1: 2, 2 * revocation.MaxPart: 2,
	} {
		all := revocation.Split(1, 5, 1000, make([]byte, size))
		var got []byte
		for _, p := range all {
			got = append(got, p.Body...)
		}
		if len(all) != want || len(got) != size {
			t.Errorf("%d bytes are split into %d parts of %d bytes, want %d parts", size, len(all), len(got), want)
		}
	}
}

// As many bytes as there may be are looked at, and joined: these are refused for
// what they say.
func TestAStateMayBeAsLargeAsItsLimit(t *testing.T) {
	body, longer := make([]byte, revocation.MaxState), make([]byte, revocation.MaxState+1)
	if _, err := revocation.Decode(body); err == nil || strings.Contains(err.Error(), "more than") {
		t.Errorf("%d bytes: %v", len(body), err)
	}
	if _, err := revocation.Decode(longer); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a byte above the limit: %v", err)
	}
	if _, err := revocation.Join(parts(revocation.Split(1, 5, 1000, body))); err == nil || strings.Contains(err.Error(), "more than") {
		t.Errorf("%d bytes in parts: %v", len(body), err)
	}
	if _, err := revocation.Join(parts(revocation.Split(1, 5, 1000, longer))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a byte above the limit in parts: %v", err)
	}
}

// dense is the encoding of the first n values of a section, one byte each. N has a
// uvarint of four bytes.
func dense(n int) []byte {
	b := append([]byte{2, 0, 0, 1, 1, 0}, binary.AppendUvarint(nil, uint64(n))...)
	return append(append(b, 0), bytes.Repeat([]byte{1}, n-1)...)
}

func TestADeltaMayLeadToTheLargestState(t *testing.T) {
	const most = revocation.MaxState - 6 - 4 // values that the limit has room for
	decoded := func(b []byte) *revocation.Set {
		s, err := revocation.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	from := at(1, decoded(dense(most-1)))
	largest := dense(most)
	if len(largest) != revocation.MaxState {
		t.Fatalf("%d bytes", len(largest))
	}
	one := func(seq int64, value uint32, result []byte) revocation.Delta {
		add := set(revocation.Section{Kind: revocation.Passes, ID: 257}, value).Encode()
		return revocation.Delta{Epoch: from.Epoch, From: seq - 1, To: seq, Add: add, Hash: revocation.Sum(result)}
	}
	to, err := one(2, most-1, largest).Apply(from)
	if err != nil {
		t.Fatalf("the largest state: %v", err)
	}
	if _, err := one(3, most, dense(most+1)).Apply(to); !errors.Is(err, revocation.ErrUnfit) {
		t.Errorf("a byte above the limit: %v", err)
	}
}

// The parts of the largest state, with room for a server that cuts them smaller.
func TestPartsOfASnapshot(t *testing.T) {
	if revocation.MaxParts != 1024 {
		t.Errorf("%d parts, want 1024", revocation.MaxParts)
	}
}

// TestASparseSetIsNotLaidOutDense: a bit for each number up to the last would be
// half a gigabyte for a few kilobytes.
func TestASparseSetIsNotLaidOutDense(t *testing.T) {
	b := revocation.NewBuilder(nil)
	for i := range uint32(5000) {
		b.Add(passes, i)
	}
	b.Add(passes, math.MaxUint32)
	encoded := b.Set().Encode()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := revocation.Decode(encoded); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("%d bytes allocated for an encoding of %d", took, len(encoded))
	}
}
