package gate_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gated/gate"
)

// edge is one movement of the relay.
type edge struct {
	on bool
	at time.Duration // since the test began
}

// relay records what it was told, and fails when told to.
type relay struct {
	mu      sync.Mutex
	began   time.Time
	told    []edge
	fail    error
	stuck   bool // fails to switch off
	shorted bool // reads on whatever it was told
}

func (r *relay) Set(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil && on {
		return r.fail
	}
	if r.stuck && !on {
		return errStuck
	}
	r.told = append(r.told, edge{on, time.Since(r.began)})
	return nil
}

// On is what it was told last, unless it is stuck.
func (r *relay) On() (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shorted || len(r.told) > 0 && r.told[len(r.told)-1].on, nil
}

// edges leaves out what did not change the line.
func (r *relay) edges() []edge {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []edge
	on := false
	for _, e := range r.told {
		if e.on != on {
			out, on = append(out, e), e.on
		}
	}
	return out
}

// journal is a disk whose speed the test chooses.
type journal struct {
	mu      sync.Mutex
	slow    time.Duration
	fail    error
	kept    []gate.Record
	commits int
	follows int
	delay   sync.WaitGroup
}

func (j *journal) Commit(recs ...gate.Record) <-chan gate.Receipt {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := uint64(len(j.kept))
	j.kept = append(j.kept, recs...)
	j.commits++
	c := make(chan gate.Receipt, 1)
	receipt := gate.Receipt{First: first, Err: j.fail}
	if j.slow == 0 {
		c <- receipt
		return c
	}
	slow := j.slow
	j.delay.Go(func() {
		time.Sleep(slow) // the fake disk's own latency, in synctest's time
		c <- receipt
	})
	return c
}

func (j *journal) Follow(recs ...gate.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept = append(j.kept, recs...)
	j.follows++
}

// records leaves out what a controller finds at its start.
func (j *journal) records() []gate.Record {
	return slices.DeleteFunc(j.all(), func(r gate.Record) bool { return r.Event == gate.DoorFound })
}

func (j *journal) all() []gate.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.kept)
}

// judge says what the code itself asks for: its text is the reason.
type judge struct{ states []gate.DoorState }

func (j *judge) Judge(s gate.Scan, _ gate.Lane, d gate.DoorState) gate.Decision {
	j.states = append(j.states, d)
	r := gate.Reason(s.Code)
	dec := gate.Decision{Verdict: r.Verdict(), Reason: r}
	if r == gate.OK || r == gate.Revoked || r == gate.TooManyAttempts {
		dec.Person = &gate.Person{Issuer: 1, Kid: 257, Serial: 7, Rider: 42}
	}
	return dec
}

// display remembers what riders were shown.
type display struct{ shown []gate.Reason }

func (d *display) Show(dec gate.Decision) { d.shown = append(d.shown, dec.Reason) }

// wires are the door's inputs, as the test sets them.
type wires struct {
	mu     sync.Mutex
	levels gate.Levels
	fail   error
}

func (w *wires) Read() (gate.Levels, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.levels, w.fail
}

func (w *wires) set(l gate.Levels) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.levels = l
}

// bench is one controller with fakes around it, in synctest's time.
type bench struct {
	*gate.Controller
	relay   *relay
	journal *journal
	judge   *judge
	display *display
	scans   chan gate.Scan
	orders  chan gate.Order
	stop    context.CancelFunc
	err     error // what Run returned

	wires    *wires // nil, unless prepare makes them: no inputs
	airlock  *gate.Airlock
	before   gate.DoorMemory
	locked   []int64 // what was remembered, oldest first
	alarms   []gate.Event
	settings func(*gate.ControllerConfig)
}

// play runs story beside a running controller, with the clock of synctest, and
// stops the controller afterwards.
func play(t *testing.T, door gate.DoorConfig, prepare func(*bench), story func(*bench)) *bench {
	t.Helper()
	var b *bench
	synctest.Test(t, func(t *testing.T) {
		b = &bench{
			relay: &relay{began: time.Now()}, journal: &journal{}, judge: &judge{}, display: &display{},
			scans: make(chan gate.Scan), orders: make(chan gate.Order),
		}
		if prepare != nil {
			prepare(b)
		}
		b.Controller = gate.NewController(b.config(door))
		ctx, cancel := context.WithCancel(t.Context())
		b.stop = cancel
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, b.scans, b.orders) }()
		synctest.Wait()
		story(b)
		synctest.Wait()
		cancel()
		b.err = <-done
		b.journal.delay.Wait()
	})
	return b
}

// config is what the bench's controller works with.
func (b *bench) config(door gate.DoorConfig) gate.ControllerConfig {
	cfg := gate.ControllerConfig{
		Lane: gate.Lane{Name: "in", Direction: gate.In}, Door: door,
		Judge: b.judge, Journal: b.journal, Relay: b.relay, Signal: b.display,
		Moment: func() gate.Moment { return gate.Moment{Time: time.Now(), Up: time.Since(b.relay.began), Start: 2} },
		Log:    slog.New(slog.DiscardHandler),
		Before: b.before, Airlock: b.airlock,
		Remember: func(until int64) { b.locked = append(b.locked, until) },
		Alarm:    func(e gate.Event) { b.alarms = append(b.alarms, e) },
	}
	if b.wires != nil {
		cfg.Inputs = b.wires
	}
	if b.settings != nil {
		b.settings(&cfg)
	}
	return cfg
}

// wire changes the inputs and waits until they are heard.
func (b *bench) wire(l gate.Levels) {
	b.wires.set(l)
	b.pass(gate.InputsEvery)
}

// show holds a code to the scanner and waits until all is quiet.
func (b *bench) show(r gate.Reason) {
	b.scans <- gate.Scan{Code: string(r), At: time.Now(), Source: gate.FromScanner}
	synctest.Wait()
}

// pass lets time go by.
func (b *bench) pass(d time.Duration) {
	time.Sleep(d) // synctest's clock: takes no time
	synctest.Wait()
}

var errStuck = errors.New("relay does not answer")
