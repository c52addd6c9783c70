package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// floor is SQLite and nothing else: one table, one prepared insert, each in a
// transaction of its own that is on the disk when it returns.
type floor struct {
	conn   *sqlite3.SQLiteConn
	insert *sqlite3.SQLiteStmt
}

func openFloor(dir string) (*floor, error) {
	dsn := url.URL{Scheme: "file", Opaque: filepath.Join(dir, "floor.db"), RawQuery: "_journal_mode=WAL&_synchronous=FULL"}
	c, err := (&sqlite3.SQLiteDriver{}).Open(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open floor's database: %w", err)
	}
	f := &floor{conn: c.(*sqlite3.SQLiteConn)}
	if _, err := f.conn.Exec("CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("make floor's table: %w", err), f.conn.Close())
	}
	s, err := f.conn.Prepare("INSERT INTO entry(body) VALUES(?)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare floor's insert: %w", err), f.conn.Close())
	}
	f.insert = s.(*sqlite3.SQLiteStmt)
	return f, nil
}

// keep makes the bytes durable.
func (f *floor) keep(b []byte) error {
	_, err := f.insert.ExecContext(context.Background(), []driver.NamedValue{{Ordinal: 1, Value: b}})
	if err != nil {
		return fmt.Errorf("insert into floor: %w", err)
	}
	return nil
}

// keepAll makes them durable in one transaction.
func (f *floor) keepAll(rows [][]byte) error {
	if _, err := f.conn.Exec("BEGIN", nil); err != nil {
		return fmt.Errorf("begin in floor: %w", err)
	}
	for _, b := range rows {
		if err := f.keep(b); err != nil {
			return err
		}
	}
	if _, err := f.conn.Exec("COMMIT", nil); err != nil {
		return fmt.Errorf("commit in floor: %w", err)
	}
	return nil
}

func (f *floor) close() error { return errors.Join(f.insert.Close(), f.conn.Close()) }
