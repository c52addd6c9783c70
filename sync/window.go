package sync

import (
	"time"

	"gated/verify/record"
)

// Bounds of what is on its way to the broker without its PUBACK.
const (
	windowLeast = 8 << 10
	windowFirst = 16 << 10
	windowMost  = 512 << 10
)

// The line is kept so full that what is sent now is through in about a second:
// then nothing else that is sent waits longer, whatever the backlog.
const (
	landsSoon = 500 * time.Millisecond
	landsLate = time.Second
)

// window is the flow control of records: how many bytes may be under way.
type window struct {
	limit, used int
}

func newWindow() window { return window{limit: windowFirst} }

// full says whether the next message has to wait for one to land.
func (w *window) full() bool { return w.used > w.limit/2 }

// fullForFresh is full for records that have only just been made: they do not
// wait behind a backlog, but for a line that carries nothing.
func (w *window) fullForFresh() bool { return w.used > 2*w.limit }

// batch is how long the next message should be at most: while one is under way
// there is room for the next.
func (w *window) batch() int { return min(record.MaxBatch, w.limit/2) }

// left notes that bytes were sent.
func (w *window) left(bytes int) { w.used += bytes }

// landed notes that they have arrived, so long after they were sent.
func (w *window) landed(bytes int, took time.Duration) {
	w.used -= bytes
	switch {
	case took < landsSoon:
		w.limit = min(2*w.limit, windowMost)
	case took > landsLate:
		w.limit = max(w.limit/2, windowLeast)
	}
}
