package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gated/gate"
	"gated/stage"
)

// endChecks are the ways in which a pulse is cut short, and what is left after
// them.
var endChecks = []check{
	{"SIGTERM in mid-pulse: off before gated has ended", seeTerm},
	{"SIGKILL in mid-pulse, and nothing after it: what this kernel does", seeKill},
	{"the next start leaves the relay off", seeStart},
	{"SIGKILL in mid-pulse, then relay-safe: off", seeKillSafe},
	{"the power cut in mid-pulse", seePowerCut},
	{"booted again: relay never high", seeSecondBoot},
	{"the record of the pulse that was cut is there", seeRecords},
	{"a code used before the power cut has its two second chances at most", seeUsed},
	{"all records reach the central server", seeUpload},
}

// midPulse opens the door of a daemon whose pulse is long.
func (t *trial) midPulse(ctx context.Context) error {
	_, _, err := t.open(ctx)
	return err
}

// signal sends the daemon a signal, and waits until it has ended as that signal
// ends it. It returns when the signal was sent.
func (t *trial) signal(ctx context.Context, name string, status int) (time.Time, error) {
	said := t.console.mark()
	at := time.Now()
	if err := t.console.must(ctx, "kill -"+name+" $(pidof gated)"); err != nil {
		return at, err
	}
	_, _, err := t.console.wait(ctx, said, fmt.Sprintf("pi: gated ended with %d", status))
	return at, err
}

func seeTerm(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	if err := t.midPulse(ctx); err != nil {
		return "", err
	}
	at, err := t.signal(ctx, "TERM", 0)
	if err != nil {
		return "", err
	}
	// Every write of a process that has ended was made; we may not have read it yet.
	down, err := t.wait(ctx, relay, n+1, off)
	if err != nil {
		return "", err
	}
	return "off " + ms(down.at.Sub(at)) + " after the signal", nil
}

func seeKill(ctx context.Context, t *trial) (string, error) {
	if err := t.start(ctx, long, "nothing"); err != nil {
		return "", err
	}
	if err := t.midPulse(ctx); err != nil {
		return "", err
	}
	if _, err := t.signal(ctx, "KILL", 137); err != nil {
		return "", err
	}
	if err := t.console.must(ctx, "sleep 2"); err != nil { // what happens by itself has happened
		return "", err
	}
	left := t.pin(relay)
	if left.output != t.board.keeps || left.drivenHigh() != t.board.keeps {
		return "", fmt.Errorf("the pin is %s; known of this kernel's driver is that a line is kept as it was: %t", left, t.board.keeps)
	}
	return "2 s later the pin is " + left.String(), nil
}

func seeStart(ctx context.Context, t *trial) (string, error) {
	n := t.mark(relay)
	was := t.pin(relay)
	if err := t.start(ctx, long, "relay-safe"); err != nil {
		return "", err
	}
	if p := t.pin(relay); !p.output || p.high {
		return "", errors.New("the relay's pin is " + p.String())
	}
	if high := t.pins.high(t.board.lines[relay], n); high > 0 {
		return "", fmt.Errorf("the start drove the relay high %d times", high)
	}
	return "the pin was " + was.String(), t.agree(relay)
}

func seeKillSafe(ctx context.Context, t *trial) (string, error) {
	n, said := t.mark(relay), t.console.mark()
	if err := t.midPulse(ctx); err != nil {
		return "", err
	}
	at, err := t.signal(ctx, "KILL", 137)
	if err != nil {
		return "", err
	}
	if _, _, err := t.console.wait(ctx, said, "pi: relay-safe ended with 0"); err != nil {
		return "", err
	}
	down, err := t.wait(ctx, relay, n+1, off)
	if err != nil {
		return "", err
	}
	if high := t.pins.high(t.board.lines[relay], n); high != 1 {
		return "", fmt.Errorf("the pin was high %d times instead of once", high)
	}
	return "off " + ms(down.at.Sub(at)) + " after the signal", nil
}

func seePowerCut(ctx context.Context, t *trial) (string, error) {
	if err := t.start(ctx, long, "relay-safe"); err != nil {
		return "", err
	}
	said := t.console.mark()
	if err := t.midPulse(ctx); err != nil {
		return "", err
	}
	if err := t.recorded(ctx, said); err != nil {
		return "", err
	}
	if err := t.kill(); err != nil {
		return "", err
	}
	p := t.pin(relay)
	if !p.drivenHigh() {
		return "", errors.New("the pin was " + p.String() + " when the power went, so nothing was shown")
	}
	return "the pin was " + p.String(), nil
}

// recorded returns at once if the door waited for its record, as it does unless
// the disk takes long; then it waits for the record itself.
func (t *trial) recorded(ctx context.Context, said int) error {
	if err := t.console.must(ctx, "true"); err != nil { // what gated has said has come
		return err
	}
	lines, _ := t.console.said.From(said)
	if !strings.Contains(strings.Join(lines, "\n"), "storage is slow") {
		return nil
	}
	for n := 0; n < t.openings; {
		var err error
		if n, err = t.recordedOpenings(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recordedOpenings counts the openings on the box's disk.
func (t *trial) recordedOpenings(ctx context.Context) (int, error) {
	return t.count(ctx, `grep '"verdict":"open"' | grep -c '"source":"scanner"'`)
}

func seeSecondBoot(ctx context.Context, t *trial) (string, error) {
	if err := t.powerOn(ctx); err != nil {
		return "", err
	}
	if err := t.setUp(ctx); err != nil {
		return "", err
	}
	if err := t.start(ctx, short, "relay-safe"); err != nil {
		return "", err
	}
	if _, err := seeQuietBoot(ctx, t); err != nil {
		return "", err
	}
	measured := fmt.Sprintf("ready again %.1f s after power-on", time.Since(t.since).Seconds())
	_, err := seeRest(ctx, t)
	return measured, err
}

func seeRecords(ctx context.Context, t *trial) (string, error) {
	out, err := t.gated(ctx, "journal verify -c "+short)
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	n, err := t.recordedOpenings(ctx)
	if err == nil && n != t.openings {
		err = fmt.Errorf("%d openings are on record, %d were seen", n, t.openings)
	}
	return fmt.Sprintf("all %d openings", n), err
}

// chances is how often a code that was admitted may open the same lane again, in
// the 120 s after it if the box was started in between (PROTOCOL 1.2).
const chances = 2

// seeUsed shows the first code until it is refused. How long ago it was admitted
// depends on this machine, so it may have its second chances, or be past them.
func seeUsed(ctx context.Context, t *trial) (string, error) {
	for again := 0; ; again++ {
		n := t.mark(relay)
		_, last, err := t.answered(ctx, short, t.admitted)
		if err != nil {
			return "", err
		}
		if again == chances || last.Reason != gate.Again {
			if t.mark(relay) != n {
				return "", errors.New("the relay moved")
			}
			return fmt.Sprintf("%s after %d second chances", last.Reason, again), reasoned(last, gate.UsedUp)
		}
		t.openings++
		on, err := t.wait(ctx, relay, n, pin.drivenHigh)
		if err != nil {
			return "", err
		}
		if _, err := t.pulse(ctx, n, on); err != nil {
			return "", err
		}
		if err := t.console.must(ctx, "sleep 4"); err != nil { // a code that stays on the glass is the same showing for 3 s
			return "", err
		}
	}
}

func seeUpload(ctx context.Context, t *trial) (string, error) {
	held, err := t.count(ctx, "wc -l")
	if err != nil {
		return "", err
	}
	records, err := t.network.Central.WaitRecords(ctx, func(r stage.Records) bool { return len(r.Records) >= held })
	if err != nil {
		return "", err
	}
	if n := records.Count(isOpening); n != t.openings {
		return "", fmt.Errorf("the central server has %d openings, %d were seen", n, t.openings)
	}
	return fmt.Sprintf("%d records, %d cosigned", len(records.Records), records.Gate(stage.GateID).Cosigned), records.Whole()
}
