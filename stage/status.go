package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gated/gate"
)

// Status is what `gated status --json` prints.
type Status struct {
	Version   string       `json:"version"`
	Gate      string       `json:"gate"`
	Site      uint32       `json:"site"`
	Ready     bool         `json:"ready"`  // all documents are held
	Online    bool         `json:"online"` // connected to the broker
	Clock     string       `json:"clock"`
	Fresh     int64        `json:"fresh"` // seconds; -1: no list held
	Freshness string       `json:"freshness"`
	Rev       uint64       `json:"rev"`
	Trust     uint64       `json:"trust"`
	Log       string       `json:"log"`
	Records   uint64       `json:"records"`
	Cosigned  uint64       `json:"cosigned"`
	Unsent    uint64       `json:"unsent"`
	Durable   bool         `json:"durable"`
	Lanes     []LaneStatus `json:"lanes"`
	Alarms    []string     `json:"alarms"`
}

// LaneStatus is one lane in a Status.
type LaneStatus struct {
	Name      string `json:"name"`
	Direction string `json:"direction"`
	Scanner   struct {
		Up       bool              `json:"up"`
		Device   string            `json:"device"`
		Error    string            `json:"error"`
		Counters map[string]uint64 `json:"counters"`
	} `json:"scanner"`
	Relay    bool   `json:"relay"`
	Door     string `json:"door"`
	Fault    string `json:"fault"`
	Lockdown bool   `json:"lockdown"`
	HoldOpen bool   `json:"hold_open"`
	Fire     bool   `json:"fire"`
	Last     Last   `json:"last"`
}

// Last is the last scan of a lane that was not ignored.
type Last struct {
	At      json.RawMessage `json:"at"` // compared, not read
	Verdict gate.Verdict    `json:"verdict"`
	Reason  gate.Reason     `json:"reason"`
}

// Status asks the running daemon. No answer is an error.
func (b *Box) Status(ctx context.Context) (Status, error) {
	out, err := b.Do(ctx, "status", "--json")
	if err != nil {
		return Status{}, err
	}
	var s Status
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		return s, fmt.Errorf("read status of the box: %w", err)
	}
	return s, nil
}

// WaitStatus polls until the status is as wanted, and returns it. While the
// daemon lives, no answer is waited out; its end is an error.
func (b *Box) WaitStatus(ctx context.Context, wanted func(Status) bool) (Status, error) {
	var last Status
	var lastErr error
	err := Until(ctx, 10*time.Millisecond, func() (bool, error) {
		if p := b.Process(); !b.Running() {
			return false, fmt.Errorf("wait for status: the box has ended; it said:\n%s", p.Out.Tail(20))
		}
		s, err := b.Status(ctx)
		if err != nil {
			lastErr = err
			return false, nil
		}
		last, lastErr = s, nil
		return wanted(s), nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return last, fmt.Errorf("wait for status: newest is %+v (%w): %w", last, lastErr, err)
	}
	return last, err
}

// Ready starts nothing: it waits until the box holds all documents, is
// connected, and its scanner is up.
func (b *Box) Ready(ctx context.Context) error {
	_, err := b.WaitStatus(ctx, func(s Status) bool {
		return s.Ready && s.Online && len(s.Lanes) > 0 && s.Lanes[0].Scanner.Up
	})
	return err
}

// Seen is what became of one code.
type Seen struct {
	Verdict gate.Verdict
	Reason  gate.Reason
	Sent    time.Time // when the last byte went to the scanner
	At      time.Time // when it was seen, by status; for an opening, by the relay's edge
}

// Took is the time from the last byte to what was seen.
func (s Seen) Took() time.Duration { return s.At.Sub(s.Sent) }

// Show holds a code to the scanner and waits for what the first lane says about
// it. The relay must be at rest for the time of an opening to mean anything.
func (b *Box) Show(ctx context.Context, code string) (Seen, error) {
	before, err := b.Status(ctx)
	if err != nil {
		return Seen{}, err
	}
	if len(before.Lanes) == 0 {
		return Seen{}, errors.New("show code: the box has no lane")
	}
	edges, err := b.Trace.Count()
	if err != nil {
		return Seen{}, err
	}
	sent, err := b.Scanner.Read(code)
	if err != nil {
		return Seen{}, err
	}
	was := string(before.Lanes[0].Last.At)
	after, err := b.WaitStatus(ctx, func(s Status) bool { return string(s.Lanes[0].Last.At) != was })
	if err != nil {
		return Seen{}, fmt.Errorf("show code: %w", err)
	}
	seen := Seen{after.Lanes[0].Last.Verdict, after.Lanes[0].Last.Reason, sent, time.Now()}
	if seen.Verdict == gate.Open && !before.Lanes[0].Relay {
		on, err := b.Trace.Next(ctx, edges, true)
		if err != nil {
			return seen, err
		}
		seen.At = on.At
	}
	return seen, nil
}
