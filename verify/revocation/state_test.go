package revocation_test

import (
	"bytes"
	"errors"
	"testing"

	"gated/verify/revocation"
)

// at is a state.
func at(seq int64, s *revocation.Set) *revocation.State {
	return &revocation.State{Epoch: 1, Seq: seq, Hash: s.Hash(), IssuedAt: 1000 + seq, Set: s}
}

// delta leads from one state to another.
func delta(from, to *revocation.State) revocation.Delta {
	add, remove := from.Set.Diff(to.Set)
	return revocation.Delta{
		Epoch: to.Epoch, From: from.Seq, To: to.Seq, IssuedAt: to.IssuedAt,
		Add: add.Encode(), Remove: remove.Encode(), Hash: to.Hash,
	}
}

func TestApply(t *testing.T) {
	a, b := at(5, set(riders, 1, 2)), at(6, set(riders, 2, 3))
	got, err := delta(a, b).Apply(a)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Same(1, 6, b.Hash) || got.IssuedAt != 1006 || !same(got.Set, b.Set) {
		t.Errorf("got %+v", got)
	}
	if !same(a.Set, set(riders, 1, 2)) || a.Seq != 5 {
		t.Error("the state before has changed")
	}
}

func TestAttackDeltaThatDoesNotFit(t *testing.T) {
	a, b := at(5, set(riders, 1, 2)), at(6, set(riders, 2, 3))
	good := delta(a, b)
	for name, tt := range map[string]struct {
		change func(*revocation.Delta)
		want   error
	}{
		"of another epoch":         {func(d *revocation.Delta) { d.Epoch = 2 }, revocation.ErrUnfit},
		"from another state":       {func(d *revocation.Delta) { d.From = 4 }, revocation.ErrUnfit},
		"another hash":             {func(d *revocation.Delta) { d.Hash[0] ^= 1 }, revocation.ErrUnfit},
		"half of it":               {func(d *revocation.Delta) { d.Remove = nil }, revocation.ErrUnfit},
		"it adds what is there":    {func(d *revocation.Delta) { d.Add = set(riders, 2, 3).Encode() }, revocation.ErrUnfit},
		"it removes what is not":   {func(d *revocation.Delta) { d.Remove = set(riders, 1, 9).Encode() }, revocation.ErrUnfit},
		"it adds what is no set":   {func(d *revocation.Delta) { d.Add = []byte{9} }, revocation.ErrEncoding},
		"it removes what is none ": {func(d *revocation.Delta) { d.Remove = []byte{9} }, revocation.ErrEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			d := good
			tt.change(&d)
			if got, err := d.Apply(a); !errors.Is(err, tt.want) || got != nil {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	a, b, c := at(5, set(riders, 1)), at(6, set(riders, 1, 2)), at(9, set(riders, 2))
	got, err := revocation.Replay(a, delta(a, b), delta(b, c))
	if err != nil || !got.Same(1, 9, c.Hash) || !same(got.Set, c.Set) {
		t.Fatalf("got %+v, %v", got, err)
	}
	wrong := delta(b, c)
	wrong.Hash[0] ^= 1
	for name, chain := range map[string][]revocation.Delta{
		"one is missing":      {delta(b, c)},
		"out of order":        {delta(b, c), delta(a, b)},
		"the last hash wrong": {delta(a, b), wrong},
	} {
		if _, err := revocation.Replay(a, chain...); !errors.Is(err, revocation.ErrUnfit) {
			t.Errorf("%s: got %v, want ErrUnfit", name, err)
		}
	}
}

func TestBefore(t *testing.T) {
	for _, tt := range []struct {
		a, b [2]int64
		want bool
	}{
		{[2]int64{1, 1}, [2]int64{1, 2}, true},
		{[2]int64{1, 2}, [2]int64{1, 2}, false},
		{[2]int64{1, 9}, [2]int64{2, 1}, true},
		{[2]int64{2, 1}, [2]int64{1, 9}, false},
	} {
		if revocation.Before(tt.a[0], tt.a[1], tt.b[0], tt.b[1]) != tt.want {
			t.Errorf("%v before %v: %t", tt.a, tt.b, !tt.want)
		}
	}
}

// large is a set whose encoding takes several parts.
func large() *revocation.Set {
	b := revocation.NewBuilder(nil)
	for i := range uint32(100_000) {
		b.Add(passes, i*200)
	}
	return b.Set()
}

// parts turns what Split made into what a box reads.
func parts(all []revocation.SnapshotJSON) []revocation.SnapshotPart {
	var out []revocation.SnapshotPart
	for _, j := range all {
		out = append(out, revocation.SnapshotPart{
			Epoch: j.Epoch, Seq: j.Seq, IssuedAt: j.IssuedAt, Part: j.Part, Parts: j.Parts, Hash: [32]byte(j.Hash), Body: j.Body,
		})
	}
	return out
}

func TestSplitAndJoin(t *testing.T) {
	for name, tt := range map[string]struct {
		set   *revocation.Set
		parts int
	}{
		"nobody":  {revocation.Empty(), 1},
		"one":     {set(riders, 1), 1},
		"several": {large(), 4},
	} {
		t.Run(name, func(t *testing.T) {
			all := revocation.Split(1, 7, 1000, tt.set.Encode())
			if len(all) != tt.parts {
				t.Fatalf("%d parts, want %d", len(all), tt.parts)
			}
			for i, p := range all {
				if len(p.Body) > revocation.MaxPart || i < len(all)-1 && len(p.Body) < revocation.MaxPart || p.Body == nil {
					t.Errorf("part %d has %d bytes", p.Part, len(p.Body))
				}
			}
			s, err := revocation.Join(parts(all))
			if err != nil || !s.Same(1, 7, tt.set.Hash()) || s.IssuedAt != 1000 || !same(s.Set, tt.set) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestAttackSnapshotOfMixedParts(t *testing.T) {
	good := func() []revocation.SnapshotPart { return parts(revocation.Split(1, 7, 1000, large().Encode())) }
	for name, change := range map[string]func([]revocation.SnapshotPart) []revocation.SnapshotPart{
		"none":                      func([]revocation.SnapshotPart) []revocation.SnapshotPart { return nil },
		"one is missing":            func(p []revocation.SnapshotPart) []revocation.SnapshotPart { return p[:3] },
		"two in each other's place": func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[0], p[1] = p[1], p[0]; return p },
		"one of another state":      func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[1].Seq = 8; return p },
		"one of another epoch":      func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[1].Epoch = 2; return p },
		"one with another hash":     func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[1].Hash[0] ^= 1; return p },
		"one with another body":     func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[1].Body[0] ^= 1; return p },
		"one without a body":        func(p []revocation.SnapshotPart) []revocation.SnapshotPart { p[3].Body = nil; return p },
		"a hash of no set": func([]revocation.SnapshotPart) []revocation.SnapshotPart {
			return parts(revocation.Split(1, 7, 1000, []byte{9}))
		},
		"more than 16 MiB": func([]revocation.SnapshotPart) []revocation.SnapshotPart {
			return parts(revocation.Split(1, 7, 1000, bytes.Repeat([]byte{1}, revocation.MaxState+1)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := revocation.Join(change(good())); !errors.Is(err, revocation.ErrEncoding) || s != nil {
				t.Errorf("got %v, %v; want ErrEncoding", s, err)
			}
		})
	}
}
