package drivertest

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Edge is one change of a relay.
type Edge struct {
	At time.Time
	On bool
}

// Door is a relay that remembers its edges. The zero value is a relay that is
// off. It keeps the contract of door.Door, and is safe for concurrent use.
type Door struct {
	mu     sync.Mutex
	on     bool
	edges  []Edge
	fail   error
	closed bool
}

// Set switches the relay, or returns the error that [Door.Fail] was told, and
// then changes nothing.
func (d *Door) Set(on bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return os.ErrClosed
	}
	if d.fail != nil {
		return d.fail
	}
	d.set(on)
	return nil
}

// On says whether the relay is on.
func (d *Door) On() (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.on, nil
}

// Close switches the relay off, failing or not, as cutting its power would.
func (d *Door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.set(false)
	return nil
}

// Fail makes every further Set return err; nil mends the relay.
func (d *Door) Fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

// Edges is every change so far, oldest first. The caller owns the slice.
func (d *Door) Edges() []Edge {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.edges)
}

func (d *Door) set(on bool) {
	if d.on != on {
		d.on = on
		d.edges = append(d.edges, Edge{At: time.Now(), On: on})
	}
}

// ReadTrace reads the file that a simulated relay writes. A file that is not
// there yet has no edges.
func ReadTrace(t testing.TB, file string) []Edge {
	t.Helper()
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var edges []Edge
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		at, word, _ := strings.Cut(lines.Text(), " ")
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil || word != "on" && word != "off" {
			t.Fatalf("%s: line %q is no edge: %v", file, lines.Text(), err)
		}
		edges = append(edges, Edge{At: when, On: word == "on"})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return edges
}

// Relay is what a door's driver promises, in the words of door.Door.
type Relay interface {
	Set(on bool) error
	On() (bool, error)
	Close() error
}

// TestDoor is the suite that each kind of door passes. It gets a way to open a
// fresh relay, and to say what the relay did: its edges since before it was
// opened, a leading off or several counting for nothing.
func TestDoor(t *testing.T, open func(t *testing.T) (Relay, func() []Edge)) {
	t.Run("is off when it is opened", func(t *testing.T) {
		_, edges := open(t)
		want(t, edges())
	})
	t.Run("has one edge for each change", func(t *testing.T) {
		r, edges := open(t)
		for _, on := range []bool{true, true, false, false, true, false} {
			must(t, r.Set(on))
			if is, err := r.On(); err != nil || is != on {
				t.Errorf("set to %v, it reads %v (%v)", on, is, err)
			}
		}
		want(t, edges(), true, false, true, false)
	})
	t.Run("is off when it is closed", func(t *testing.T) {
		r, edges := open(t)
		must(t, r.Set(true))
		must(t, r.Close())
		want(t, edges(), true, false)
	})
	t.Run("may be closed twice, and stays off after", func(t *testing.T) {
		r, edges := open(t)
		must(t, r.Close())
		must(t, r.Close())
		if err := r.Set(true); err == nil {
			t.Error("a closed relay took an order")
		}
		want(t, edges())
	})
	t.Run("may be switched off by a second guard at any time", func(t *testing.T) {
		r, edges := open(t)
		var guards sync.WaitGroup
		for i := range 4 {
			guards.Go(func() {
				for range 50 {
					must(t, r.Set(i == 0))
				}
			})
		}
		guards.Wait()
		must(t, r.Set(false))
		got := edges()
		if len(got) > 0 && got[len(got)-1].On {
			t.Error("the relay is on after everybody switched it off")
		}
	})
}

// want compares the edges after the leading offs.
func want(t *testing.T, edges []Edge, on ...bool) {
	t.Helper()
	var got []bool
	var last time.Time
	for _, e := range edges {
		if e.At.Before(last) {
			t.Errorf("the edge at %v stands after that at %v", e.At, last)
		}
		last = e.At
		if e.On || len(got) > 0 {
			got = append(got, e.On)
		}
	}
	if !slices.Equal(got, on) {
		t.Errorf("edges %v, want %v", got, on)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
