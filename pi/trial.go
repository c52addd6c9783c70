package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// trial is one board, its disk, and the network that it belongs to.
type trial struct {
	*machine
	opt      options
	out      *stage.Stage
	network  *stage.World
	disk     string
	rider    int                // number of the newest rider
	admitted string             // the first code that opened
	openings int                // so far
	caused   map[gate.Event]int // by the wires, as far as their records were waited for
	since    time.Time          // when the board was switched on
}

// newTrial raises the network and switches the board on.
func newTrial(ctx context.Context, s *stage.Stage, b *board, opt options) (*trial, error) {
	network, err := s.NewNetwork(ctx, stage.WorldConfig{Mosquitto: true})
	if err != nil {
		return nil, err
	}
	roots, err := network.Central.Do(ctx, "roots")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(network.Line.Addr)
	if err != nil {
		return nil, fmt.Errorf("find broker: %w", err)
	}
	t := &trial{opt: opt, out: s, network: network, caused: make(map[gate.Event]int)}
	// The guest sees this machine's loopback address as 10.0.2.2.
	if t.disk, err = writeDisk(ctx, s, b, roots, net.JoinHostPort("10.0.2.2", port), opt.fault); err != nil {
		return nil, err
	}
	t.machine = &machine{board: b}
	return t, t.powerOn(ctx)
}

// powerOn switches the board on, for the first time or again.
func (t *trial) powerOn(ctx context.Context) error {
	m, err := powerOn(ctx, t.out, t.board, t.opt, t.disk)
	if err != nil {
		return err
	}
	t.machine, t.since = m, time.Now()
	rest := map[string]bool{contact: doorShut, exitButton: released, fire: !alight}
	for line, high := range rest {
		if err := t.board.drive(m, line, high); err != nil {
			return err
		}
	}
	return nil
}

// checks are all of them, in their order.
func (t *trial) checks() []check {
	return slices.Concat(bootChecks, codeChecks, inputChecks, endChecks)
}

// tail is what helps to understand a failure.
func (t *trial) tail() string {
	return "the board said last:\n" + t.console.said.Tail(30) + "\nthe emulator said last:\n" + t.proc.Out.Tail(5)
}

// pass is a new rider's code for the site.
func (t *trial) pass(ctx context.Context, site uint32) (string, error) {
	t.rider++
	return t.network.Central.Issue(ctx, site, t.rider)
}

// mark is the number of changes of a line so far.
func (t *trial) mark(line string) int { return t.pins.mark(t.board.lines[line]) }

// wait is the first change of a line after the first n that is as wanted.
func (t *trial) wait(ctx context.Context, line string, n int, wanted func(pin) bool) (edge, error) {
	e, err := t.pins.wait(ctx, t.board.lines[line], n, wanted)
	if err != nil {
		err = fmt.Errorf("%s: %w", line, err)
	}
	return e, err
}

func (t *trial) pin(line string) pin {
	_, now, _, _ := t.pins.from(t.board.lines[line], 0)
	return now
}

// open shows a new rider's code and waits until the relay is on.
func (t *trial) open(ctx context.Context) (sent time.Time, on edge, err error) {
	code, err := t.pass(ctx, stage.Site)
	if err != nil {
		return sent, on, err
	}
	n := t.mark(relay)
	if sent, err = t.scan(code); err != nil {
		return sent, on, err
	}
	if on, err = t.wait(ctx, relay, n, pin.drivenHigh); err != nil {
		return sent, on, err
	}
	t.openings++
	if t.admitted == "" {
		t.admitted = code
	}
	return sent, on, nil
}

// agree checks that the emulator shows the level that the writes have led to.
func (t *trial) agree(line string) error {
	n := t.mark(line)
	want := t.pin(line)
	high, err := t.level(line)
	if err == nil && high != want.high && t.mark(line) == n {
		err = fmt.Errorf("%s: the emulator shows its level as high=%t, the guest's writes mean %s", line, high, want)
	}
	return err
}

// off is a relay that does not move.
func off(p pin) bool { return !p.drivenHigh() }

// isOpening says whether a record is that of a rider's admission.
func isOpening(l record.Leaf) bool {
	return l.Verdict == string(gate.Open) && l.Source == string(gate.FromScanner)
}

// ms is a time for people.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
