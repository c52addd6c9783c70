package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// openForKill opens the door and returns while it is open.
func (m *morning) openForKill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	leaves, err := m.Box.Journal(ctx)
	if err != nil {
		return err
	}
	m.next = len(leaves)
	if m.edges, err = m.Box.Trace.Rest(ctx); err != nil {
		return err
	}
	if _, err := m.Box.Scanner.Read(m.killed); err != nil {
		return err
	}
	if _, err := m.Box.Trace.Next(ctx, m.edges, true); err != nil {
		return err
	}
	m.said[gate.OK]++
	return nil
}

func (m *morning) kill(ctx context.Context) error {
	m.mark = time.Now()
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return m.Box.Kill(short)
}

// seeKill looks at the relay, at the restarted box's journal, and that the
// restart has not opened.
func (m *morning) seeKill(ctx context.Context) (string, error) {
	if m.Box.Running() {
		return "", errors.New("the box is still running")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	off, err := m.Box.Trace.Next(ctx, m.edges, false)
	if err != nil {
		return "", err
	}
	took := off.At.Sub(m.mark)
	if took > time.Second {
		return "", fmt.Errorf("the relay stayed on for %s", ms(took))
	}
	if err := m.Box.Start(); err != nil {
		return "", err
	}
	if _, err := m.Box.WaitStatus(ctx, func(s stage.Status) bool { return s.Ready && s.Lanes[0].Scanner.Up }); err != nil {
		return "", err
	}
	leaves, err := m.Box.Journal(ctx)
	if err != nil {
		return "", err
	}
	opening := slices.IndexFunc(leaves[min(m.next, len(leaves)):], func(l record.Leaf) bool { return l.Verdict == string(gate.Open) })
	if opening < 0 {
		return "", fmt.Errorf("the record of the opening is not among the %d on the box", len(leaves))
	}
	edges, err := m.Box.Trace.Edges()
	if err != nil {
		return "", err
	}
	if len(edges) != m.edges+2 {
		return "", errors.New("the relay moved after the restart")
	}
	return fmt.Sprintf("relay off %s after SIGKILL, record %d is there", ms(took), m.next+opening), nil
}

// seeBack waits until the central server has cosigned all that the box has
// recorded, and checks that what the gate said this morning is what the records
// there say.
func (m *morning) seeBack(ctx context.Context) (string, error) {
	short, cancel := context.WithTimeout(ctx, reconnectPatience)
	defer cancel()
	if _, err := m.Box.WaitStatus(short, func(s stage.Status) bool { return s.Online }); err != nil {
		return "", errors.New("the box is still offline")
	}
	ctx, cancel = context.WithTimeout(ctx, cosignPatience)
	defer cancel()
	st, err := m.Box.Status(ctx)
	if err != nil {
		return "", err
	}
	got, err := m.Central.WaitRecords(ctx, func(r stage.Records) bool {
		return r.Gate(stage.GateID).Records >= st.Records && r.Gate(stage.GateID).Cosigned >= st.Records
	})
	if err != nil {
		return "", err
	}
	took := time.Since(m.mark)
	if _, err := m.Box.WaitStatus(ctx, func(s stage.Status) bool { return s.Cosigned >= st.Records }); err != nil {
		return "", errors.New("the box has not got the cosigned checkpoint")
	}
	if err := got.Whole(); err != nil {
		return "", err
	}
	for reason, n := range m.said {
		if has := got.Count(func(l record.Leaf) bool { return l.Reason == string(reason) }); has != n {
			return "", fmt.Errorf("the gate said %s %d times and %d records say so", reason, n, has)
		}
	}
	return fmt.Sprintf("%d records, without a gap, cosigned %s after the network", st.Records, ms(took)), nil
}
