package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// edge is one change of a pin.
type edge struct {
	at time.Time // when the guest wrote it, by this machine's clock
	pin
}

// watch follows the pins of a board through the emulator's trace of writes to
// device registers. Safe for concurrent use.
type watch struct {
	board *board

	mu    sync.Mutex
	regs  registers
	pins  map[int]pin // of the lines of the board, now
	edges map[int][]edge
	more  chan struct{} // closed, and replaced, with each new edge
	fault error         // of reading; nothing is seen after it
	ended chan struct{} // closed with fault
}

func newWatch(b *board) *watch {
	return &watch{board: b, regs: b.registers(), pins: make(map[int]pin), edges: make(map[int][]edge), more: make(chan struct{}), ended: make(chan struct{})}
}

// endOfTrace is written behind the emulator's last line, which may be half of one.
const endOfTrace = "end of trace"

// read takes the trace until it ends.
func (w *watch) read(trace io.Reader) {
	lines := bufio.NewScanner(trace)
	mark := []byte("name '" + w.board.block + "'")
	for lines.Scan() && lines.Text() != endOfTrace {
		if !bytes.Contains(lines.Bytes(), mark) {
			continue
		}
		if err := w.take(lines.Text()); err != nil {
			w.end(err)
			_, _ = io.Copy(io.Discard, trace) // the emulator would stand still
			return
		}
	}
	w.end(lines.Err())
}

// take is one line of the trace:
//
//	PID@SECONDS.MICROSECONDS:memory_region_ops_write cpu N mr PTR addr 0xA value 0xV size S name 'NAME'
//
// A write of ours, with which we move an input, is made by no processor (-1).
func (w *watch) take(line string) error {
	var pid, seconds, micros, cpu int64
	var mr, address, value uint64
	_, err := fmt.Sscanf(line, "%d@%d.%d:memory_region_ops_write cpu %d mr 0x%x addr 0x%x value 0x%x",
		&pid, &seconds, &micros, &cpu, &mr, &address, &value)
	if err != nil {
		return fmt.Errorf("read trace: %q: %w", line, err)
	}
	if cpu < 0 {
		return nil
	}
	at := time.Unix(seconds, micros*1000)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.regs.write(address-w.board.base, value)
	news := false
	for _, n := range w.board.lines {
		if now := w.regs.pin(n); now != w.pins[n] {
			w.pins[n] = now
			w.edges[n] = append(w.edges[n], edge{at, now})
			news = true
		}
	}
	if news {
		w.wake()
	}
	return nil
}

func (w *watch) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = io.EOF
	}
	w.fault = err
	close(w.ended)
	w.wake()
}

// wake is called with mu held.
func (w *watch) wake() {
	close(w.more)
	w.more = make(chan struct{})
}

// from is the changes of a line after the first n, its state now, and a channel
// that is closed when there are more.
func (w *watch) from(line, n int) ([]edge, pin, <-chan struct{}, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.edges[line]
	return append([]edge(nil), all[min(n, len(all)):]...), w.pins[line], w.more, w.fault
}

// mark is the number of changes of a line so far.
func (w *watch) mark(line int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.edges[line])
}

// wait returns the first change of a line after the first n that is as wanted.
func (w *watch) wait(ctx context.Context, line, n int, wanted func(pin) bool) (edge, error) {
	for {
		edges, now, more, fault := w.from(line, n)
		for _, e := range edges {
			if wanted(e.pin) {
				return e, nil
			}
		}
		if fault != nil {
			return edge{}, fmt.Errorf("wait for line %d, %s: the emulator has ended: %w", line, now, fault)
		}
		select {
		case <-more:
		case <-ctx.Done():
			return edge{}, fmt.Errorf("wait for line %d: it is %s since %d changes: %w", line, now, len(edges), ctx.Err())
		}
	}
}

// high is how often a line was driven high after its first n changes.
func (w *watch) high(line, n int) int {
	edges, _, _, _ := w.from(line, n)
	times := 0
	for _, e := range edges {
		if e.drivenHigh() {
			times++
		}
	}
	return times
}
