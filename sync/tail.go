package sync

import "time"

const (
	// plenty is about as many records as fill a message: with so many there is
	// nothing to wait for.
	plenty = 200
	// worthKeeping is how many records a connection must have handed to the broker
	// for the next one to go on in the middle of them. Fewer are cheap to send
	// again, which finds at once what a broker has lost.
	worthKeeping = 500
	// doubted is how many records below the newest cosigned size are sent again
	// first, if sending from there has brought no cosignature.
	doubted uint64 = 500
)

// mark is a place in a log. Between connections it says where the next one
// begins.
type mark struct {
	log  string
	next uint64
}

// after is where a connection that began at m should be followed by another, if
// the broker has acknowledged all below next. Without it a backlog would never
// get through a line that breaks too often; but a broker that dies takes with it
// what it acknowledged last, so half of it is sent again. What was lost before
// that is found when the cosignature stays out.
func (m mark) after(next uint64) mark {
	if next > m.next+worthKeeping {
		m.next += (next - m.next) / 2
	}
	return m
}

// step is what a tail asks for.
type step int

const (
	rest step = iota
	sendFresh
	sendBacklog
	sendCheckpoint
)

// tail is what one connection knows of the end of the log: how much of it is
// sent, checkpointed, cosigned. It does nothing itself and reads no clock.
//
// What is new goes before what has waited, however much that is: so there are
// two places in the log at which it is being sent.
//
// What the broker has acknowledged is not in it: a PUBACK says nothing about
// the central server.
type tail struct {
	pace Pace
	log  string

	size uint64 // records on stable storage

	next   uint64    // the first of the fresh ones that this connection has not sent
	hurry  uint64    // of them, those below do not wait for their checkpoint
	unsent time.Time // when the first of those was seen
	grown  time.Time // when the newest record was

	back, end uint64 // the backlog: from back up to, but not including, end is still to be sent

	covered uint64    // size of the newest checkpoint sent, or cosigned before
	bare    time.Time // when the first record was seen that it does not cover
	behind  bool      // there was a backlog: a checkpoint follows as soon as that is sent

	base   uint64 // what the store knows to be cosigned
	newest uint64 // the newest cosigned size received on this connection
	heard  bool   // there was one

	vain    int           // how often in a row records were sent again, and no cosignature came of it
	wait    time.Duration // how long a cosignature is waited for
	waiting uint64        // the size that it is waited for
	until   time.Time     // zero: nothing is waited for
}

// newTail begins with a backlog from where the store knows to be cosigned, or
// from from, if that is ahead of it.
func newTail(p Pace, log string, size, cosigned uint64, from mark, now time.Time) *tail {
	t := &tail{
		pace: p, log: log, size: size, next: size, back: min(cosigned, size), end: size, covered: cosigned, base: cosigned,
		unsent: now, grown: now, bare: now, wait: p.Cosign,
	}
	if from.log == log {
		t.back = max(t.back, min(from.next, size))
	}
	t.behind = t.covered < size
	return t
}

// lowest is the first record that this connection has not sent.
func (t *tail) lowest() uint64 {
	if t.back < t.end {
		return t.back
	}
	return t.next
}

// observe takes the present size of the log, and how much of it is in a hurry:
// what is behind that may wait for its checkpoint.
func (t *tail) observe(size, hurry, cosigned uint64, now time.Time) {
	t.base = cosigned
	if size <= t.size {
		return
	}
	if t.hurry <= t.next {
		t.unsent = now
	}
	t.hurry = max(t.hurry, hurry)
	if t.covered >= t.size {
		t.bare = now
	}
	t.size, t.grown = size, now
}

// step says what to do now, or until when there is nothing to do; zero: until
// something happens. Whoever asks has rewound what was overdue.
func (t *tail) step(now time.Time) (step, time.Time) {
	again := t.until
	fresh := t.next < t.size
	switch {
	case fresh && !now.Before(t.due()):
		return sendFresh, again
	case t.back < t.end:
		return sendBacklog, again
	case fresh:
		return rest, sooner(again, t.due())
	}
	if t.covered < t.size {
		due := t.bare.Add(t.pace.Checkpoint)
		if t.behind || t.size-t.covered >= t.pace.CheckpointAt || !now.Before(due) {
			return sendCheckpoint, again
		}
		again = sooner(again, due)
	}
	return rest, again
}

// due is when the fresh records are to go.
func (t *tail) due() time.Time {
	switch {
	case t.size-t.next >= plenty:
		return t.unsent
	case t.hurry <= t.next && t.size-t.covered < t.pace.CheckpointAt:
		return t.bare.Add(t.pace.Checkpoint)
	}
	quiet, linger := t.grown.Add(t.pace.Quiet), t.unsent.Add(t.pace.Linger)
	return sooner(quiet, linger)
}

// begin is the number at which the next message of that kind begins, and end
// the number at which it has to end.
func (t *tail) begin(do step) (begin, end uint64) {
	if do == sendBacklog {
		return t.back, t.end
	}
	return t.next, t.size
}

// sent notes that all records of that kind below next are on their way.
func (t *tail) sent(do step, next uint64, now time.Time) {
	if do == sendBacklog {
		t.back = min(next, t.end)
		return
	}
	t.next, t.unsent = min(next, t.size), now
}

// checkpointed notes that a checkpoint of size is on its way.
func (t *tail) checkpointed(size uint64, now time.Time) {
	t.covered, t.bare, t.behind = size, now, false
	if t.until.IsZero() && (!t.heard || t.newest < size) {
		t.waiting, t.until = size, now.Add(t.wait)
	}
}

// acknowledged notes a cosigned checkpoint. One that is older than others says
// that the server knows less than it did; nothing follows from it before a
// cosignature stays out.
func (t *tail) acknowledged(size uint64, now time.Time) {
	t.newest, t.heard = size, true
	size = min(size, t.size)
	t.next, t.back = max(t.next, size), max(t.back, size)
	t.covered = max(t.covered, size)
	if t.until.IsZero() || size < t.waiting {
		return
	}
	t.vain, t.wait, t.until = 0, t.pace.Cosign, time.Time{}
	if t.covered > size {
		t.waiting, t.until = t.covered, now.Add(t.wait)
	}
}

// overdue says whether a cosignature has stayed out for too long.
func (t *tail) overdue(now time.Time) bool { return !t.until.IsZero() && !now.Before(t.until) }

// rewind makes a backlog of what the central server is not known to have on this
// connection. If it has said nothing, it is taken to have what it once had, or,
// if somebody is there (central), nothing: a server that was set up anew has no
// cosigned checkpoint to send. Neither has one that was restored from a backup
// older than our first, and then the broker goes on retaining what it said in the
// life before: so what brings nothing is doubted, and the next time goes further
// back, twice as far each time. Each time, the next one is waited for twice as
// long.
func (t *tail) rewind(central bool, now time.Time) {
	from := t.base
	switch {
	case t.heard && central && t.vain > 0:
		from = t.newest - min(t.newest, doubted<<min(t.vain-1, 40))
	case t.heard:
		from = t.newest
	case central:
		from = 0
	}
	t.vain++
	t.back, t.end = min(t.lowest(), from), t.next
	t.covered = min(t.covered, from)
	t.behind, t.bare, t.until = true, now, time.Time{}
	t.wait = min(2*t.wait, t.pace.CosignMost)
}
