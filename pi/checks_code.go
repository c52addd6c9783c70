package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gated/gate"
	"gated/stage"
)

// codeChecks are what a rider sees.
var codeChecks = []check{
	{"a code through the scanner's port opens, for the pulse's length", seePulse},
	{"the green light says so", func(ctx context.Context, t *trial) (string, error) { return "", t.lit(ctx, green) }},
	{"a forged code does not open", refusal(forged, gate.BadSignature)},
	{"another community's code does not open", refusal(foreign, gate.WrongSite)},
	{"a text that is no pass does not open", refusal(nonsense, gate.Malformed)},
	{"the red light says so", func(ctx context.Context, t *trial) (string, error) { return "", t.lit(ctx, red) }},
	{"without network a code opens", seeOffline},
	{"the scanner is torn off and put back: the next code opens once", seeReplug},
}

// The pulse on the pin may be shorter than the configured one by what the
// admission took, and longer by what the timer was late, both of which an
// overloaded machine stretches.
const (
	leastPulse = pulse - 500*time.Millisecond
	mostPulse  = pulse + time.Second
)

func seePulse(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	sent, on, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	if err := t.agree(relay); err != nil {
		return "", err
	}
	length, err := t.pulse(ctx, n, on)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("high %s after the last byte, for %s", ms(on.at.Sub(sent)), ms(length)), nil
}

// pulse waits for the end of the pulse that began with on, and insists that it
// is the only one after the first n changes and of the right length.
func (t *trial) pulse(ctx context.Context, n int, on edge) (time.Duration, error) {
	end, err := t.wait(ctx, relay, n+1, off)
	if err != nil {
		return 0, err
	}
	length := end.at.Sub(on.at)
	if length < leastPulse || length > mostPulse {
		return 0, fmt.Errorf("the pin was high for %s; the pulse is %s", ms(length), pulse)
	}
	if extra := t.mark(relay) - n - 2; extra != 0 {
		return 0, fmt.Errorf("the pin changed %d times more than for one pulse", extra)
	}
	return length, t.agree(relay)
}

// lit says whether a light was on since the start.
func (t *trial) lit(ctx context.Context, light string) error {
	_, err := t.wait(ctx, light, 0, pin.drivenHigh)
	return err
}

// refusal is a code that must be answered with a reason, and move nothing.
func refusal(code func(context.Context, *trial) (string, error), want gate.Reason) func(context.Context, *trial) (string, error) {
	return func(ctx context.Context, t *trial) (string, error) {
		text, err := code(ctx, t)
		if err != nil {
			return "", err
		}
		n := t.mark(relay)
		_, last, err := t.answered(ctx, short, text)
		if err := errors.Join(err, reasoned(last, want)); err != nil {
			return "", err
		}
		if t.mark(relay) != n {
			return "", errors.New("the relay moved")
		}
		return string(last.Reason), nil
	}
}

func forged(ctx context.Context, t *trial) (string, error) {
	code, err := t.pass(ctx, stage.Site)
	if err != nil {
		return "", err
	}
	b := []byte(code)
	at := len(b) - 10 // within the signature
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b), nil
}

func foreign(ctx context.Context, t *trial) (string, error) { return t.pass(ctx, stage.OtherSite) }

func nonsense(context.Context, *trial) (string, error) { return "G1:HELLO", nil }

func used(_ context.Context, t *trial) (string, error) { return t.admitted, nil }

// reasoned checks what the gate said.
func reasoned(last stage.Last, want gate.Reason) error {
	if last.Reason != want {
		return fmt.Errorf("the gate said %s %s instead of %s", last.Verdict, last.Reason, want)
	}
	return nil
}

func seeOffline(ctx context.Context, t *trial) (string, error) {
	t.network.Line.Cut()
	defer t.network.Line.Mend()
	if _, err := t.status(ctx, short, func(s stage.Status) bool { return !s.Online }); err != nil {
		return "", err
	}
	n := t.mark(relay)
	_, on, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	_, err = t.pulse(ctx, n, on)
	return "", err
}

func seeReplug(ctx context.Context, t *trial) (string, error) {
	begin := time.Now()
	if err := t.board.tear(ctx, t); err != nil {
		return "", err
	}
	found := time.Since(begin)
	n := t.mark(relay)
	_, on, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	_, err = t.pulse(ctx, n, on)
	return fmt.Sprintf("%.1f s for that", found.Seconds()), err
}
