package rig_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/drivers/drivertest"
	"gated/stage"
)

// fleet is how many gates there are at one broker.
var fleetSize = flag.Int("fleet", 30, "how many gates there are at one broker")

const (
	rounds  = 10  // revocations, and plain messages
	slack   = 1.3 // DESIGN 9
	freshIn = 90 * time.Second
)

// fleet is many boxes in as few processes as can hold them, a real Mosquitto, and
// the central server in this process.
type fleet struct {
	*stage.Stage
	server *farServer
	broker *stage.Mosquitto
	gates  []fleetGate
	houses []*house
}

// house is a process of boxes, seen from here. One order at a time.
type house struct {
	orders  *json.Encoder
	answers *json.Decoder
}

// TestAFleetAtOneBroker: a revocation reaches every gate, and after a power cut of
// the whole region every gate is fresh again. How long it takes is printed beside
// its budget and decides nothing; that it happens, and that no gate knocks more
// than once a second, does.
func TestAFleetAtOneBroker(t *testing.T) {
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	must(t, needFiles(*fleetSize*2+200)) // the broker, which inherits this: a box and a bare client each
	f := newFleet(t, *fleetSize)
	f.powerUp(t)
	f.converged(t, 1, time.Now())
	var memory int64
	for _, a := range f.order(t, boxOrder{Do: doMemory}) {
		memory += a.Resident
	}
	t.Logf("%d gates connected and fresh; %d kB resident each", len(f.gates), memory/int64(len(f.gates))>>10)

	plain, pair := f.fanOut(t, 1), f.fanOut(t, 2)
	revoked := f.revocations(t)
	delta, beat := f.applyTime(t)
	t.Logf("plain message to %d bare clients:  p50 %s, p99 %s, max %s", len(f.gates), ms(at(plain, 50)), ms(at(plain, 99)), ms(at(plain, 100)))
	t.Logf("with another right behind it:      p50 %s, p99 %s, max %s", ms(at(pair, 50)), ms(at(pair, 99)), ms(at(pair, 100)))
	t.Logf("revocation published -> enforced: p50 %s, p99 %s, max %s", ms(at(revoked, 50)), ms(at(revoked, 99)), ms(at(revoked, 100)))
	// All gates are on this machine: the heartbeat that comes with each change takes
	// from the cores what the others would need for the delta.
	for _, b := range []struct {
		what         string
		fanOut, work time.Duration
	}{{"a delta", at(plain, 99), delta}, {"a delta and its heartbeat", at(pair, 99), delta + beat}} {
		budget := b.fanOut + time.Duration(slack*float64(len(f.gates))*float64(b.work)/float64(runtime.NumCPU()))
		t.Logf("budget of p99, %s: %s + %.1f x %d gates x %s / %d cores = %s: within budget: %s",
			b.what, ms(b.fanOut), slack, len(f.gates), ms(b.work), runtime.NumCPU(), ms(budget), yes(at(revoked, 99) <= budget))
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
		id := fmt.Sprintf("gate-%04d", i)
		secret, public, err := note.GenerateKey(rand.Reader, id)
		must(t, err)
		g := fleetGate{Dir: filepath.Join(dir, id), ID: id, Site: uint32(firstSite + i/gatesASite), Key: secret, Roots: roots, Threshold: threshold}
		f.server.addGate(t, g.options(), public)
		f.gates = append(f.gates, g)
	}
	for some := range slices.Chunk(f.gates, boxesEach) {
		h := newHouse(t)
		f.houses = append(f.houses, h)
		_, err := h.order(boxOrder{Do: doMake, Gates: some})
		must(t, err)
	}
	f.server.connect(t, f.broker.Addr)
	return f
}

// newHouse starts a process for boxes. It ends with the test, or this process.
func newHouse(t *testing.T) *house {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, "-boxes") // the end of its standard input ends it
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { must(t, errors.Join(in.Close(), cmd.Wait())) })
	return &house{json.NewEncoder(in), json.NewDecoder(out)}
}

// order gives an order and returns when it is carried out.
func (h *house) order(o boxOrder) (a boxAnswer, err error) {
	if err := h.orders.Encode(o); err != nil {
		return a, fmt.Errorf("order %q: %w", o.Do, err)
	}
	if err := h.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("order %q: the process with the boxes does not answer: %w", o.Do, err)
	}
	if a.Err != "" {
		return a, fmt.Errorf("order %q: %s", o.Do, a.Err)
	}
	return a, nil
}

// order gives the same order to all processes at the same time.
func (f *fleet) order(t *testing.T, o boxOrder) []boxAnswer {
	t.Helper()
	answers, errs := make([]boxAnswer, len(f.houses)), make([]error, len(f.houses))
	var all stdsync.WaitGroup
	for i, h := range f.houses {
		all.Go(func() { answers[i], errs[i] = h.order(o) })
	}
	all.Wait()
	must(t, errors.Join(errs...))
	for _, a := range answers {
		for _, fault := range a.Faults {
			t.Error(fault)
		}
	}
	return answers
}

// powerUp starts every box, all at the same time.
func (f *fleet) powerUp(t *testing.T) {
	t.Helper()
	f.order(t, boxOrder{Do: doBoot}) // some processes are slower at that than others
	f.order(t, boxOrder{Do: doPowerUp, Broker: f.broker.Addr})
}

// powerCut ends every box.
func (f *fleet) powerCut(t *testing.T) {
	t.Helper()
	f.order(t, boxOrder{Do: doPowerCut})
}

// converged waits until every gate enforces that revocation state by a heartbeat
// not older than it may be, and says how long after from each did.
func (f *fleet) converged(t *testing.T, rev int64, from time.Time) (took []time.Duration) {
	t.Helper()
	within := patience(4*time.Minute, len(f.gates))
	waiting := 0
	for _, a := range f.order(t, boxOrder{Do: doConverged, Rev: rev, From: from.UnixNano(), Within: within}) {
		took = append(took, a.Took...)
		waiting += a.Waiting
	}
	if waiting > 0 {
		t.Fatalf("LOST: %d of %d gates never hold revocation state %d with a fresh heartbeat, within %s", waiting, len(f.gates), rev, within)
	}
	return took
}

// patience is how long is waited for what so many gates do, when a thousand get so
// long: they share the processors.
func patience(thousand time.Duration, gates int) time.Duration {
	return max(thousand, thousand*time.Duration(gates)/1000)
}

// revocations are the times from publication to enforcement, of some revocations
// and every gate.
func (f *fleet) revocations(t *testing.T) (took []time.Duration) {
	t.Helper()
	for range rounds {
		// A heartbeat of the same second as the last would be no news, and nobody's work.
		<-time.After(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		rev := f.server.revoke(t)
		f.converged(t, rev, time.Now())
		published := f.server.publishedAt(rev)
		for _, a := range f.order(t, boxOrder{Do: doEnforced, Rev: rev}) {
			for _, at := range a.Enforced {
				took = append(took, time.Unix(0, at).Sub(published))
			}
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
	for _, a := range f.order(t, boxOrder{Do: doDials}) {
		for _, d := range a.Dials {
			least = min(least, d.Least)
			// When a gate was let run is not when it wanted to: it is their number that counts.
			if d.Count > 1 && float64(d.Count-1) > d.Span.Seconds()+1 {
				t.Errorf("%s tried %d times in %s", d.ID, d.Count, d.Span)
			}
			dials += d.Count
		}
	}
	t.Logf("power returns to all at once, the broker is back after %.0f s: fresh p50 %.1f s, max %.1f s (after the broker: %.1f s); budget %s: within budget: %s",
		back.Sub(began).Seconds(), at(took, 50).Seconds(), at(took, 100).Seconds(), (at(took, 100) - back.Sub(began)).Seconds(), freshIn, yes(at(took, 100) <= freshIn))
	t.Logf("%d attempts to connect; the closest two of one gate were let run %s apart", dials, ms(least))
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
