package revocation_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"gated/verify/revocation"
)

// spreads are the shapes of DESIGN 9 and issue 4: how many are revoked, and out
// of how many.
var spreads = []struct {
	name string
	fill func(r *rand.Rand, add func(uint32))
}{
	{"dense", func(r *rand.Rand, add func(uint32)) { // 10 million of 50 million
		for v := range uint32(50_000_000) {
			if r.IntN(5) == 0 {
				add(v)
			}
		}
	}},
	{"clustered", func(r *rand.Rand, add func(uint32)) { // the same, in runs of a hundred
		for v := uint32(0); v < 50_000_000; v += 500 {
			for i := range uint32(100) {
				add(v + i)
			}
		}
	}},
	{"sparse", func(r *rand.Rand, add func(uint32)) { // ten thousand of four billion
		for v := uint64(0); v < 1<<32; v += 1 << 32 / 10_000 {
			add(uint32(v) + r.Uint32N(400_000))
		}
	}},
}

// fill makes the set of a spread, and says what it weighs in memory.
func fill(b *testing.B, f func(*rand.Rand, func(uint32))) (s *revocation.Set, bytes uint64) {
	b.Helper()
	builder := revocation.NewBuilder(nil)
	f(rand.New(rand.NewPCG(1, 1)), func(v uint32) { builder.Add(passes, v) })
	encoded := builder.Set().Encode()
	before := heap()
	s, err := revocation.Decode(encoded)
	if err != nil {
		b.Fatal(err)
	}
	bytes = heap() - before
	runtime.KeepAlive(encoded)
	return s, bytes
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkHas(b *testing.B) {
	for _, sp := range spreads {
		b.Run(sp.name, func(b *testing.B) {
			s, weight := fill(b, sp.fill)
			values := make([]uint32, 1<<16)
			for i := range values {
				values[i] = rand.Uint32N(50_000_000)
			}
			i, found := 0, 0
			for b.Loop() {
				if s.Has(passes, values[i&(len(values)-1)]) {
					found++
				}
				i++
			}
			b.ReportMetric(float64(weight)/float64(s.Count()), "B/entry")
			b.ReportMetric(float64(len(s.Encode()))/float64(s.Count()), "wire-B/entry")
		})
	}
}

func BenchmarkDelta(b *testing.B) {
	for _, sp := range spreads {
		for _, n := range []int{1, 1000} {
			b.Run(sp.name+"/"+map[int]string{1: "1", 1000: "1000"}[n], func(b *testing.B) {
				s, _ := fill(b, sp.fill)
				builder := revocation.NewBuilder(s)
				for i := range n {
					builder.Add(holds, uint32(i*7))
					builder.Add(passes, 60_000_000+uint32(i*7))
				}
				d := delta(at(1, s), at(2, builder.Set()))
				state := at(1, s)
				for b.Loop() {
					if _, err := d.Apply(state); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(d.Add)), "wire-B")
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, sp := range spreads {
		b.Run(sp.name, func(b *testing.B) {
			s, _ := fill(b, sp.fill)
			encoded := s.Encode()
			b.SetBytes(int64(len(encoded)))
			for b.Loop() {
				if _, err := revocation.Decode(encoded); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHash(b *testing.B) {
	s, _ := fill(b, spreads[0].fill)
	for b.Loop() {
		s.Hash()
	}
}
