package rig_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	stdsync "sync"
	"syscall"
	"time"

	"gated/rig"
	"gated/stage"
	"gated/sync"
)

// boxes, in a process that TestAFleetAtOneBroker has started, makes it some of the
// fleet's boxes.
var boxes = flag.Bool("boxes", false, "be the boxes that standard input asks for, and no test")

const (
	boxesEach = 1500 // in one process at most
	filesEach = 12   // descriptors that one box needs at most
)

// What a process of boxes can be asked for.
const (
	doMake      = "make"      // know these gates; none has power
	doBoot      = "boot"      // their kernels
	doPowerUp   = "power up"  // all at the same time
	doConverged = "converged" // wait until every gate holds a state
	doEnforced  = "enforced"  // when each did
	doDials     = "dials"     // what each tried since it has power
	doMemory    = "memory"    // what all need
	doPowerCut  = "power cut"
)

// boxOrder is one line of standard input.
type boxOrder struct {
	Do     string
	Gates  []fleetGate   `json:",omitempty"` // to make
	Broker string        `json:",omitempty"` // host:port
	Rev    int64         `json:",omitempty"` // the state in question
	From   int64         `json:",omitempty"` // converged: since when, wall clock in ns
	Within time.Duration `json:",omitempty"` // converged
}

// boxAnswer is one line of standard output, for each order.
type boxAnswer struct {
	Err      string          // the order was not carried out
	Faults   []string        // what went wrong with single gates
	Took     []time.Duration // converged: each gate that did
	Waiting  int             // converged: how many did not
	Enforced []int64         // each gate's time, wall clock in ns
	Dials    []boxDials      // of each gate
	Resident int64           // bytes more than before there was a box
}

// boxDials is how a gate knocked at the broker.
type boxDials struct {
	ID          string
	Count       int
	Span, Least time.Duration // from first to last; between two
}

// fleetGate says whose box it is.
type fleetGate struct {
	Dir, ID   string
	Site      uint32
	Key       string
	Roots     []string
	Threshold int
}

func (g fleetGate) options() rig.Options {
	return rig.Options{Dir: g.Dir, ID: g.ID, Site: g.Site, Key: g.Key, Roots: g.Roots, Threshold: g.Threshold}
}

// fleetBox is one gate of a fleet.
type fleetBox struct {
	o   rig.Options
	box *rig.Box
	end func() error

	mu       stdsync.Mutex
	enforced map[int64]time.Time // when each revocation state was
	dials    []time.Time
}

// boxHouse is the boxes of one process.
type boxHouse struct {
	before int64 // resident bytes
	boxes  []*fleetBox
}

// beBoxes carries out orders until the end of in, which comes at the latest with
// the end of the process that gives them. Then all boxes lose power, whatever
// they are at.
func beBoxes(in io.Reader, out io.Writer) error {
	orders, failed := make(chan boxOrder), make(chan error, 1)
	go func() {
		var h boxHouse
		lines := json.NewEncoder(out)
		for o := range orders {
			a, err := h.carryOut(o)
			if err != nil {
				a.Err = err.Error()
			}
			if err := lines.Encode(a); err != nil {
				failed <- err
				return
			}
		}
	}()
	for lines := json.NewDecoder(in); ; {
		var o boxOrder
		if err := lines.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		select {
		case orders <- o:
		case err := <-failed:
			return err
		}
	}
}

func (h *boxHouse) carryOut(o boxOrder) (a boxAnswer, err error) {
	switch o.Do {
	case doMake:
		if h.before, err = resident(); err != nil {
			return a, err
		}
		for _, g := range o.Gates {
			b := &fleetBox{o: g.options(), enforced: map[int64]time.Time{}}
			b.o.Enforced = b.note
			h.boxes = append(h.boxes, b)
		}
		return a, needFiles(len(h.boxes)*filesEach + 200)
	case doBoot:
		return a, h.boot()
	case doPowerUp:
		h.powerUp(o.Broker)
	case doConverged:
		a.Took, a.Waiting = h.converged(o.Rev, time.Unix(0, o.From), o.Within)
	case doEnforced:
		for _, b := range h.boxes {
			a.Enforced = append(a.Enforced, b.enforcedAt(o.Rev).UnixNano())
		}
	case doDials:
		for _, b := range h.boxes {
			a.Dials = append(a.Dials, b.dialed())
		}
	case doMemory:
		a.Resident, err = resident()
		a.Resident -= h.before
	case doPowerCut:
		a.Faults = h.powerCut()
	default:
		err = fmt.Errorf("carry out %q: no such order", o.Do)
	}
	return a, err
}

// boot opens what each box has on its disk. Nothing runs yet.
func (h *boxHouse) boot() (err error) {
	for _, b := range h.boxes {
		if b.box, err = rig.Open(context.Background(), b.o); err != nil {
			return fmt.Errorf("open %s: %w", b.o.ID, err)
		}
		b.dials = nil
	}
	return nil
}

// powerUp starts every box, all at the same time.
func (h *boxHouse) powerUp(broker string) {
	for _, b := range h.boxes {
		ctx, stop := context.WithCancel(context.Background())
		ran := make(chan error, 1)
		link := b.box.Link(sync.Broker{URL: "tcp://" + broker, Open: b.dial(broker)}, sync.Pace{Drain: time.Millisecond})
		go func() { ran <- b.box.Run(ctx, link) }()
		b.end = func() error { stop(); return <-ran }
	}
}

// powerCut ends every box and says which did not end well.
func (h *boxHouse) powerCut() (faults []string) {
	errs := make([]error, len(h.boxes))
	var all stdsync.WaitGroup
	for i, b := range h.boxes {
		all.Go(func() { errs[i] = b.end() })
	}
	all.Wait()
	for i, b := range h.boxes {
		if errs[i] != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", b.o.ID, errs[i]))
		}
	}
	return faults
}

// converged waits until every gate enforces that revocation state by a heartbeat
// not older than it may be. It says how long after from each did, and how many
// did not.
func (h *boxHouse) converged(rev int64, from time.Time, within time.Duration) (took []time.Duration, waiting int) {
	ctx, stop := context.WithTimeout(context.Background(), within)
	defer stop()
	rest := slices.Clone(h.boxes)
	_ = stage.Until(ctx, 50*time.Millisecond, func() (bool, error) { // it ends in time, or some are left
		rest = slices.DeleteFunc(rest, func(b *fleetBox) bool {
			d := b.box.Held()
			age, known := d.Fresh(b.box.Clock.Now())
			is := known && age <= int64(freshIn/time.Second) && d.State.Seq == rev
			if is {
				took = append(took, time.Since(from))
			}
			return is
		})
		return len(rest) == 0, nil
	})
	return took, len(rest)
}

// note is told of each revocation state in force.
func (b *fleetBox) note(rev int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, is := b.enforced[rev]; !is {
		b.enforced[rev] = time.Now()
	}
}

func (b *fleetBox) enforcedAt(rev int64) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.enforced[rev]
}

// dial is the box's way to the broker, each attempt counted.
func (b *fleetBox) dial(addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		b.mu.Lock()
		b.dials = append(b.dials, time.Now())
		b.mu.Unlock()
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
}

func (b *fleetBox) dialed() boxDials {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := boxDials{ID: b.o.ID, Count: len(b.dials), Least: time.Hour}
	for i := 1; i < len(b.dials); i++ {
		d.Least = min(d.Least, b.dials[i].Sub(b.dials[i-1]))
		d.Span = b.dials[i].Sub(b.dials[0])
	}
	return d
}

// needFiles raises the limit of open files of this process and of those that it
// starts, or says what is needed.
func needFiles(n int) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	// Set also when it is enough: else a child gets the limit that was there before
	// Go's runtime raised its own.
	l.Cur, l.Max = max(l.Cur, uint64(n)), max(l.Max, uint64(n))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("this many gates need %d open files in one process: run it as root, or after ulimit -n %d (%w)", n, n, err)
	}
	return nil
}

// resident is this process's memory in bytes.
func resident() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
