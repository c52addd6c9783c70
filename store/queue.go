package store

import (
	"context"
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/document"
)

// maxWaiting bounds the commits that wait for a disk that stands still: some
// minutes of the worst flood of codes.
const maxWaiting = 4096

// followLife is how long what only follows may wait to be synced. Every checkpoint
// syncs, and with a line one comes within a minute of the first record that it has
// to cover (PROTOCOL 2.5): nothing would be proved sooner if this were shorter.
const followLife = time.Minute

// commit is what one call of Commit or Follow brought.
type commit struct {
	recs []gate.Record
	done chan gate.Receipt // nil: it only follows
}

func (c commit) follows() bool { return c.done == nil }

// task is anything else that is written, in a transaction of its own.
type task struct {
	do      func(*conn) error
	bytes   int           // of the body, roughly
	recs    []gate.Record // what tells of it, in the same transaction
	follows bool          // it is synced with the next commit
	done    chan error
}

// Commit queues recs for the next transaction and returns at once. The receipt
// arrives when all of them are on stable storage, with consecutive numbers from
// First, or with the error that nothing is known of them; the channel holds it,
// so nobody needs to wait. A use is kept in the same transaction. What cannot be
// encoded is refused alone. The caller leaves recs alone until the receipt.
func (s *Store) Commit(recs ...gate.Record) <-chan gate.Receipt {
	done := make(chan gate.Receipt, 1)
	if err := s.enqueue(commit{recs, done}); err != nil {
		done <- gate.Receipt{Err: fmt.Errorf("commit records: %w", err)}
	}
	return done
}

// Follow queues recs, which tell what came of something that is on stable storage
// already, and returns at once. They are written in their turn, so that whoever
// reads the journal sees them and a process that is killed loses none, and synced
// with the next commit, at the latest after a minute. A power cut before that
// takes them; nobody outside has seen them then: Log does not count them, Batch
// does not give them away, and a Checkpoint syncs them first. The caller leaves
// recs alone.
func (s *Store) Follow(recs ...gate.Record) {
	_ = s.enqueue(commit{recs: recs}) // what Run or the next Commit will say
}

func (s *Store) enqueue(c commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.ended
	if err == nil && len(s.waiting) >= maxWaiting {
		err = ErrFull
	}
	if err != nil {
		s.lose(c.recs)
		return err
	}
	s.waiting = append(s.waiting, c)
	tick(s.wake)
	return nil
}

// submit queues a task and waits for it, and for the records that tell of it. If
// ctx ends first, the task may still be done.
func (s *Store) submit(ctx context.Context, bytes int, do func(*conn) error, recs ...gate.Record) error {
	return s.queue(ctx, task{do: do, bytes: bytes, recs: recs})
}

// submitLater is submit of what need not be on stable storage when it returns: it
// is with the next commit, at the latest after followLife.
func (s *Store) submitLater(ctx context.Context, bytes int, do func(*conn) error) error {
	return s.queue(ctx, task{do: do, bytes: bytes, follows: true})
}

func (s *Store) queue(ctx context.Context, t task) error {
	t.done = make(chan error, 1)
	s.mu.Lock()
	err := s.ended
	if err == nil {
		s.tasks = append(s.tasks, t)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	tick(s.wake)
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take takes all commits and one task: records are never behind a second task.
// What is carried goes with commits, with what is due to be synced, or with the
// last transaction of all: last says that ctx has ended, nothing else waits, and
// nothing is accepted any more.
func (s *Store) take(ctx context.Context, due bool) (commits []commit, t task, carried cargo, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	commits, s.waiting = s.waiting, nil
	if len(s.tasks) > 0 {
		t = s.tasks[0]
		s.tasks = s.tasks[1:]
	}
	if len(commits) == 0 && t.do == nil && ctx.Err() != nil {
		last = true
		s.end(ErrStopped)
	}
	if (len(commits) > 0 || due || last) && s.carried.size() > 0 {
		carried, s.carried = s.carried, newCargo()
	}
	return commits, t, carried, last
}

// cargo is what goes with the next commit of records.
type cargo struct {
	held map[string]document.Held
	uses map[gate.PassID]gate.Use
}

func newCargo() cargo {
	return cargo{held: make(map[string]document.Held), uses: make(map[gate.PassID]gate.Use)}
}

func (c cargo) size() int { return len(c.held) + len(c.uses) }

// end stops accepting and answers what waits. The caller holds mu.
func (s *Store) end(err error) {
	if s.ended != nil {
		return
	}
	s.ended = err
	for _, c := range s.waiting {
		s.lose(c.recs)
		if !c.follows() {
			c.done <- gate.Receipt{Err: fmt.Errorf("commit records: %w", err)}
		}
	}
	for _, t := range s.tasks {
		s.lose(t.recs)
		t.done <- err
	}
	s.waiting, s.tasks = nil, nil
}

// lose remembers records that a failed disk has not taken. The caller holds mu.
func (s *Store) lose(recs []gate.Record) {
	if s.failed && len(s.lost)+len(recs) <= maxWaiting {
		s.lost = append(s.lost, recs...)
	}
}

func tick(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
