package rig_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// How many networks, of what size, and which again; and the bug to plant.
var (
	seeds    = flag.Int("seeds", 1, "how many networks are simulated")
	simSeed  = flag.Uint64("simseed", 0, "seed of the first; 0: any")
	simGates = flag.Int("simgates", 2, "gates of each")
	simDays  = flag.Int("simdays", 3, "days that each lives")
	simBug   = flag.String("simbug", "", "ack: the journal acknowledges before it commits")
)

const openingsADay = 20

// TestAMonthOfFaults: networks live for a month in virtual time, with lines cut
// for days, black holes, power cuts, wrong clocks, a broker that dies, forgets and
// lies, a server that is down or restored from an old backup. All the while the
// invariants I1 to I6 and I8 of the threat model hold, and in the end the server
// has every record of every gate once. The same seed gives the same history.
func TestAMonthOfFaults(t *testing.T) {
	t.Parallel()
	first := *simSeed
	if first == 0 {
		first = rand.Uint64()>>16 + 1
	}
	for n := range *seeds {
		seed := first + uint64(n)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			sum := live(t, seed)
			if n == 0 && *simBug == "" {
				if again := live(t, seed); again != sum {
					t.Errorf("seed %d gives history %s, and then %s", seed, sum, again)
				}
			}
			if t.Failed() {
				t.Logf("to see it again: make simulate SEEDS=1 SEED=%d", seed)
			}
		})
	}
}

// live is one network's life; it returns the hash of its history.
func live(t *testing.T, seed uint64) (sum string) {
	t.Helper()
	dir := memory(t)
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := newSim(t, dir, seed, *simGates, *simBug)
		s.riders = make([]int, 40)
		for i := range s.riders {
			s.riders[i] = i
		}
		s.hire(t, s.riders...)
		for _, e := range s.events(seed, *simDays) {
			time.Sleep(time.Until(s.began.Add(e.at))) // in synctest's time
			synctest.Wait()
			e.do(t)
			synctest.Wait()
			for _, g := range s.gates {
				if !g.off {
					g.look(t)
				}
			}
		}
		s.conclude(t)
		sum = s.sum()
		t.Logf("seed %d: %d gates, %d days, %d codes shown %v, %d faults, %d riders revoked; %d invariants broken; history %s",
			seed, len(s.gates), *simDays, s.shown, s.reasons, s.faults, len(s.revoked), s.breaks, sum)
	})
	t.Logf("seed %d took %.1f s", seed, time.Since(began).Seconds())
	return sum
}

// memory is a folder in memory, if there is such a place: what disks do is for
// `make crash` and `make kill`.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "gated-") //nolint:usetesting // in memory, which t.TempDir is not
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// event is something that happens.
type event struct {
	at time.Duration // since the begin
	do func(t *testing.T)
}

// events is all that will happen, by time.
func (s *sim) events(seed uint64, days int) []event {
	rnd := rand.New(rand.NewPCG(seed, 1<<32))
	long := time.Duration(days) * 24 * time.Hour
	var all []event
	add := func(at time.Duration, do func(t *testing.T)) { all = append(all, event{at, do}) }
	for _, g := range s.gates {
		for range days * openingsADay {
			pick, hour := rnd.IntN(1000), []int{8, 12, 18, 19}[rnd.IntN(4)]
			at := time.Duration(24*rnd.IntN(days)+hour)*time.Hour + time.Duration(rnd.Int64N(int64(time.Hour)))
			add(at, func(t *testing.T) {
				if !g.off {
					g.show(t, s.someone(pick))
				}
			})
		}
	}
	for at := 144 * time.Hour; at < long; at += 144 * time.Hour {
		add(at, func(t *testing.T) { s.whenUp(t, func() { s.hire(t, s.riders...) }) })
	}
	for range days {
		of := rand.New(rand.NewPCG(rnd.Uint64(), 0))
		add(time.Duration(rnd.Int64N(int64(long))), func(t *testing.T) { s.whenUp(t, func() { s.revoke(t, of) }) })
	}
	s.misfortunes(rnd, long, add)
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return all
}

// someone is a rider: one in eight has been revoked, if anybody has.
func (s *sim) someone(pick int) int {
	if len(s.revoked) > 0 && pick%8 == 0 {
		gone := make([]int, 0, len(s.revoked))
		for r := range s.revoked {
			gone = append(gone, r)
		}
		slices.Sort(gone)
		return gone[pick/8%len(gone)]
	}
	return s.riders[pick%len(s.riders)]
}

// whenUp does something at the server, which is started for it if it is down.
func (s *sim) whenUp(t *testing.T, do func()) {
	t.Helper()
	s.startServer(t)
	do()
}

// misfortunes are the faults, each of a kind as often as its mean time says.
func (s *sim) misfortunes(rnd *rand.Rand, long time.Duration, add func(time.Duration, func(*testing.T))) {
	const day = 24 * time.Hour
	each := func(mean time.Duration, lasting func() time.Duration, begin, end func(t *testing.T)) {
		for at := time.Duration(rnd.Int64N(int64(2 * mean))); at < long; at += time.Duration(rnd.Int64N(int64(2 * mean))) {
			s.faults++
			add(at, begin)
			at += lasting()
			add(at, end)
		}
	}
	upTo := func(most time.Duration) func() time.Duration {
		return func() time.Duration { return time.Second + time.Duration(rnd.Int64N(int64(most))) }
	}
	mostlyShort := func() time.Duration {
		switch n := rnd.IntN(20); {
		case n == 0:
			return upTo(5 * day)()
		case n < 5:
			return upTo(12 * time.Hour)()
		}
		return upTo(time.Hour)()
	}
	for _, g := range s.gates {
		each(day, mostlyShort, func(*testing.T) { g.sever() }, func(*testing.T) { g.mend() })
		each(4*day, upTo(time.Hour), func(*testing.T) { g.hole() }, func(*testing.T) { g.sever(); g.mend() })
		each(5*day, upTo(10*time.Minute), g.powerCut, g.powerUp)
		wrong := time.Duration(rnd.Int64N(int64(8*time.Hour))) - 4*time.Hour
		each(10*day, upTo(10*time.Hour), func(*testing.T) { g.wrong.Store(int64(wrong)) }, func(*testing.T) { g.wrong.Store(0); g.mend() })
	}
	for _, wiped := range []bool{true, false} {
		each(10*day, upTo(30*time.Minute), func(*testing.T) { s.broker.die(wiped) }, func(*testing.T) { s.broker.set(func() { s.broker.down = false }) })
	}
	for _, how := range []mischief{drops, doubles, delays, replays} {
		each(8*day, upTo(4*time.Hour), func(*testing.T) { s.broker.lie(how) }, func(*testing.T) { s.broker.lie(honest) })
	}
	each(4*day, upTo(6*time.Hour), func(t *testing.T) {
		if s.central != nil {
			s.stopServer()
			s.keepBackup(t)
		}
	}, s.startServer)
	pick := rnd.IntN(1000)
	each(6*day, upTo(time.Hour), func(t *testing.T) {
		if s.central != nil {
			s.stopServer()
			s.restore(t, pick%max(1, len(s.backups)))
		}
	}, s.startServer)
}

// hole makes a black hole of its line.
func (g *simGate) hole() {
	g.cut.Store(true)
	if c := g.conn.Load(); c != nil {
		c.hole()
	}
}

// mend lets its connections through again.
func (g *simGate) mend() {
	if !g.off {
		g.since = time.Now()
		g.cut.Store(false)
	}
}

func (g *simGate) powerCut(*testing.T) {
	if !g.off {
		g.stop()
		g.off = true
		g.cut.Store(false)
	}
}

func (g *simGate) powerUp(t *testing.T) {
	if g.off {
		g.off, g.since = false, time.Now()
		g.start(t)
	}
}
