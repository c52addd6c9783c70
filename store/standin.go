package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// Inherit takes over what another store of the same gate knows besides its
// journal, before Run: documents, uses and the count of starts. It is for a store
// that stands in while the disk of from takes nothing any more: what is here
// already is newer and stays. Follows tells afterwards whose heir it is.
func (s *Store) Inherit(ctx context.Context, from *Store) error {
	follow := func() error {
		return s.w.exec("INSERT OR REPLACE INTO meta(name, value) VALUES('follows', ?)", from.log)
	}
	return s.takeOver(ctx, from, follow, "INSERT OR IGNORE", "held", "spare", "used")
}

// Absorb takes back, before Run, what a store that stood in has learned: its uses
// replace those here. Its documents do only if it had inherited ours: one that
// began with nothing may have been given old ones.
func (s *Store) Absorb(ctx context.Context, from *Store) error {
	tables := []string{"used"}
	if log, _ := s.Log(); from.Follows(ctx) == log {
		tables = append(tables, "held", "spare")
	}
	err := s.takeOver(ctx, from, func() error { return nil }, "INSERT OR REPLACE", tables...)
	s.failed = err != nil // Nothing more is written then, not even in closing.
	return err
}

// Follows is the log of the store that this one has inherited; empty: none.
func (s *Store) Follows(ctx context.Context) string {
	var log string
	if s.readers.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'follows'").Scan(&log) != nil {
		return "" // as if it had none: then less is believed
	}
	return log
}

func (s *Store) takeOver(ctx context.Context, from *Store, note func() error, insert string, tables ...string) error {
	start := max(s.start, from.start+1)
	err := s.transact(true, func() error {
		for _, t := range tables {
			if err := s.copyRows(ctx, from, t, insert); err != nil {
				return fmt.Errorf("take over %s: %w", t, err)
			}
		}
		if err := note(); err != nil {
			return fmt.Errorf("take over: %w", err)
		}
		return s.w.exec("UPDATE meta SET value = ? WHERE name = 'starts'", int64(start)) //nolint:gosec // counted from 1
	})
	if err != nil {
		if !s.w.c.AutoCommit() {
			err = errors.Join(err, s.w.script("ROLLBACK"))
		}
		return err
	}
	s.start = start
	return nil
}

// copyRows copies a table of the same schema.
func (s *Store) copyRows(ctx context.Context, from *Store, table, insert string) error {
	rows, err := from.readers.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec // one of our own tables
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	query := fmt.Sprintf("%s INTO %s(%s) VALUES(?%s)", insert, table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1))
	for rows.Next() {
		if err := copyRow(s.w, rows, query, len(columns)); err != nil {
			return err
		}
	}
	return rows.Err()
}

func copyRow(to *conn, rows *sql.Rows, query string, columns int) error {
	values, into := make([]driver.Value, columns), make([]any, columns)
	for i := range values {
		into[i] = (*any)(&values[i])
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return to.exec(query, values...)
}
