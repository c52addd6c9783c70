package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gated/verify/record"
)

// pageRows is how many records are read at once by who reads many: a reader that
// stays within one statement for long keeps the write-ahead log from being folded
// back.
const pageRows = 512

// typicalSize of an entry in a message in bytes, to read about as many as go in.
const typicalSize = 400

// walk calls see for each record from number from on, in order, until it returns
// false or there are no more. A missing number is ErrBroken. Rows are read at
// once, and none is held while see runs.
func (s *Store) walk(ctx context.Context, from uint64, rows int, see func(seq uint64, e record.Entry) (bool, error)) error {
	for {
		page, broken := s.page(ctx, from, rows)
		for i, e := range page {
			if ok, err := see(from+uint64(i), e); err != nil || !ok {
				return err
			}
		}
		if broken != nil || len(page) < rows {
			return broken
		}
		from += uint64(len(page))
	}
}

// page reads the records from number from on, as far as they are dense: with an
// error it returns those before it.
func (s *Store) page(ctx context.Context, from uint64, limit int) ([]record.Entry, error) {
	rows, err := s.readers.QueryContext(ctx,
		"SELECT seq, leaf, person, salt FROM journal WHERE seq >= ? ORDER BY seq LIMIT ?", int64(from), limit) //nolint:gosec // a number of this log, below 2^53
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	var page []record.Entry
	for rows.Next() {
		var seq int64
		var e record.Entry
		var person sql.NullString
		if err := rows.Scan(&seq, &e.Leaf, &person, &e.Salt); err != nil {
			return page, fmt.Errorf("read records: %w", err)
		}
		if e.Person = person.String; person.Valid && e.Person == "" && e.Salt == nil {
			e.Salt = []byte{} // nobody has written that: Verify says so
		}
		next := int64(from) + int64(len(page)) //nolint:gosec // as above
		if seq != next {
			return page, fmt.Errorf("record %d is missing, the next is %d: %w", next, seq, ErrBroken)
		}
		page = append(page, e)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("read records: %w", err)
	}
	return page, nil
}

// List returns the records from number from up to, but not including, to, as far
// as there are any and their leaves were not dropped. The caller owns them.
func (s *Store) List(ctx context.Context, from, to uint64) ([]record.Entry, error) {
	var list []record.Entry
	err := s.Each(ctx, from, to, func(e record.Entry) error {
		list = append(list, e)
		return nil
	})
	return list, err
}

// Each calls see with the same records as List, one after another; it ends with
// see's first error.
func (s *Store) Each(ctx context.Context, from, to uint64, see func(record.Entry) error) error {
	first, err := s.first(ctx)
	if err != nil {
		return s.noticed(err)
	}
	err = s.walk(ctx, max(from, first), pageRows, func(seq uint64, e record.Entry) (bool, error) {
		if seq >= to {
			return false, nil
		}
		return true, see(e)
	})
	return s.noticed(err)
}

// Batch returns the records from number from on, as many as go into a message of
// maxBytes (0: record.MaxBatch), at least one if there is one; none if from is
// the size of the log. Only what is on stable storage is given away. The batch begins later if the leaves before were dropped.
// A person that is not the leaf's any more, because the disk
// has changed it, stays behind: the record must not wait for it. If a leaf cannot
// be read, or is not the one that was written, the error wraps ErrDamaged and Run
// ends with it: nothing from there on could ever be cosigned. The caller owns the
// batch.
func (s *Store) Batch(ctx context.Context, from uint64, maxBytes int) (record.Batch, error) {
	size := s.synced.Load()
	if from > size {
		return record.Batch{}, fmt.Errorf("make batch: the log ends at %d, before %d", size, from)
	}
	if maxBytes <= 0 || maxBytes > record.MaxBatch {
		maxBytes = record.MaxBatch
	}
	for {
		first, err := s.first(ctx)
		b := record.Batch{Log: s.log, First: max(from, first)}
		if err == nil {
			b.Entries, err = s.batch(ctx, b.First, size, maxBytes)
		}
		if errors.Is(err, ErrBroken) {
			if now, again := s.first(ctx); again == nil && now > b.First {
				continue // they were dropped meanwhile
			}
		}
		if err != nil {
			return record.Batch{}, fmt.Errorf("make batch: %w", s.hurtBy(err))
		}
		return b, nil
	}
}

// batch reads from the beginning of the block on, to see that it is whole.
func (s *Store) batch(ctx context.Context, from, size uint64, maxBytes int) (entries []record.Entry, err error) {
	check := blockCheck{s: s}
	bytes := record.Overhead
	begin := from &^ (1<<blockLevel - 1) // not dropped if from is not: only whole blocks are
	err = s.walk(ctx, begin, maxBytes/typicalSize+1<<blockLevel, func(seq uint64, e record.Entry) (bool, error) {
		if seq >= size {
			return false, nil // it would be gone after a power cut, and another have its number
		}
		if err := check.leaf(ctx, seq, e.Leaf); err != nil || seq < from {
			return err == nil, err
		}
		if e.Check() != nil {
			e.Person, e.Salt = "", nil
		}
		bytes += e.Size()
		if bytes > maxBytes && len(entries) > 0 {
			return false, nil
		}
		entries = append(entries, e)
		return true, nil
	})
	return entries, err
}
