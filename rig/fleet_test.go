package rig_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	stdsync "sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/drivers/drivertest"
	"gated/rig"
	"gated/stage"
	"gated/sync"
)

// fleet is how many gates there are at one broker.
var fleetSize = flag.Int("fleet", 30, "how many gates there are at one broker")

const (
	rounds    = 10  // revocations, and plain messages
	slack     = 1.3 // DESIGN 9
	filesEach = 12  // descriptors that one box and one bare client need at most
	freshIn   = 90 * time.Second
)

// fleet is many boxes in this process, a real Mosquitto, and the central server.
type fleet struct {
	*stage.Stage
	server *farServer
	broker *stage.Mosquitto
	boxes  []*fleetBox
}

// fleetBox is one gate of a fleet.
type fleetBox struct {
	o   rig.Options
	box *rig.Box
	end func() error

	mu       stdsync.Mutex
	enforced map[int64]time.Time // when each revocation state was
	dials    []time.Time
}

// TestAFleetAtOneBroker: a revocation reaches every gate, and after a power cut of
// the whole region every gate is fresh again. How long it takes is printed beside
// its budget and decides nothing; that it happens, and that no gate knocks more
// than once a second, does.
func TestAFleetAtOneBroker(t *testing.T) {
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	needFiles(t, *fleetSize*filesEach+200)
	before := resident(t)
	f := newFleet(t, *fleetSize)
	f.powerUp(t)
	f.converged(t, 1, time.Now())
	t.Logf("%d gates connected and fresh; %d kB resident each", len(f.boxes), (resident(t)-before)/int64(len(f.boxes))>>10)

	plain, pair := f.fanOut(t, 1), f.fanOut(t, 2)
	revoked := f.revocations(t)
	delta, beat := f.applyTime(t)
	t.Logf("plain message to %d bare clients:  p50 %s, p99 %s, max %s", len(f.boxes), ms(at(plain, 50)), ms(at(plain, 99)), ms(at(plain, 100)))
	t.Logf("with another right behind it:      p50 %s, p99 %s, max %s", ms(at(pair, 50)), ms(at(pair, 99)), ms(at(pair, 100)))
	t.Logf("revocation published -> enforced: p50 %s, p99 %s, max %s", ms(at(revoked, 50)), ms(at(revoked, 99)), ms(at(revoked, 100)))
	// All gates are in this process: the heartbeat that comes with each change takes
	// from the cores what the others would need for the delta.
	for _, b := range []struct {
		what         string
		fanOut, work time.Duration
	}{{"a delta", at(plain, 99), delta}, {"a delta and its heartbeat", at(pair, 99), delta + beat}} {
		budget := b.fanOut + time.Duration(slack*float64(len(f.boxes))*float64(b.work)/float64(runtime.NumCPU()))
		t.Logf("budget of p99, %s: %s + %.1f x %d gates x %s / %d cores = %s: within budget: %s",
			b.what, ms(b.fanOut), slack, len(f.boxes), ms(b.work), runtime.NumCPU(), ms(budget), yes(at(revoked, 99) <= budget))
	}
	f.powerCut(t)
	f.powerReturns(t)
	f.powerCut(t)
}

// newFleet makes the network of so many gates; none has power.
func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	s, err := stage.New(stage.Programs{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	f := &fleet{Stage: s}
	f.broker, err = s.NewMosquitto(t.Context())
	must(t, err)
	dir := memory(t)
	f.server = newFarServer(t, filepath.Join(dir, "central"))
	roots, threshold, err := f.server.Roots(t.Context())
	must(t, err)
	for i := range n {
		b := &fleetBox{enforced: map[int64]time.Time{}}
		id := fmt.Sprintf("gate-%04d", i)
		secret, public, err := note.GenerateKey(rand.Reader, id)
		must(t, err)
		b.o = rig.Options{
			Dir: filepath.Join(dir, id), ID: id, Site: uint32(firstSite + i/gatesASite), Key: secret, Roots: roots, Threshold: threshold, Enforced: b.note,
		}
		f.server.addGate(t, b.o, public)
		f.boxes = append(f.boxes, b)
	}
	f.server.connect(t, f.broker.Addr)
	return f
}

// note is told of each revocation state in force.
func (b *fleetBox) note(rev int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, is := b.enforced[rev]; !is {
		b.enforced[rev] = time.Now()
	}
}

// powerUp starts every box, all at the same time.
func (f *fleet) powerUp(t *testing.T) {
	t.Helper()
	for _, b := range f.boxes { // the kernels boot
		var err error
		b.box, err = rig.Open(t.Context(), b.o)
		must(t, err)
		b.dials = nil
	}
	for _, b := range f.boxes {
		ctx, stop := context.WithCancel(context.Background())
		ran := make(chan error, 1)
		link := b.box.Link(sync.Broker{URL: "tcp://" + f.broker.Addr, Open: b.dial(f.broker.Addr)}, sync.Pace{Drain: time.Millisecond})
		go func() { ran <- b.box.Run(ctx, link) }()
		b.end = func() error { stop(); return <-ran }
	}
}

// dial is the box's way to the broker, each attempt counted.
func (b *fleetBox) dial(addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		b.mu.Lock()
		b.dials = append(b.dials, time.Now())
		b.mu.Unlock()
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
}

// powerCut ends every box.
func (f *fleet) powerCut(t *testing.T) {
	t.Helper()
	var all stdsync.WaitGroup
	for _, b := range f.boxes {
		all.Go(func() {
			if err := b.end(); err != nil {
				t.Errorf("%s: %v", b.o.ID, err)
			}
		})
	}
	all.Wait()
}

// converged waits until every gate enforces that revocation state by a heartbeat
// not older than it may be, and says how long after from each did.
func (f *fleet) converged(t *testing.T, rev int64, from time.Time) (took []time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	waiting := slices.Clone(f.boxes)
	err := stage.Until(ctx, 50*time.Millisecond, func() (bool, error) {
		waiting = slices.DeleteFunc(waiting, func(b *fleetBox) bool {
			d := b.box.Held()
			age, known := d.Fresh(b.box.Clock.Now())
			is := known && age <= int64(freshIn/time.Second) && d.State.Seq == rev
			if is {
				took = append(took, time.Since(from))
			}
			return is
		})
		return len(waiting) == 0, nil
	})
	if err != nil {
		t.Fatalf("LOST: %d of %d gates never hold revocation state %d with a fresh heartbeat: %v", len(waiting), len(f.boxes), rev, err)
	}
	return took
}

// revocations are the times from publication to enforcement, of some revocations
// and every gate.
func (f *fleet) revocations(t *testing.T) (took []time.Duration) {
	t.Helper()
	for range rounds {
		rev := f.server.revoke(t)
		f.converged(t, rev, time.Now())
		published := f.server.publishedAt(rev)
		for _, b := range f.boxes {
			b.mu.Lock()
			took = append(took, b.enforced[rev].Sub(published))
			b.mu.Unlock()
		}
	}
	return took
}

// powerReturns starts everything at once, the broker a little later than the
// gates, with a revocation that none of them has heard of.
func (f *fleet) powerReturns(t *testing.T) {
	t.Helper()
	f.broker.Kill()
	rev := f.server.revoke(t)
	f.powerUp(t)
	began := time.Now()
	<-time.After(8 * time.Second)
	must(t, f.broker.Start(t.Context()))
	f.server.connect(t, f.broker.Addr)
	back := time.Now()
	took := f.converged(t, rev, began)
	least, dials := time.Hour, 0
	for _, b := range f.boxes {
		b.mu.Lock()
		for i := 1; i < len(b.dials); i++ {
			least = min(least, b.dials[i].Sub(b.dials[i-1]))
		}
		// When a gate was let run is not when it wanted to: it is their number that counts.
		if n := len(b.dials); n > 1 && float64(n-1) > b.dials[n-1].Sub(b.dials[0]).Seconds()+1 {
			t.Errorf("%s tried %d times in %s", b.o.ID, n, b.dials[n-1].Sub(b.dials[0]))
		}
		dials += len(b.dials)
		b.mu.Unlock()
	}
	t.Logf("power returns to all at once, the broker is back after %.0f s: fresh p50 %.1f s, max %.1f s (after the broker: %.1f s); budget %s: within budget: %s",
		back.Sub(began).Seconds(), at(took, 50).Seconds(), at(took, 100).Seconds(), (at(took, 100) - back.Sub(began)).Seconds(), freshIn, yes(at(took, 100) <= freshIn))
	t.Logf("%d attempts to connect; the closest two of one gate were let run %s apart", dials, ms(least))
}

// needFiles raises the limit of open files, or says what is needed.
func needFiles(t *testing.T, n int) {
	t.Helper()
	var l syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l))
	if l.Cur >= uint64(n) {
		return
	}
	l.Cur, l.Max = uint64(n), max(l.Max, uint64(n))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatalf("%d gates in one process need %d open files: run it as root, or after ulimit -n %d (%v)", *fleetSize, n, n, err)
	}
}

// resident is this process's memory in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	must(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	must(t, err)
	return pages * int64(os.Getpagesize())
}

// at is a percentile.
func at(all []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}
