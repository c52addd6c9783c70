package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gated/gate"
	"gated/stage"
)

// heldCodes is how many codes the rider on hold has: one is shown every heldPace
// until the gate refuses, for the whole second that a hold may take.
const (
	heldCodes = 25
	heldPace  = time.Second / heldCodes
)

func (m *morning) seeFresh(context.Context) (string, error) {
	measured, err := m.admittedNow()
	m.admitted = m.shown.Sent
	return measured, err
}

// prepareHold has the rider admitted, so that the hold alone can be why he is
// refused.
func (m *morning) prepareHold(ctx context.Context) error {
	for range heldCodes + 1 {
		code, err := m.Central.Issue(ctx, stage.Site, riderHeld)
		if err != nil {
			return err
		}
		m.held = append(m.held, code)
	}
	if err := m.show(ctx, m.held[0]); err != nil {
		return err
	}
	m.held = m.held[1:]
	if err := m.saw(gate.OK); err != nil {
		return fmt.Errorf("before the hold: %w", err)
	}
	m.mark = time.Now()
	return nil
}

func (m *morning) hold(ctx context.Context) error {
	m.mark = time.Now()
	_, err := m.Central.Do(ctx, "hold", "--issuer", "1", "--rider", fmt.Sprint(riderHeld))
	return err
}

// seeHold shows one code after the other until the gate refuses. The time is
// counted from the moment at which the command of the hold was started.
func (m *morning) seeHold(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pace := time.NewTicker(heldPace)
	defer pace.Stop()
	for i, code := range m.held {
		<-pace.C
		seen, err := m.Box.Show(ctx, code)
		if err != nil {
			return "", err
		}
		m.said[seen.Reason]++
		if seen.Verdict == gate.Open {
			continue
		}
		m.shown = seen
		if err := m.saw(gate.OnHold); err != nil {
			return "", err
		}
		took := seen.At.Sub(m.mark)
		if took > time.Second {
			return "", fmt.Errorf("refused only %s after the hold", ms(took))
		}
		return fmt.Sprintf("refused %s after the hold was ordered, at code %d", ms(took), i+1), nil
	}
	return "", fmt.Errorf("still admitted %s after the hold", ms(time.Since(m.mark)))
}

func (m *morning) drawAnew(ctx context.Context) error {
	code, err := m.Central.Draw(ctx, stage.Site, riderBound, "--window", "15")
	if err != nil {
		return err
	}
	return m.show(ctx, code)
}

// seeCut waits until the box knows that it is alone, and shows a code.
func (m *morning) seeCut(ctx context.Context) (string, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := m.Box.WaitStatus(short, func(s stage.Status) bool { return !s.Online }); err != nil {
		return "", errors.New("the box is still online")
	}
	if err := m.show(ctx, m.offline); err != nil {
		return "", err
	}
	measured, err := m.admittedNow()
	return "offline, " + measured, err
}
