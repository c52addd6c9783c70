package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/bits-and-blooms/bloom/v3"

	"gated/verify/revocation"
	"gated/verify/verifytest"
)

// passes is the section that the lists are in: one platform's key.
var passes = revocation.Section{Kind: revocation.Passes, ID: verifytest.Kid, Class: revocation.RevokedClass}

// spread is one shape of list: how many are revoked, and out of how many.
type spread struct {
	name, words string
	universe    uint64
	asked       int                    // how many lookups a round has
	fill        func(add func(uint32)) // ascending
}

func spreads(scale int) []spread {
	orders, few, asked := uint32(50_000_000/scale), uint64(max(10_000/scale, 10)), max(probes/scale, turn)
	return []spread{
		{"dense", fmt.Sprintf("one in five of %d, at random", orders), uint64(orders), asked, func(add func(uint32)) {
			r := rand.New(rand.NewPCG(1, 1))
			for v := range orders {
				if r.IntN(5) == 0 {
					add(v)
				}
			}
		}},
		{"clustered", fmt.Sprintf("one in five of %d, in runs of a hundred", orders), uint64(orders), asked, func(add func(uint32)) {
			for v := uint32(0); v+100 <= orders; v += 500 {
				for i := range uint32(100) {
					add(v + i)
				}
			}
		}},
		{"sparse", fmt.Sprintf("%d of four billion", few), 1 << 32, asked, func(add func(uint32)) {
			r := rand.New(rand.NewPCG(2, 2))
			step := (1 << 32) / few
			for i := range few {
				add(uint32(i*step + r.Uint64N(step)))
			}
		}},
	}
}

// structure is one way to hold a list.
type structure struct {
	name  string
	has   func(uint32) bool
	bytes uint64 // on the heap
	took  []time.Duration
}

// count is how many of asked are in the list.
func (s structure) count(asked []uint32) (n int) {
	for _, v := range asked {
		if s.has(v) {
			n++
		}
	}
	return n
}

const (
	rounds   = 5
	probes   = 1 << 20
	turn     = 1 << 14 // lookups in a row: short, so that most turns are not interrupted
	falsePos = 0.001   // of the Bloom filter: each is a rider refused for nothing
)

// measureSets prints what a list weighs and what a lookup costs, ours beside what
// else one could take. All are held at once, and take turns.
func measureSets(out io.Writer, s spread) error {
	var values []uint32
	s.fill(func(v uint32) { values = append(values, v) })
	values = slices.Clip(values)
	asked := questions(values, s)
	all := structures(values)
	found := make([]int, len(all))
	for range rounds {
		for some := range slices.Chunk(asked, turn) {
			for i := range all {
				begin := time.Now()
				found[i] += all[i].count(some)
				all[i].took = append(all[i].took, time.Since(begin))
			}
		}
	}
	for i := range all {
		if bloom := i == len(all)-1; found[i] != found[0] && !bloom {
			return fmt.Errorf("%s finds %d and ours %d", all[i].name, found[i], found[0])
		}
	}
	printSets(out, s, len(values), all)
	return nil
}

// questions are half of them in the list and half anywhere.
func questions(values []uint32, s spread) []uint32 {
	r := rand.New(rand.NewPCG(3, 3))
	asked := make([]uint32, s.asked)
	for i := range asked {
		if i%2 == 0 {
			asked[i] = values[r.IntN(len(values))]
		} else {
			asked[i] = uint32(r.Uint64N(s.universe))
		}
	}
	return asked
}

func structures(values []uint32) []structure {
	var set *revocation.Set
	var hashed map[uint32]struct{}
	var sorted []uint32
	var filter *bloom.BloomFilter
	encoded := encode(values)
	all := []structure{
		{name: "ours (Roaring)", bytes: weigh(func() {
			var err error
			if set, err = revocation.Decode(encoded); err != nil {
				panic(err) // we have just encoded it
			}
		})},
		{name: "Go map", bytes: weigh(func() {
			hashed = make(map[uint32]struct{}, len(values))
			for _, v := range values {
				hashed[v] = struct{}{}
			}
		})},
		{name: "sorted slice, binary search", bytes: weigh(func() { sorted = slices.Clone(values) })},
		{name: fmt.Sprintf("Bloom filter, %g false", falsePos), bytes: weigh(func() {
			filter = bloom.NewWithEstimates(uint(len(values)), falsePos)
			for _, v := range values {
				filter.Add(binary.BigEndian.AppendUint32(nil, v))
			}
		})},
	}
	runtime.KeepAlive(encoded) // or its end would count for ours
	all[0].has = func(v uint32) bool { return set.Has(passes, v) }
	all[1].has = func(v uint32) bool { _, is := hashed[v]; return is }
	all[2].has = func(v uint32) bool { _, is := slices.BinarySearch(sorted, v); return is }
	var key [4]byte
	all[3].has = func(v uint32) bool {
		binary.BigEndian.PutUint32(key[:], v)
		return filter.Test(key[:])
	}
	return all
}

// encode is the state's encoding with those passes revoked.
func encode(values []uint32) []byte { return setOf(values).Encode() }

func setOf(values []uint32) *revocation.Set {
	b := revocation.NewBuilder(nil)
	for _, v := range values {
		b.Add(passes, v)
	}
	return b.Set()
}

// weigh is what build leaves on the heap.
func weigh(build func()) uint64 {
	before := heap()
	build()
	return max(heap(), before) - before
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func printSets(out io.Writer, s spread, n int, all []structure) {
	fmt.Fprintf(out, "\n%s: %d revoked, %s; half of the lookups hit\n", s.name, n, s.words)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HELD AS\tBYTES AN ENTRY\tLOOKUP p50\tp90\tBUDGET\tWITHIN BUDGET")
	for i, st := range all {
		each := float64(st.bytes) / float64(n)
		p50, p90 := at(st.took, 50), at(st.took, 90)
		budget, within := "", ""
		if i == 0 {
			budget, within = "200 ns", verdict(p50 <= turn*lookupBudget)
			if s.name == "dense" {
				budget, within = "200 ns, 1 B", verdict(p50 <= turn*lookupBudget && each <= bytesBudget)
			}
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\t%s\t%s\t%s\n", st.name, each, ns(p50), ns(p90), budget, within)
	}
	_ = w.Flush()
}

// ns is one lookup of a turn.
func ns(t time.Duration) string {
	return fmt.Sprintf("%.1f ns", float64(t.Nanoseconds())/turn)
}
