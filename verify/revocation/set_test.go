package revocation_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/verify/revocation"
)

// Sections that the tests use.
var (
	riders = revocation.Section{Kind: revocation.Riders, ID: 1}
	passes = revocation.Section{Kind: revocation.Passes, ID: 257}
	holds  = revocation.Section{Kind: revocation.Passes, ID: 257, Class: revocation.HoldClass}
	cutoff = revocation.Section{Kind: revocation.Cutoff, ID: 257}
)

// set makes a set of one section.
func set(sec revocation.Section, values ...uint32) *revocation.Set {
	b := revocation.NewBuilder(nil)
	for _, v := range values {
		b.Add(sec, v)
	}
	return b.Set()
}

// union makes one set of several, whose sections differ.
func union(tb testing.TB, sets ...*revocation.Set) *revocation.Set {
	tb.Helper()
	all := revocation.Empty()
	for _, s := range sets {
		var err error
		if all, err = all.With(s, revocation.Empty()); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// same compares sets by what they encode to.
func same(a, b *revocation.Set) bool { return slices.Equal(a.Encode(), b.Encode()) }

func TestEncoding(t *testing.T) {
	for name, tt := range map[string]struct {
		set  *revocation.Set
		want string // hexadecimal
	}{
		"empty":          {revocation.Empty(), ""},
		"one":            {set(riders, 42), "01 00000001 00 01 2a"},
		"zero and one":   {set(passes, 0, 1), "02 00000101 00 02 00 01"},
		"two bytes":      {set(passes, 127, 255, 300), "02 00000101 00 03 7f 8001 2d"},
		"the largest":    {set(passes, math.MaxUint32), "02 00000101 00 01 ffffffff0f"},
		"the whole span": {set(passes, 0, math.MaxUint32), "02 00000101 00 02 00 ffffffff0f"},
		"a cutoff":       {set(cutoff, 1800000000), "03 00000101 00 01 80a4a7da06"},
		"sections in order": {
			union(t, set(cutoff, 5), set(holds, 9), set(passes, 1), set(riders, 7)),
			"01 00000001 00 01 07 02 00000101 00 01 01 02 00000101 01 01 09 03 00000101 00 01 05",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := hex.DecodeString(removeSpaces(tt.want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, tt.set.Encode()); diff != "" {
				t.Error(diff)
			}
			if tt.set.Hash() != sha256.Sum256(want) {
				t.Error("the hash is not that of the encoding")
			}
			back, err := revocation.Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !same(back, tt.set) || back.Count() != tt.set.Count() {
				t.Error("it does not come back")
			}
		})
	}
}

func removeSpaces(s string) string {
	return string(slices.DeleteFunc([]byte(s), func(b byte) bool { return b == ' ' }))
}

func TestAttackSecondEncoding(t *testing.T) {
	for name, text := range map[string]string{
		"kind 0":                      "00 00000001 00 01 2a",
		"kind 4":                      "04 00000001 00 01 2a",
		"class 2":                     "01 00000001 02 01 2a",
		"a cutoff on hold":            "03 00000001 01 01 2a",
		"an empty section":            "01 00000001 00 00",
		"two cutoffs":                 "03 00000001 00 02 2a 01",
		"a section twice":             "01 00000001 00 01 2a 01 00000001 00 01 2b",
		"kinds out of order":          "02 00000001 00 01 2a 01 00000001 00 01 2a",
		"ids out of order":            "01 00000002 00 01 2a 01 00000001 00 01 2a",
		"classes out of order":        "01 00000001 01 01 2a 01 00000001 00 01 2a",
		"a value twice":               "01 00000001 00 02 2a 00",
		"a value of 33 bits":          "01 00000001 00 01 8080808010",
		"a sum of 33 bits":            "01 00000001 00 02 ffffffff0f 01",
		"a value in a longer form":    "01 00000001 00 01 aa00",
		"a count in a longer form":    "01 00000001 00 8100 2a",
		"a value of 64 bits and more": "01 00000001 00 01 ffffffffffffffffff7f",
		"a count beyond the bytes":    "01 00000001 00 03 2a 01",
		"a count beyond all memory":   "01 00000001 00 ffffffffffffffff7f 2a",
		"a head that breaks off":      "01 000000",
		"a section without a count":   "01 00000001 00",
		"a value that breaks off":     "01 00000001 00 01 80",
		"something after it":          "01 00000001 00 01 2a 00",
	} {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(removeSpaces(text))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := revocation.Decode(b); !errors.Is(err, revocation.ErrEncoding) {
				t.Errorf("got %v, want ErrEncoding", err)
			}
		})
	}
}

func TestAttackEndlessState(t *testing.T) {
	long := binary.AppendUvarint([]byte{1, 0, 0, 0, 1, 0}, revocation.MaxState)
	long = append(long, bytes.Repeat([]byte{1}, revocation.MaxState)...) // in order, but too much
	if _, err := revocation.Decode(long); !errors.Is(err, revocation.ErrEncoding) {
		t.Errorf("got %v, want ErrEncoding", err)
	}
	// A claim of many values costs no more than the bytes that are there.
	claim := []byte{1, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = revocation.Decode(claim)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
		t.Errorf("%d bytes of memory for a claim of 2^32 values in %d bytes", n, len(claim))
	}
}

func TestHas(t *testing.T) {
	s := union(t, set(riders, 42), set(passes, 5, 70000), set(holds, 6), set(cutoff, 1000))
	for _, tt := range []struct {
		sec   revocation.Section
		value uint32
		want  bool
	}{
		{riders, 42, true},
		{riders, 43, false},
		{revocation.Section{Kind: revocation.Riders, ID: 2}, 42, false},
		{revocation.Section{Kind: revocation.Riders, ID: 1, Class: revocation.HoldClass}, 42, false},
		{passes, 5, true},
		{passes, 70000, true},
		{passes, 6, false},
		{holds, 6, true},
	} {
		if s.Has(tt.sec, tt.value) != tt.want {
			t.Errorf("%v has %d: %t", tt.sec, tt.value, !tt.want)
		}
	}
	if s.Cutoff(257) != 1000 || s.Cutoff(258) != 0 || revocation.Empty().Cutoff(257) != 0 {
		t.Errorf("cutoffs are %d and %d", s.Cutoff(257), s.Cutoff(258))
	}
	if s.Count() != 5 || s.Len(passes) != 2 || s.Len(revocation.Section{}) != 0 {
		t.Errorf("%d in all, %d passes", s.Count(), s.Len(passes))
	}
	if diff := cmp.Diff([]revocation.Section{riders, passes, holds, cutoff}, s.Sections()); diff != "" {
		t.Error(diff)
	}
	if got := slices.Collect(s.Values(passes)); !slices.Equal(got, []uint32{5, 70000}) || slices.Collect(s.Values(revocation.Section{})) != nil {
		t.Errorf("passes are %v", got)
	}
}

func TestWith(t *testing.T) {
	base := union(t, set(riders, 1, 2), set(cutoff, 100))
	before := base.Encode()
	for name, tt := range map[string]struct {
		add, remove, want *revocation.Set // want nil: refused
	}{
		"nothing":                     {revocation.Empty(), revocation.Empty(), base},
		"one more":                    {set(riders, 3), revocation.Empty(), union(t, set(riders, 1, 2, 3), set(cutoff, 100))},
		"one less":                    {revocation.Empty(), set(riders, 2), union(t, set(riders, 1), set(cutoff, 100))},
		"a section less":              {revocation.Empty(), set(riders, 1, 2), set(cutoff, 100)},
		"a section more":              {set(passes, 9), revocation.Empty(), union(t, base, set(passes, 9))},
		"one for another":             {set(riders, 3), set(riders, 1), union(t, set(riders, 2, 3), set(cutoff, 100))},
		"all for others":              {set(riders, 3), set(riders, 1, 2), union(t, set(riders, 3), set(cutoff, 100))},
		"a later cutoff":              {set(cutoff, 200), set(cutoff, 100), union(t, set(riders, 1, 2), set(cutoff, 200))},
		"what is there":               {set(riders, 3, 2), revocation.Empty(), nil},
		"without what is not there":   {revocation.Empty(), set(riders, 1, 9), nil},
		"without what has no section": {revocation.Empty(), set(passes, 1), nil},
		"in and out":                  {set(riders, 9), set(riders, 9), nil},
		"out and in":                  {set(riders, 1), set(riders, 1), nil},
		"a second cutoff":             {set(cutoff, 200), revocation.Empty(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := base.With(tt.add, tt.remove)
			if tt.want == nil {
				if !errors.Is(err, revocation.ErrUnfit) {
					t.Errorf("got %v, want ErrUnfit", err)
				}
			} else if err != nil || !same(got, tt.want) {
				t.Errorf("got %x, %v; want %x", got.Encode(), err, tt.want.Encode())
			}
			if !slices.Equal(base.Encode(), before) {
				t.Error("the set itself has changed")
			}
		})
	}
}

func TestBuilder(t *testing.T) {
	base := union(t, set(riders, 1, 2), set(cutoff, 100))
	before := base.Encode()
	b := revocation.NewBuilder(base)
	b.Add(riders, 3)
	b.Remove(riders, 1)
	b.Remove(passes, 1) // never there
	b.Add(cutoff, 200)
	first := b.Set()
	b.Remove(riders, 2)
	b.Remove(riders, 3)
	second := b.Set()
	if want := union(t, set(riders, 2, 3), set(cutoff, 200)); !same(first, want) {
		t.Errorf("got %x, want %x", first.Encode(), want.Encode())
	}
	if !same(second, set(cutoff, 200)) {
		t.Errorf("then %x", second.Encode())
	}
	if !slices.Equal(base.Encode(), before) {
		t.Error("the set that it began with has changed")
	}
	defer func() {
		if recover() == nil {
			t.Error("a section that nobody knows was taken")
		}
	}()
	b.Add(revocation.Section{Kind: 9}, 1)
}

// random makes a set of some sections with values in runs, alone and far apart.
func random(r *rand.Rand) *revocation.Set {
	b := revocation.NewBuilder(nil)
	for range r.IntN(4) {
		sec := revocation.Section{Kind: revocation.Kind(1 + r.IntN(2)), ID: uint32(r.IntN(3)), Class: revocation.Class(r.IntN(2))}
		for range r.IntN(50) {
			v := r.Uint32() >> r.IntN(32)
			for i := range uint32(1 + r.IntN(100)) {
				b.Add(sec, v+i)
			}
		}
	}
	if r.IntN(2) == 0 {
		b.Add(revocation.Section{Kind: revocation.Cutoff, ID: uint32(r.IntN(2))}, r.Uint32())
	}
	return b.Set()
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		a, b := random(r), random(r)
		if i%3 == 0 { // near to each other
			builder := revocation.NewBuilder(a)
			builder.Add(passes, r.Uint32())
			b = builder.Set()
		}
		add, remove := a.Diff(b)
		got, err := a.With(add, remove)
		if err != nil || !same(got, b) {
			t.Fatalf("row %d: %v", i, err)
		}
		back, err := got.With(remove, add)
		if err != nil || !same(back, a) {
			t.Fatalf("row %d, back: %v", i, err)
		}
		again, err := revocation.Decode(b.Encode())
		if err != nil || !same(again, b) || again.Hash() != b.Hash() || again.Count() != b.Count() {
			t.Fatalf("row %d, decoded: %v", i, err)
		}
	}
}

// TestAnEncodingMayComeInAnySlices cuts each encoding at every place, and into
// slices of every small length: it reads the same, or is refused the same.
func TestAnEncodingMayComeInAnySlices(t *testing.T) {
	good := union(t, set(riders, 0, 1, 1<<31), set(passes, 0, 127, 128, 70000, math.MaxUint32), set(holds, 0), set(cutoff, 1)).Encode()
	for name, whole := range map[string][]byte{
		"good": good, "a byte short": good[:len(good)-1], "a byte long": append(slices.Clone(good), 0),
		"a longer form": {1, 0, 0, 0, 1, 0, 1, 0x80, 0}, "a zero": {1, 0, 0, 0, 1, 0, 1, 0},
	} {
		want, wantErr := revocation.Decode(whole)
		check := func(how string, pieces ...[]byte) {
			t.Helper()
			got, err := revocation.Decode(pieces...)
			if (err == nil) != (wantErr == nil) || err != nil && !errors.Is(err, revocation.ErrEncoding) || err == nil && !same(got, want) {
				t.Errorf("%s, %s: %v, and in one piece %v", name, how, err, wantErr)
			}
		}
		for i := range len(whole) + 1 {
			check("cut once", whole[:i], whole[i:])
			check("cut once, with nothing between", nil, whole[:i], nil, whole[i:], nil)
		}
		for n := 1; n < 12; n++ {
			check("in small slices", slices.Collect(slices.Chunk(whole, n))...)
		}
	}
}

func TestEncodeInParts(t *testing.T) {
	for name, s := range map[string]*revocation.Set{"nobody": revocation.Empty(), "one": set(riders, 1), "several parts": large()} {
		parts := s.EncodeInParts()
		for i, p := range parts {
			if len(p) > revocation.MaxPart || i < len(parts)-1 && len(p) < revocation.MaxPart || len(p) == 0 {
				t.Errorf("%s: part %d has %d bytes", name, i, len(p))
			}
		}
		if !slices.Equal(slices.Concat(parts...), s.Encode()) {
			t.Errorf("%s: the parts are not the encoding", name)
		}
	}
}

// TestDenseSets: they are laid out in another way than others, around the bounds
// where that begins.
