package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/record"
)

// When the write-ahead log has foldPages pages more and nothing has come for
// foldQuiet, it is folded back into the file: a rider who came just then would
// wait for it.
const (
	foldPages = 1000
	foldQuiet = time.Second
)

// syncedMark is written when nothing else is, so that there is something to sync.
const syncedMark = "synced"

// Run is the one writer. It takes what waits, commits it in one transaction and
// answers, until ctx ends; then it accepts nothing more, writes what was
// accepted and returns nil. After the first error in writing, or once a reader has
// found the file damaged, it returns that error, and every receipt and call that waits or comes later carries it:
// nothing is tried again, because after a failed fsync the system may take for
// written what is not. It may run once.
func (s *Store) Run(ctx context.Context) error {
	s.mu.Lock()
	err := s.ended
	if err == nil && s.running {
		err = errors.New("it is running already")
	}
	if err != nil {
		s.mu.Unlock()
		return fmt.Errorf("run store: %w", err)
	}
	s.running = true
	s.mu.Unlock()

	err = s.serve(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	if err != nil {
		s.failed, s.ended = true, nil
		s.end(err)
		return fmt.Errorf("run store: %w", err)
	}
	return nil
}

func (s *Store) serve(ctx context.Context) error {
	for {
		due := s.due()
		commits, t, carried, last := s.take(ctx, due)
		if len(commits) > 0 || carried.size() > 0 || (due || last) && s.owes() {
			if err := s.write(commits, carried, due || last); err != nil {
				return err
			}
		}
		if t.do != nil {
			if err := s.perform(t); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		select {
		case err := <-s.hurt: // what was accepted is written, and what comes now goes into the next log
			return err
		default:
		}
		if len(commits) == 0 && t.do == nil {
			if err := s.rest(ctx); err != nil {
				return err
			}
		}
	}
}

// owes says whether something was written that is not synced, and due whether
// that has lasted for as long as it may.
func (s *Store) owes() bool { return !s.since.IsZero() }
func (s *Store) due() bool  { return s.owes() && time.Since(s.since) >= followLife }

// rest waits for something to do or to be due, and folds the log back if nothing
// comes.
func (s *Store) rest(ctx context.Context) error {
	var quiet, due <-chan time.Time
	if s.owes() {
		t := time.NewTimer(time.Until(s.since.Add(followLife)))
		defer t.Stop()
		due = t.C
	}
	if s.pages >= foldPages || s.scrub {
		t := time.NewTimer(foldQuiet)
		defer t.Stop()
		quiet = t.C
	}
	select {
	case <-s.wake:
	case err := <-s.hurt:
		return err
	case <-ctx.Done():
	case <-due:
	case <-quiet:
		s.pages = 0
		if err := s.fold(); err != nil {
			return fmt.Errorf("fold back write-ahead log: %w", err)
		}
	}
	return nil
}

// fold copies the log into the file. After an erasure it also empties the log, in
// which the persons still stand, unless somebody reads: then the next quiet moment
// will do. It waits for nobody.
func (s *Store) fold() error {
	if !s.scrub {
		return s.w.script("PRAGMA wal_checkpoint(PASSIVE)")
	}
	if err := s.w.script("PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	busy, err := s.w.number("PRAGMA wal_checkpoint(TRUNCATE)")
	s.scrub = err != nil || busy != 0
	return errors.Join(err, s.w.script(fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout)))
}

// write commits everything in one transaction and answers each receipt. The
// transaction is synced if that is due, or if one of commits does not only follow.
func (s *Store) write(commits []commit, carried cargo, due bool) error {
	size := s.size.Load()
	receipts := make([]gate.Receipt, len(commits))
	entries := make([]record.Entry, 0, len(commits))
	for i, c := range commits {
		due = due || !c.follows()
		receipts[i].First = size + uint64(len(entries))
		more, err := s.encode(entries, size, c.recs)
		if err != nil {
			receipts[i].Err = fmt.Errorf("commit records: %w", err)
			continue
		}
		entries = more
	}
	err := s.transact(due, func() error { return s.insert(commits, receipts, entries, carried) })
	if err != nil {
		err = fmt.Errorf("commit records: %w", err)
		s.fail(commits)
	} else {
		s.grow(entries, due)
	}
	for i, c := range commits {
		if err != nil {
			receipts[i].Err = err
		}
		if !c.follows() {
			c.done <- receipts[i]
		} else if s.owes() {
			s.owed = append(s.owed, c.recs...)
		}
	}
	return err
}

// fail notes that writing has failed, before anybody hears of it. What was not
// synced may be lost, too.
func (s *Store) fail(commits []commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
	s.lose(s.owed)
	for _, c := range commits {
		s.lose(c.recs)
	}
}

// encode appends the entries of recs, all or none.
func (s *Store) encode(entries []record.Entry, size uint64, recs []gate.Record) ([]record.Entry, error) {
	for _, r := range recs {
		e, err := record.Encode(s.log, size+uint64(len(entries)), r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (s *Store) insert(commits []commit, receipts []gate.Receipt, entries []record.Entry, carried cargo) error {
	if len(entries)+carried.size() == 0 && s.owes() {
		// SQLite syncs nothing for a transaction that writes nothing.
		s.pages++
		return setMark(s.w, syncedMark, s.size.Load())
	}
	if err := s.insertEntries(entries); err != nil {
		return err
	}
	for _, u := range carried.uses { // before those of commits, which may be newer
		if err := keepUse(s.w, &u); err != nil {
			return err
		}
		s.pages++
	}
	for i, c := range commits {
		for _, r := range c.recs {
			if r.Use == nil || receipts[i].Err != nil {
				continue
			}
			if err := keepUse(s.w, r.Use); err != nil {
				return err
			}
			s.pages++
		}
	}
	for _, h := range carried.held {
		if err := keep(s.w, h); err != nil {
			return err
		}
		s.pages += 2 + 2*len(h.Body)/pageSize
	}
	return s.spill()
}

// insertEntries puts entries at the end of the journal.
func (s *Store) insertEntries(entries []record.Entry) error {
	next := s.size.Load()
	for i, e := range entries {
		if err := insertEntry(s.w, next+uint64(i), e); err != nil {
			return err
		}
		s.pages += 1 + len(e.Leaf)/pageSize
	}
	return nil
}

func insertEntry(c *conn, seq uint64, e record.Entry) error {
	var person, salt any
	if e.Person != "" {
		person, salt = e.Person, e.Salt
	}
	const query = "INSERT INTO journal(seq, leaf, person, salt) VALUES(?, ?, ?, ?)"
	if err := c.exec(query, int64(seq), e.Leaf, person, salt); err != nil { //nolint:gosec // rows of one table
		return fmt.Errorf("insert record: %w", err)
	}
	return nil
}

// grow counts entries as committed; with synced, they and everything before them
// are on stable storage.
func (s *Store) grow(entries []record.Entry, synced bool) {
	s.treeMu.Lock()
	for _, e := range entries {
		s.tree.add(record.Hash(e.Leaf))
	}
	s.treeMu.Unlock()
	size := s.size.Load()
	for _, e := range entries {
		size++
		for u := record.UrgencyOf(e.Leaf); u > record.Routine; u-- {
			s.newest[u].Store(size)
		}
	}
	s.size.Store(size)
	if !synced {
		if !s.owes() {
			s.since = time.Now()
		}
		return
	}
	s.owed, s.since = nil, time.Time{}
	if s.synced.Swap(size) != size {
		tick(s.grown)
	}
}

// perform does a task and writes the records of it in the same transaction.
func (s *Store) perform(t task) error {
	entries, err := s.encode(nil, s.size.Load(), t.recs)
	if err != nil {
		t.done <- err
		return nil
	}
	err = s.transact(!t.follows, func() error {
		if err := t.do(s.w); err != nil {
			return err
		}
		return s.insertEntries(entries)
	})
	s.pages += 2 + t.bytes/pageSize
	if err != nil {
		s.fail([]commit{{recs: t.recs}})
	} else {
		s.grow(entries, !t.follows)
	}
	t.done <- err
	return err
}

// transact is one transaction. Without sync it is in the write-ahead log when it
// returns, and on stable storage with the next that syncs: SQLite's level NORMAL
// leaves out nothing else.
func (s *Store) transact(sync bool, do func() error) error {
	s.at()
	defer s.busy.Store(nil)
	if !sync {
		if err := s.w.script("PRAGMA synchronous = NORMAL"); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	if err := s.w.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(); err != nil {
		return err
	}
	began := time.Now()
	if err := s.w.exec("COMMIT"); err != nil {
		return fmt.Errorf("make durable: %w", err)
	}
	if sync && s.told != nil {
		s.told(time.Since(began))
	}
	if !sync { // After an error nothing is written any more.
		if err := s.w.script("PRAGMA synchronous = FULL"); err != nil {
			return fmt.Errorf("sync again from now on: %w", err)
		}
	}
	return nil
}
