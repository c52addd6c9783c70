package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/stage"
	"gated/sync"
	"gated/verify"
	"gated/verify/document"
)

// Budgets of DESIGN section 9 for the network, in bytes.
const (
	openingBytes = 700
	idleBytes    = 1_000_000
)

// faster is how many times faster than in life the clocks of this measurement
// go, and every interval that a gate keeps: the keepalive of 30 s becomes 1 s,
// which is the shortest that MQTT knows.
const faster = 30

// scaled is the pace of a gate in that time.
func scaled(metered bool) sync.Pace {
	p := sync.Pace{}.WithDefaults(metered)
	for _, d := range []*time.Duration{
		&p.Quiet, &p.Linger, &p.Checkpoint, &p.Cosign, &p.CosignMost, &p.Spread, &p.Fetch, &p.Ear, &p.Poll,
		&p.StatusGap, &p.StatusRev, &p.StatusEvery, &p.Drain, &p.Settled, &p.Between,
	} {
		*d /= faster
	}
	return p
}

// meteredGate is one gate box on a line of its own that is counted.
type meteredGate struct {
	what    string
	site    uint32
	gap     time.Duration // between two openings, in life; 0: none
	metered bool
	alone   bool

	meter  *meter
	opens  int
	took   time.Duration // as its clock goes
	bytes  int64
	causes map[cause]int64
}

// measureBytes prints what a day at rest, and an opening, costs on the line.
func measureBytes(ctx context.Context, out io.Writer, temp string, s *stage.Stage, life time.Duration) error {
	broker, err := s.NewMosquitto(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	clock := func() time.Time { return begin.Add(faster * time.Since(begin)) }
	server, err := newFar(ctx, filepath.Join(temp, "bytes"), broker.Addr, clock)
	if err != nil {
		return err
	}
	const average = 16 * time.Hour / 2000
	idle := &meteredGate{what: "at rest", alone: true}
	gates := []*meteredGate{
		idle,
		{what: "2,000 openings in 16 h", gap: average, alone: true},
		{what: "the same, metered", gap: average, metered: true, alone: true},
		{what: "an opening each 6 s", gap: 6 * time.Second, alone: true},
		{what: "the same, metered", gap: 6 * time.Second, metered: true, alone: true},
		{what: "2,000 in 16 h, metered, with a neighbour that is told", gap: average, metered: true},
	}
	ended := make(chan error, len(gates))
	for i, g := range gates {
		g.site = farSite + uint32(i)
		dir := filepath.Join(temp, "bytes", fmt.Sprint(g.site))
		if err := errors.Join(os.MkdirAll(dir, 0o700), server.addSite(ctx, g.site)); err != nil {
			return err
		}
		if g.meter, err = newMeter(dir, broker.Addr); err != nil {
			return err
		}
		go func() { ended <- g.live(ctx, dir, server, clock, life) }()
	}
	for range gates {
		err = errors.Join(err, <-ended)
	}
	if err = errors.Join(err, server.stop()); err != nil {
		return err
	}
	day := float64(idle.bytes) / idle.took.Hours() * 24
	fmt.Fprintf(out, "a day at rest, TLS, all bytes at the socket: %.0f kB (budget %d kB: %s)\n", day/1000, idleBytes/1000, verdict(day <= idleBytes))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "OPENINGS\tSAMPLES\tBYTES EACH, ABOVE THOSE AT REST\tBUDGET\tWITHIN BUDGET")
	for i, g := range gates[1:] {
		each := (float64(g.bytes) - float64(idle.bytes)*g.beside(idle)) / float64(max(g.opens, 1))
		fmt.Fprintf(w, "(%d) %s\t%d\t%.0f\t%d\t%s\n", i+1, g.what, g.opens, each, openingBytes, verdict(each <= openingBytes))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printCauses(out, idle, gates[1:])
}

// beside is how much longer the gate was counted than the one at rest: until its
// last cosignature.
func (g *meteredGate) beside(idle *meteredGate) float64 { return float64(g.took) / float64(idle.took) }

// live runs the gate for so long, in life, and counts. It is counted from when
// everything has come until the last cosignature.
func (g *meteredGate) live(ctx context.Context, dir string, server *far, clock func() time.Time, life time.Duration) (err error) {
	id := fmt.Sprintf("guanggu-huijing-%d", g.site)
	j, err := newJournal(dir, id, g.site)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.stop(), g.meter.close()) }()
	if err := server.admitGate(ctx, g.site, id, j.key, !g.alone); err != nil {
		return err
	}
	f := &follower{roots: server.roots, box: verify.Box{ID: id, Site: g.site}, docs: &verify.Documents{}, clock: clock}
	judge := newAdmitter(f, clock, j.signer)
	b := sync.Broker{URL: g.meter.URL, CA: g.meter.CA, Keepalive: 30 * time.Second / faster}
	link := j.link(f, b, scaled(g.metered), judge, g.metered)
	running, end := context.WithCancel(ctx)
	ran := make(chan error, 2)
	scans := make(chan gate.Scan)
	controller := gate.NewController(gate.ControllerConfig{
		Lane: gate.Lane{Name: "in", Direction: gate.In}, Door: gate.DoorConfig{Mode: gate.Hold, Pulse: 3 * time.Second / faster, Gap: time.Millisecond},
		Judge: judge, Journal: j, Relay: still{}, Signal: silent{}, Moment: judge.moment, Log: slog.New(slog.DiscardHandler),
	})
	go func() { ran <- link.Run(running) }()
	go func() { ran <- controller.Run(running, scans, nil) }()
	defer func() {
		end()
		err = errors.Join(err, <-ran, <-ran)
	}()
	covered := func() (bool, error) {
		_, size := j.Log()
		return f.now().Ready() && size > 0 && j.Cosigned() >= size, nil
	}
	if err := stage.Until(ctx, 10*time.Millisecond, covered); err != nil {
		return err
	}
	began := clock()
	before, was := g.meter.bytes.Load(), g.meter.plain.now(g.meter.bytes.Load())
	if err := g.open(ctx, scans, life); err != nil {
		return err
	}
	if g.gap > 0 {
		if err := stage.Until(ctx, 10*time.Millisecond, covered); err != nil {
			return err
		}
	}
	g.took = clock().Sub(began)
	g.bytes = g.meter.bytes.Load() - before
	g.causes = g.meter.plain.now(before + g.bytes)
	for c, n := range was {
		g.causes[c] -= n
	}
	return nil
}

// open has riders come until the time is over.
func (g *meteredGate) open(ctx context.Context, scans chan<- gate.Scan, life time.Duration) error {
	over := time.After(life / faster)
	gap := g.gap
	if gap == 0 {
		gap = 2 * life
	}
	rider := time.NewTicker(gap / faster)
	defer rider.Stop()
	for {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-rider.C:
			g.opens++
			scans <- gate.Scan{Code: "a rider", At: time.Now(), Source: gate.FromScanner}
		}
	}
}

// admitter lets everybody in: what is counted is what follows.
type admitter struct {
	docs   *follower
	clock  func() time.Time
	signer note.Signer
	used   chan gate.Use
	serial uint32
}

func newAdmitter(f *follower, clock func() time.Time, signer note.Signer) *admitter {
	return &admitter{docs: f, clock: clock, signer: signer, used: make(chan gate.Use, 32)}
}

func (a *admitter) moment() gate.Moment {
	return gate.Moment{Time: a.clock(), State: gate.ClockSynced, Boot: "bench", Start: 12}
}

// Judge implements gate.Judge.
func (a *admitter) Judge(gate.Scan, gate.Lane, gate.DoorState) gate.Decision {
	a.serial++
	at := a.moment()
	u := gate.Use{
		Pass: gate.PassID{Kid: 257, Serial: 1_200_000 + a.serial}, Entered: at.Time.Unix(), Last: at, Lane: "in",
		Until: at.Time.Unix() + 900,
	}
	select {
	case a.used <- u:
	default:
	}
	return gate.Decision{
		Verdict: gate.Open, Reason: gate.OK, At: at, Fresh: 30, Rev: 1234, Trust: 7, Use: &u,
		Person: &gate.Person{Issuer: 1, Kid: 257, Serial: u.Pass.Serial, Rider: 4_200_042},
	}
}

// note is the signed used note, as cmd/gated makes it.
func (a *admitter) note(u gate.Use) []byte {
	v := verify.New(a.docs.box, a.moment)
	v.Enforce(a.docs.now())
	j, ok := v.Tell(u)
	if !ok {
		return nil
	}
	raw, err := document.Sign(document.Used, j, a.signer)
	if err != nil {
		return nil
	}
	return raw
}

// still is a relay that nothing hangs on.
type still struct{}

func (still) Set(bool) error    { return nil }
func (still) On() (bool, error) { return false, nil }
