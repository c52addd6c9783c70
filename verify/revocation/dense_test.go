package revocation_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gated/verify/revocation"
)

func TestDenseSets(t *testing.T) {
	for name, tt := range map[string]struct{ n, step uint32 }{
		"few":                     {4096, 1},
		"one more":                {4097, 1},
		"each eighth":             {5000, 8},
		"each ninth":              {5000, 9},
		"into the next container": {70_000, 1},
		"over many containers":    {200_000, 5},
	} {
		b := revocation.NewBuilder(nil)
		for i := range tt.n {
			b.Add(passes, i*tt.step+1)
		}
		encoded := b.Set().Encode()
		s, err := revocation.Decode(encoded)
		if err != nil || !slices.Equal(s.Encode(), encoded) || s.Len(passes) != int(tt.n) {
			t.Errorf("%s: %v", name, err)
		}
		if s.Has(passes, 0) || !s.Has(passes, 1) || s.Has(passes, 2) != (tt.step == 1) || !s.Has(passes, (tt.n-1)*tt.step+1) {
			t.Errorf("%s: it has others than it should", name)
		}
		if _, err := revocation.Decode(append(encoded[:len(encoded)-1:len(encoded)-1], 0)); !errors.Is(err, revocation.ErrEncoding) {
			t.Errorf("%s, the last twice: %v", name, err)
		}
	}
}

// TestASetStaysWhatItIs: what follows from a set shares what has not changed, and
// changes nothing of it, while others look.
func TestASetStaysWhatItIs(t *testing.T) {
	encoded := dense(300_000)
	base, err := revocation.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	stop, looked := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(looked)
		for i := uint32(0); ; i++ {
			select {
			case <-stop:
				return
			default:
				base.Has(passes, i)
			}
		}
	}()
	next := base
	for i := range uint32(50) {
		if next, err = next.With(set(passes, 400_000+i), set(passes, 5000*i)); err != nil {
			t.Fatal(err)
		}
		b := revocation.NewBuilder(next)
		b.Add(passes, 500_000)
		b.Remove(passes, 1)
		if changed := b.Set(); changed.Has(passes, 1) || !changed.Has(passes, 500_000) || !next.Has(passes, 1) || next.Has(passes, 500_000) {
			t.Fatalf("step %d: the builder changes what it began with", i)
		}
		if next.Has(passes, 5000*i) || !next.Has(passes, 400_000+i) || !base.Has(passes, 5000*i) || base.Has(passes, 400_000+i) {
			t.Fatalf("step %d: a set changes with those that follow it", i)
		}
	}
	close(stop)
	<-looked
	if !slices.Equal(base.Encode(), encoded) || next.Len(passes) != 300_000 {
		t.Error("the set has changed")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(union(f, set(riders, 1, 2, 3), set(passes, 1, 70000, math.MaxUint32), set(cutoff, 1)).Encode())
	f.Add([]byte{1, 0, 0, 0, 1, 0, 2, 0x2a, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := revocation.Decode(b)
		if err != nil {
			if !errors.Is(err, revocation.ErrEncoding) {
				t.Fatalf("got %v, want ErrEncoding", err)
			}
			return
		}
		if cut, err := revocation.Decode(slices.Collect(slices.Chunk(b, 3))...); err != nil || !same(cut, s) {
			t.Fatalf("in slices of three bytes: %v", err)
		}
		if !slices.Equal(s.Encode(), b) {
			t.Fatalf("decoded and encoded: %x became %x", b, s.Encode())
		}
		for _, sec := range s.Sections() {
			for v := range s.Values(sec) {
				if !s.Has(sec, v) {
					t.Fatalf("%v has not %d", sec, v)
				}
			}
		}
	})
}
