package stage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Edge is one change of a simulated relay.
type Edge struct {
	At time.Time
	On bool
}

// Trace is the file to which a simulated relay appends its edges.
type Trace string

// Edges are all edges so far, oldest first. A line that repeats the state
// before it is no edge. Before the box has started there is no file, and no
// edge.
func (t Trace) Edges() ([]Edge, error) {
	b, err := os.ReadFile(string(t))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	var edges []Edge
	on := false
	for line := range strings.Lines(string(b)) {
		if !strings.HasSuffix(line, "\n") {
			break // being written
		}
		stamp, word, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil || (word != "on" && word != "off") {
			return nil, fmt.Errorf("read trace: line %q is not \"TIME on|off\"", line)
		}
		if now := word == "on"; now != on {
			on = now
			edges = append(edges, Edge{at, on})
		}
	}
	return edges, nil
}

// Count is the number of edges so far.
func (t Trace) Count() (int, error) {
	edges, err := t.Edges()
	return len(edges), err
}

// Next waits for the first edge on (or off) that is not among the first `from`
// edges.
func (t Trace) Next(ctx context.Context, from int, on bool) (Edge, error) {
	var found Edge
	err := Until(ctx, time.Millisecond, func() (bool, error) {
		edges, err := t.Edges()
		if err != nil {
			return false, err
		}
		for _, e := range edges[min(from, len(edges)):] {
			if e.On == on {
				found = e
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return Edge{}, fmt.Errorf("wait for relay %s: %w", word(on), err)
	}
	return found, nil
}

// rested is how long the relay must have been off for a door to take the next
// rider at once: a little more than the rest that gate.DoorMachine insists on.
const rested = 150 * time.Millisecond

// Rest waits until the relay is off, and has been for long enough that the next
// opening waits for nothing, and returns the number of edges so far.
func (t Trace) Rest(ctx context.Context) (int, error) {
	n := 0
	err := Until(ctx, 2*time.Millisecond, func() (bool, error) {
		edges, err := t.Edges()
		n = len(edges)
		return err == nil && (n == 0 || !edges[n-1].On && time.Since(edges[n-1].At) > rested), err
	})
	if err != nil {
		return 0, fmt.Errorf("wait for relay at rest: %w", err)
	}
	return n, nil
}

func word(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
