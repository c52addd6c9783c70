package sync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	stdsync "sync"

	"gated/sync"
	"gated/verify/document"
)

var errNotTaken = errors.New("not taken")

// documents is the box's side of what comes down, with the order that the real
// one insists on: a trust list before what its authorities sign, deltas one
// after the other. A document is a line of words: "trust 2", "trust 4 3" (it needs 3), "site",
// "heartbeat 7" and, if behind a snapshot, "heartbeat 7 4 3" (state, snapshot,
// its parts), "delta 5 6", "part 4 2".
type documents struct {
	held chan struct{} // if not nil, Offer waits until it is closed

	mu        stdsync.Mutex
	trust     int64
	site      bool
	state     int64 // -1: none held
	target    int64
	snapshot  int64
	parts     map[int64]bool // of the snapshot, not yet held
	offered   []string
	needed    int64 // trust version that anything but a trust list needs
	rotations bool  // any trust list is wanted
	lenient   bool  // a trust list that is known is no error
	changed   chan struct{}
}

func newDocuments() *documents {
	return &documents{trust: 1, state: 0, changed: make(chan struct{})}
}

func (d *documents) Offer(_ context.Context, raw []byte) error {
	if d.held != nil {
		<-d.held
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.offered = append(d.offered, string(raw))
	defer func() {
		close(d.changed)
		d.changed = make(chan struct{})
	}()
	var kind string
	var a, b, c int64
	n, _ := fmt.Sscan(string(raw), &kind, &a, &b, &c)
	if kind != "trust" && d.trust < d.needed {
		return errNotTaken // Signed by somebody unknown.
	}
	switch {
	case kind == "trust" && a <= d.trust && d.lenient:
	case kind == "trust" && a > d.trust && b <= d.trust:
		d.trust = a
	case kind == "site":
		d.site = true
	case kind == "heartbeat" && a > d.target:
		d.target = a
		if n == 4 && d.state < b {
			d.snapshot, d.parts = b, map[int64]bool{}
			for p := int64(1); p <= c; p++ {
				d.parts[p] = true
			}
		}
	case kind == "delta" && a == d.state:
		d.state = b
	case kind == "part" && a == d.snapshot && d.parts[b]:
		delete(d.parts, b)
		if len(d.parts) == 0 {
			d.state = d.snapshot
		}
	default:
		return errNotTaken
	}
	return nil
}

func (d *documents) Wants() document.Wants {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := document.Wants{Rotations: d.rotations && d.trust < 1000}
	for v := d.trust + 1; v <= d.needed; v++ {
		w.Trust = append(w.Trust, v)
	}
	if len(d.parts) > 0 {
		w.Snapshot = d.snapshot
		for p := range d.parts {
			w.Parts = append(w.Parts, p)
		}
		slices.Sort(w.Parts)
		return w
	}
	for to := d.state + 1; d.state >= 0 && to <= d.target; to++ {
		w.Deltas = append(w.Deltas, to)
	}
	return w
}

// wanting says whether anything is still missing.
func (d *documents) wanting() bool {
	_, state := d.at()
	return !d.Wants().None() || state == 0
}

// hold keeps every Offer waiting until the returned function is called.
func (d *documents) hold() (release func()) {
	d.held = make(chan struct{})
	return func() { close(d.held) }
}

func (d *documents) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.offered)
}

// known says whether the site's document is in force.
func (d *documents) known() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.site
}

func (d *documents) at() (trust, state int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trust, d.state
}

var _ sync.Documents = (*documents)(nil)
