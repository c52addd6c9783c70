package store

import (
	"context"
	"fmt"

	"gated/gate"
	"gated/verify/document"
)

// maxWaiting bounds the commits that wait for a disk that stands still: some
// minutes of the worst flood of codes.
const maxWaiting = 4096

// commit is what one call of Commit brought.
type commit struct {
	recs []gate.Record
	done chan gate.Receipt
}

// task is anything else that is written, in a transaction of its own.
type task struct {
	do    func(*conn) error
	bytes int           // of the body, roughly
	recs  []gate.Record // what tells of it, in the same transaction
	done  chan error
}

// Commit queues recs for the next transaction and returns at once. The receipt
// arrives when all of them are on stable storage, with consecutive numbers from
// First, or with the error that nothing is known of them; the channel holds it,
// so nobody needs to wait. A use is kept in the same transaction. What cannot be
// encoded is refused alone. The caller leaves recs alone until the receipt.
func (s *Store) Commit(recs ...gate.Record) <-chan gate.Receipt {
	c := commit{recs: recs, done: make(chan gate.Receipt, 1)}
	s.mu.Lock()
	err := s.ended
	if err == nil && len(s.waiting) >= maxWaiting {
		err = ErrFull
	}
	if err == nil {
		s.waiting = append(s.waiting, c)
	} else {
		s.lose(recs)
	}
	s.mu.Unlock()
	if err != nil {
		c.done <- gate.Receipt{Err: fmt.Errorf("commit records: %w", err)}
	} else {
		tick(s.wake)
	}
	return c.done
}

// submit queues a task and waits for it, and for the records that tell of it. If
// ctx ends first, the task may still be done.
func (s *Store) submit(ctx context.Context, bytes int, do func(*conn) error, recs ...gate.Record) error {
	t := task{do: do, bytes: bytes, recs: recs, done: make(chan error, 1)}
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
// What is carried goes with commits, or with the last transaction of all: last
// says that ctx has ended, nothing else waits, and nothing is accepted any more.
func (s *Store) take(ctx context.Context) (commits []commit, t task, carried cargo, last bool) {
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
	if (len(commits) > 0 || last) && s.carried.size() > 0 {
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
		c.done <- gate.Receipt{Err: fmt.Errorf("commit records: %w", err)}
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
