package store

import (
	"context"
	"fmt"
	"time"

	"gated/gate"
)

// Limits are how long and how much is kept. All but Room are above 0.
type Limits struct {
	Persons time.Duration // person and salt
	Leaves  time.Duration // leaves that are cosigned
	Size    int64         // bytes of the database above which cosigned leaves go before their time
	Most    int64         // bytes above which leaves go that nobody has cosigned: the hard limit
	Room    int64         // bytes that the disk should have left, or a sixteenth of it: else cosigned leaves go before their time; 0: it is not looked at
}

// Retained is what one Retain has done.
type Retained struct {
	Erased  uint64 // records that have lost person and salt
	Dropped uint64 // leaves
	Lost    uint64 // of those, never cosigned
}

const (
	ageEvery  = 6 * 3600 // seconds of the floor between two marks of age
	ageLeast  = 10 * 60  // the same, of those that are asked for: restarts must not fill the table
	eraseStep = 256      // records a transaction: a rider waits for no more
	dropStep  = 512      // leaves a transaction
	dropLeast = 256      // fewer leaves are not worth the record that tells of them
	keepLeast = 64       // the newest leaves stay whatever the limits say
)

// Retain erases the persons and drops the leaves whose time has passed when the
// floor of the time is there. The floor is what counts, and not what the records
// say: nobody can wind it forward, so at worst something is kept for longer.
// Databases that were set aside are treated likewise. What
// was done is told by records that stamp makes of an event and a sentence, in the
// same transactions. The tree's hashes stay, and so does whatever they prove. It
// works in small transactions and may be stopped at any of them; the next call
// goes on. One caller at a time.
func (s *Store) Retain(ctx context.Context, floor time.Time, l Limits, stamp func(gate.Event, string) gate.Record) (r Retained, err error) {
	now := floor.Unix()
	if err := s.age(ctx, floor, l, ageEvery); err != nil {
		return r, err
	}
	upTo, err := s.sizeAt(ctx, now-int64(l.Persons/time.Second))
	if err != nil {
		return r, err
	}
	if r.Erased, err = s.erase(ctx, upTo, l, stamp); err != nil {
		return r, fmt.Errorf("erase persons: %w", err)
	}
	if upTo, err = s.sizeAt(ctx, now-int64(l.Leaves/time.Second)); err != nil {
		return r, err
	}
	if r.Dropped, r.Lost, err = s.drop(ctx, upTo, l, stamp); err != nil {
		return r, fmt.Errorf("drop leaves: %w", err)
	}
	return r, s.retainAside(ctx, now, l, stamp)
}

// Age notes how many records there are when the floor is there, for who knows that
// the floor may be far ahead when it is next looked at: when the box stops, and when
// it starts, before anybody tells it the time. Retain does it every six hours by
// itself. If the floor has gone back, as with a new epoch, what was noted beyond it
// counts from now.
func (s *Store) Age(ctx context.Context, floor time.Time, l Limits) error {
	return s.age(ctx, floor, l, ageLeast)
}

// age is Age, unless it was noted less than so many seconds ago.
func (s *Store) age(ctx context.Context, floor time.Time, l Limits, every int64) error {
	now, size := floor.Unix(), int64(s.size.Load()) //nolint:gosec // rows of one table
	var last, noted int64
	const query = "SELECT ifnull(max(floor), 0), ifnull(max(size), 0) FROM age"
	if err := s.readers.QueryRowContext(ctx, query).Scan(&last, &noted); err != nil {
		return fmt.Errorf("read age of the journal: %w", err)
	}
	if now >= last && (now < last+every || size == noted) {
		return nil
	}
	oldest := now - int64(max(l.Persons, l.Leaves)/time.Second)
	err := s.submitLater(ctx, 0, func(w *conn) error {
		if err := w.exec("DELETE FROM age WHERE floor >= ?", now); err != nil {
			return err
		}
		if err := w.exec("DELETE FROM age WHERE floor < (SELECT max(floor) FROM age WHERE floor <= ?)", oldest); err != nil {
			return err
		}
		return w.exec("INSERT INTO age(floor, size) VALUES(?, ?)", now, size)
	})
	if err != nil {
		return fmt.Errorf("note age of the journal: %w", err)
	}
	return nil
}

// sizeAt is how many records there certainly were when the floor was there.
func (s *Store) sizeAt(ctx context.Context, floor int64) (size uint64, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT ifnull(max(size), 0) FROM age WHERE floor <= ?", floor).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("read age of the journal: %w", err)
	}
	return min(size, s.size.Load()), nil
}

// mark reads one of the numbers in meta; 0: not set yet.
func (s *Store) mark(ctx context.Context, name string) (n uint64, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT ifnull((SELECT value FROM meta WHERE name = ?), 0)", name).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return n, nil
}

func setMark(w *conn, name string, n uint64) error {
	return w.exec("INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)", name, int64(n)) //nolint:gosec // a number of this log
}

// The marks of erasure: persons below erased are gone, records have told of those
// below told.
const (
	erasedMark = "erased"
	toldMark   = "told"
)

// erase sets the persons and salts of all records below upTo to NULL. The pages
// are overwritten, and the write-ahead log is emptied once nobody reads it.
func (s *Store) erase(ctx context.Context, upTo uint64, l Limits, stamp func(gate.Event, string) gate.Record) (uint64, error) {
	from, err := s.mark(ctx, erasedMark)
	if err != nil {
		return 0, err
	}
	told, err := s.mark(ctx, toldMark)
	if err != nil {
		return 0, err
	}
	for from < upTo {
		to := min(from+eraseStep, upTo)
		err := s.submit(ctx, eraseStep*typicalSize, func(w *conn) error {
			s.scrub = true
			const query = "UPDATE journal SET person = NULL, salt = NULL WHERE seq >= ? AND seq < ? AND person IS NOT NULL"
			if err := w.exec(query, int64(from), int64(to)); err != nil { //nolint:gosec // numbers of this log
				return err
			}
			return setMark(w, erasedMark, to)
		})
		if err != nil {
			return 0, err
		}
		from = to
	}
	if told >= from {
		return 0, nil
	}
	var n uint64
	const count = `SELECT count(*) FROM journal WHERE seq >= ? AND seq < ? AND instr(leaf, CAST('"who":"' AS BLOB)) > 0`
	if err := s.readers.QueryRowContext(ctx, count, int64(told), int64(from)).Scan(&n); err != nil { //nolint:gosec // as above
		return 0, fmt.Errorf("count records: %w", err)
	}
	var recs []gate.Record
	if n > 0 {
		rec := stamp(gate.Erased, fmt.Sprintf("persons are kept for %d days", l.Persons/(24*time.Hour)))
		rec.About, rec.Count = &from, n
		recs = append(recs, rec)
	}
	return n, s.submit(ctx, 0, func(w *conn) error { return setMark(w, toldMark, from) }, recs...)
}

// drop deletes the leaves below upTo that are cosigned, and more if the database
// is too large; whole blocks of the tree, whose hashes stay.
func (s *Store) drop(ctx context.Context, upTo uint64, l Limits, stamp func(gate.Event, string) gate.Record) (dropped, lost uint64, err error) {
	first, err := s.first(ctx)
	if err != nil {
		return 0, 0, err
	}
	size, cosigned := s.size.Load(), s.cosigned.Load()
	if size < first+keepLeast+dropLeast {
		return 0, 0, nil
	}
	bytes, err := s.bytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	l, lean, err := s.makeRoom(ctx, bytes, l)
	if err != nil {
		return 0, 0, err
	}
	each := bytes/(size-first) + 1
	over := func(limit int64) uint64 { // the first record that need not go for that limit
		if most := uint64(limit); bytes > most { //nolint:gosec // above 0
			return first + (bytes-most)/each + 1
		}
		return first
	}
	upTo = min(max(upTo, over(l.Size)), cosigned)
	upTo = min(max(upTo, over(l.Most)), size-keepLeast) &^ (1<<blockLevel - 1)
	if upTo < first+dropLeast {
		return 0, 0, nil
	}
	detail := fmt.Sprintf("leaves are kept for %d days or %d MB", l.Leaves/(24*time.Hour), l.Size>>20)
	if lean {
		detail = "the disk is nearly full"
	}
	if upTo > cosigned {
		lost = upTo - max(first, cosigned)
		detail = fmt.Sprintf("the hard limit of %d MB is reached: %d of these records were never cosigned", l.Most>>20, lost)
	}
	rec := stamp(gate.Dropped, detail)
	rec.About, rec.Count = &upTo, upTo-first
	recs := []gate.Record{rec}
	for from := first; from < upTo; from += dropStep {
		to := min(from+dropStep, upTo)
		err := s.submit(ctx, dropStep*typicalSize, func(w *conn) error {
			s.scrub = true
			if err := s.keepNodes(w); err != nil {
				return err
			}
			return w.exec("DELETE FROM journal WHERE seq < ?", int64(to)) //nolint:gosec // a number of this log
		}, recs...)
		if err != nil {
			return 0, 0, err
		}
		recs = nil
		if lean {
			if err := rest(ctx, leanRest); err != nil {
				return 0, 0, err
			}
		}
	}
	return upTo - first, lost, nil
}

// bytes is how much of the database's file is in use.
func (s *Store) bytes(ctx context.Context) (n uint64, err error) {
	const query = "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s"
	if err := s.readers.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("read size of the database: %w", err)
	}
	return n, nil
}
