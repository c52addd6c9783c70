package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gated/gate"
	"gated/stage"
)

// Times of the story.
const (
	pulse        = 2 * time.Second  // of the relay; more than the second in which a dead box must be safe
	secondChance = 20 * time.Second // PROTOCOL 1.1: until then a pass opens once more
	screenshot   = 45 * time.Second // PROTOCOL 1.2: a window of 15 s, and 30 s of skew
	patience     = 10 * time.Second // for anything that should take a moment

	reconnectPatience = 20 * time.Second // the box tries again at ever longer intervals
	cosignPatience    = 70 * time.Second // a checkpoint comes within a minute
)

// Riders, by their number at the issuer.
const (
	riderFresh = 40 + iota
	riderBound
	riderForged
	riderElsewhere
	riderHeld
	riderOffline
	riderKilled
	riderBack
)

// morning is the world of the story and what its steps hand on to each other.
type morning struct {
	*stage.World
	begin time.Time
	out   io.Writer

	fresh    string    // the code that opens first
	admitted time.Time // when it did
	forged   string
	other    string // a code for the other community
	picture  string // a bound code, drawn at the beginning
	drawn    time.Time
	held     []string // codes of the rider who will be put on hold
	offline  string   // codes drawn while the network was there
	killed   string

	said  map[gate.Reason]int // what the gate said so far, to be found in the records
	shown stage.Seen          // the newest code and what became of it
	mark  time.Time           // when the newest cause was set
	edges int                 // of the relay before that
	next  int                 // number of the next record before that
}

// newMorning starts the world and draws the codes of the day.
func newMorning(ctx context.Context, s *stage.Stage, begin time.Time, out io.Writer) (*morning, error) {
	w, err := s.NewWorld(ctx, stage.WorldConfig{Pulse: pulse})
	if err != nil {
		return nil, err
	}
	m := &morning{World: w, begin: begin, out: out, said: make(map[gate.Reason]int)}
	m.drawn = time.Now()
	if m.picture, err = w.Central.Draw(ctx, stage.Site, riderBound, "--window", "15"); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		code  *string
		site  uint32
		rider int
	}{
		{&m.fresh, stage.Site, riderFresh},
		{&m.forged, stage.Site, riderForged},
		{&m.other, stage.OtherSite, riderElsewhere},
		{&m.offline, stage.Site, riderOffline},
		{&m.killed, stage.Site, riderKilled},
	} {
		if *c.code, err = w.Central.Issue(ctx, c.site, c.rider); err != nil {
			return nil, err
		}
	}
	if m.forged, err = forge(m.forged); err != nil {
		return nil, err
	}
	return m, m.say("", "The gate is ready: documents held, broker connected, scanner up.", "门已就绪")
}

// say prints one line of the story.
func (m *morning) say(mark, english, chinese string) error {
	_, err := fmt.Fprintf(m.out, "%5.1f s  %-4s %s  %s\n", time.Since(m.begin).Seconds(), mark, english, chinese)
	return err
}

// show holds a code to the scanner.
func (m *morning) show(ctx context.Context, code string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := m.Box.Trace.Rest(ctx); err != nil {
		return err
	}
	seen, err := m.Box.Show(ctx, code)
	if err != nil {
		return err
	}
	m.shown = seen
	m.said[seen.Reason]++
	return nil
}

// saw checks what became of the newest code.
func (m *morning) saw(want gate.Reason) error {
	switch {
	case m.shown.Sent.IsZero():
		return errors.New("no code was shown")
	case m.shown.Reason != want:
		return fmt.Errorf("the gate said %s %s instead of %s", m.shown.Verdict, m.shown.Reason, want)
	}
	return nil
}

// refused checks that the newest code was refused for that reason, and that the
// door did not move.
func (m *morning) refused(want gate.Reason) (measured string, err error) {
	if err := m.saw(want); err != nil {
		return "", err
	}
	edges, err := m.Box.Trace.Edges()
	if err != nil {
		return "", err
	}
	if n := len(edges); n > 0 && edges[n-1].At.After(m.shown.Sent) {
		return "", errors.New("the relay moved")
	}
	return "answer seen after " + ms(m.shown.Took()), nil
}

// admittedNow checks that the newest code opened the door.
func (m *morning) admittedNow() (measured string, err error) {
	if err := m.saw(gate.OK); err != nil {
		return "", err
	}
	return "relay on " + ms(m.shown.Took()) + " after the last byte", nil
}

// waitUntil lets the morning pass, nothing else.
func waitUntil(ctx context.Context, at time.Time) error {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ms is a duration for people.
func ms(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
