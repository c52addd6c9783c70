package revocation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/verify/document"
	"gated/verify/revocation"
)

// doc is a document as Parse leaves it, but for the signatures, which are
// somebody else's business here.
func doc(tb testing.TB, t document.Type, v any) document.Document {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return document.Document{Type: t, JSON: b, Raw: []byte("raw")}
}

var hash = bytes.Repeat([]byte{7}, 32)

func beat(change func(*revocation.HeartbeatJSON)) revocation.HeartbeatJSON {
	j := revocation.HeartbeatJSON{Epoch: 1, Seq: 5, Hash: hash, Trust: 3, Snapshot: 4, Parts: 2, IssuedAt: 1000}
	change(&j)
	return j
}

func change(f func(*revocation.DeltaJSON)) revocation.DeltaJSON {
	j := revocation.DeltaJSON{Epoch: 1, From: 5, To: 6, IssuedAt: 1000, Add: []byte{1}, Remove: []byte{}, Hash: hash}
	f(&j)
	return j
}

func slice(f func(*revocation.SnapshotJSON)) revocation.SnapshotJSON {
	j := revocation.SnapshotJSON{Epoch: 1, Seq: 5, IssuedAt: 1000, Part: 1, Parts: 2, Hash: hash, Body: []byte{1}}
	f(&j)
	return j
}

func TestParse(t *testing.T) {
	hb, err := revocation.ParseHeartbeat(doc(t, document.Heartbeat, beat(func(*revocation.HeartbeatJSON) {})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(revocation.Heartbeat{
		Epoch: 1, Seq: 5, Hash: [32]byte(hash), Trust: 3, Snapshot: 4, Parts: 2, IssuedAt: 1000, Raw: []byte("raw"),
	}, hb); diff != "" {
		t.Error(diff)
	}
	d, err := revocation.ParseDelta(doc(t, document.Delta, change(func(*revocation.DeltaJSON) {})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(revocation.Delta{
		Epoch: 1, From: 5, To: 6, IssuedAt: 1000, Add: []byte{1}, Remove: []byte{}, Hash: [32]byte(hash), Raw: []byte("raw"),
	}, d); diff != "" {
		t.Error(diff)
	}
	p, err := revocation.ParseSnapshot(doc(t, document.Snapshot, slice(func(*revocation.SnapshotJSON) {})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(revocation.SnapshotPart{
		Epoch: 1, Seq: 5, IssuedAt: 1000, Part: 1, Parts: 2, Hash: [32]byte(hash), Body: []byte{1},
	}, p); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	heartbeat := func(f func(*revocation.HeartbeatJSON)) error {
		_, err := revocation.ParseHeartbeat(doc(t, document.Heartbeat, beat(f)))
		return err
	}
	delta := func(f func(*revocation.DeltaJSON)) error {
		_, err := revocation.ParseDelta(doc(t, document.Delta, change(f)))
		return err
	}
	snapshot := func(f func(*revocation.SnapshotJSON)) error {
		_, err := revocation.ParseSnapshot(doc(t, document.Snapshot, slice(f)))
		return err
	}
	_, asDelta := revocation.ParseDelta(doc(t, document.Heartbeat, change(func(*revocation.DeltaJSON) {})))
	_, asBeat := revocation.ParseHeartbeat(doc(t, document.Delta, beat(func(*revocation.HeartbeatJSON) {})))
	_, asPart := revocation.ParseSnapshot(doc(t, document.Delta, slice(func(*revocation.SnapshotJSON) {})))
	for name, err := range map[string]error{
		"a heartbeat as a delta":            asDelta,
		"a delta as a heartbeat":            asBeat,
		"a delta as a snapshot":             asPart,
		"a short hash in a heartbeat":       heartbeat(func(j *revocation.HeartbeatJSON) { j.Hash = hash[:31] }),
		"a long hash in a heartbeat":        heartbeat(func(j *revocation.HeartbeatJSON) { j.Hash = append(j.Hash[:32:32], 1) }),
		"a snapshot after the state":        heartbeat(func(j *revocation.HeartbeatJSON) { j.Snapshot = 6 }),
		"a heartbeat without parts":         heartbeat(func(j *revocation.HeartbeatJSON) { j.Parts = 0 }),
		"a heartbeat with endless parts":    heartbeat(func(j *revocation.HeartbeatJSON) { j.Parts = revocation.MaxParts + 1 }),
		"a heartbeat of no time":            heartbeat(func(j *revocation.HeartbeatJSON) { j.IssuedAt = 0 }),
		"a delta to where it begins":        delta(func(j *revocation.DeltaJSON) { j.To = 5 }),
		"a delta back":                      delta(func(j *revocation.DeltaJSON) { j.To = 4 }),
		"a delta without a hash":            delta(func(j *revocation.DeltaJSON) { j.Hash = nil }),
		"part 0":                            snapshot(func(j *revocation.SnapshotJSON) { j.Part = 0 }),
		"part 3 of 2":                       snapshot(func(j *revocation.SnapshotJSON) { j.Part = 3 }),
		"endless parts":                     snapshot(func(j *revocation.SnapshotJSON) { j.Parts = revocation.MaxParts + 1 }),
		"a part of more than 64 KiB":        snapshot(func(j *revocation.SnapshotJSON) { j.Body = make([]byte, revocation.MaxPart+1) }),
		"a snapshot with half of a hash":    snapshot(func(j *revocation.SnapshotJSON) { j.Hash = hash[:16] }),
		"a snapshot with a part of nothing": snapshot(func(j *revocation.SnapshotJSON) { j.Body = nil }),
	} {
		if !errors.Is(err, document.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func TestSplitGivesWhatParseTakes(t *testing.T) {
	for _, j := range revocation.Split(1, 5, 1000, nil) {
		p, err := revocation.ParseSnapshot(doc(t, document.Snapshot, j))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := revocation.Join([]revocation.SnapshotPart{p}); err != nil || s.Set.Count() != 0 {
			t.Errorf("got %v, %v", s, err)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	for _, v := range []any{
		beat(func(*revocation.HeartbeatJSON) {}), change(func(*revocation.DeltaJSON) {}), slice(func(*revocation.SnapshotJSON) {}),
	} {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	state := at(5, set(riders, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := document.Document{JSON: b}
		d.Type = document.Heartbeat
		if hb, err := revocation.ParseHeartbeat(d); err == nil && (hb.Parts < 1 || hb.Parts > revocation.MaxParts || hb.Snapshot > hb.Seq) {
			t.Fatalf("heartbeat %+v", hb)
		}
		d.Type = document.Snapshot
		if p, err := revocation.ParseSnapshot(d); err == nil && (p.Part < 1 || p.Part > p.Parts || len(p.Body) > revocation.MaxPart) {
			t.Fatalf("part %+v", p)
		}
		d.Type = document.Delta
		if x, err := revocation.ParseDelta(d); err == nil {
			if next, err := x.Apply(state); err == nil && next.Set.Hash() != x.Hash {
				t.Fatalf("applied %+v", x)
			}
		}
	})
}
