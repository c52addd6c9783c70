package rig_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// How many outages, and how to have the same ones again.
var (
	outages    = flag.Int("outages", 15, "how many outages the line lives through")
	outageSeed = flag.Uint64("outageseed", 0, "seed of the outages; 0: any")
)

// gates is how many boxes there are, and between is the mean time from one
// outage to the next: they overlap.
const (
	gates   = 5
	between = 180 * time.Millisecond
)

// outage is one thing that goes wrong.
type outage struct {
	at   time.Duration // since the begin
	what string
	who  int // of whatever there are several
	long time.Duration
}

// plan is n outages. The same seed gives the same plan.
func plan(seed uint64, n int) []outage {
	rnd := rand.New(rand.NewPCG(seed, 1))
	kinds := slices.Sorted(maps.Keys(kindsOf))
	total := 0
	for _, k := range kinds {
		total += kindsOf[k].weight
	}
	var all []outage
	for at := time.Duration(0); len(all) < n; at += time.Duration(rnd.Int64N(int64(2 * between))) {
		draw, what := rnd.IntN(total), ""
		for _, k := range kinds {
			if draw -= kindsOf[k].weight; draw < 0 {
				what = k
				break
			}
		}
		long := time.Duration(rnd.Int64N(int64(1200 * time.Millisecond)))
		if rnd.IntN(40) == 0 {
			long += 13 * time.Second // until a keepalive notices
		}
		all = append(all, outage{at: at, what: what, who: rnd.IntN(kindsOf[what].of), long: long})
	}
	return all
}

// kindsOf are the outages: how often, how many there are that it can befall, and
// what is done. All that befalls one thing comes one after another.
var kindsOf = map[string]struct {
	weight int
	of     int
	victim string
	do     func(w *world, o outage) error
}{
	"box: line cut":             {6, gates, "line", func(w *world, o outage) error { w.lines[o.who].Cut(); return w.mend(o, w.lines[o.who]) }},
	"box: line slow":            {3, gates, "line", func(w *world, o outage) error { w.lines[o.who].Slow(o.long / 20); return w.mend(o, w.lines[o.who]) }},
	"box: black hole":           {6, gates, "line", func(w *world, o outage) error { w.lines[o.who].Stall(); return w.mend(o, w.lines[o.who]) }},
	"box: half open":            {6, gates, "line", func(w *world, o outage) error { w.lines[o.who].Halve(); return w.mend(o, w.lines[o.who]) }},
	"box: killed":               {6, gates, "box", (*world).killBox},
	"server: line cut":          {2, 1, "server's line", func(w *world, o outage) error { w.far.Cut(); return w.mend(o, w.far) }},
	"server: black hole":        {2, 1, "server's line", func(w *world, o outage) error { w.far.Stall(); return w.mend(o, w.far) }},
	"server: half open":         {2, 1, "server's line", func(w *world, o outage) error { w.far.Halve(); return w.mend(o, w.far) }},
	"server: killed":            {2, 1, "server", func(w *world, o outage) error { return w.killServer(o, "") }},
	"server: before its commit": {2, 1, "server", func(w *world, o outage) error { return w.killServer(o, "/records") }},
	"server: after its commit":  {2, 1, "server", func(w *world, o outage) error { return w.killServer(o, "/cosigned") }},
	"server: old backup":        {2, 1, "server", (*world).restoreServer},
	"broker: killed, wiped":     {3, 1, "broker", func(w *world, o outage) error { return w.killBroker(o, true) }},
	"broker: killed, old state": {2, 1, "broker", func(w *world, o outage) error { return w.killBroker(o, false) }},
	"messages: dropped":         {2, 1, "messages", func(w *world, o outage) error { return w.meddle(o, drops) }},
	"messages: doubled":         {2, 1, "messages", func(w *world, o outage) error { return w.meddle(o, doubles) }},
	"messages: reordered":       {2, 1, "messages", func(w *world, o outage) error { return w.meddle(o, delays) }},
	"messages: replayed":        {2, 1, "messages", func(w *world, o outage) error { return w.meddle(o, replays) }},
}

// TestTheLineHolds: whatever becomes of network, broker, box and server, in the
// end the server has each record of each box once, byte for byte, every record
// that a box was promised to be on disk is among them, and every cosigned
// checkpoint that was ever said is true.
func TestTheLineHolds(t *testing.T) {
	seed := *outageSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d: %d outages", seed, *outages)
	w := newWorld(t, seed)
	began := time.Now()
	w.suffer(t, plan(seed, *outages))
	suffered := time.Since(began)
	w.settle(t)
	t.Logf("%d outages in %.0f s, all is quiet %.1f s later", *outages, suffered.Seconds(), (time.Since(began) - suffered).Seconds())
	w.judge(t)
	if t.Failed() {
		t.Logf("to have these outages again: make outages N=%d SEED=%d", *outages, seed)
	}
}

// suffer brings the outages about, those of one victim one after another.
func (w *world) suffer(t *testing.T, all []outage) {
	t.Helper()
	queues, count := map[string][]outage{}, map[string]int{}
	for _, o := range all {
		victim := fmt.Sprint(kindsOf[o.what].victim, o.who)
		queues[victim] = append(queues[victim], o)
		count[o.what]++
	}
	began := time.Now()
	var ended sync.WaitGroup
	for _, queue := range queues {
		ended.Go(func() {
			for _, o := range queue {
				<-time.After(time.Until(began.Add(o.at)))
				if err := kindsOf[o.what].do(w, o); err != nil {
					t.Errorf("%s %d at %s: %v", o.what, o.who, o.at, err)
					return
				}
			}
		})
	}
	ended.Wait()
	for _, what := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%4d x %s", count[what], what)
	}
}
