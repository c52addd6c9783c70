package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/mattn/go-sqlite3"
)

// conn is the driver's connection with its prepared statements. It is used by
// one goroutine at a time. database/sql would add a lock, a pool and a goroutine
// to each statement, and all of them lie between a rider's code and the door.
type conn struct {
	c     *sqlite3.SQLiteConn
	stmts map[string]*sqlite3.SQLiteStmt
}

func connect(dsn string) (*conn, error) {
	d, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	c, ok := d.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, errors.Join(errors.New("open database: not the driver's connection"), d.Close())
	}
	return &conn{c: c, stmts: make(map[string]*sqlite3.SQLiteStmt)}, nil
}

// exec runs one statement. It is prepared at its first use and kept, so query
// must be one of a few constants. With a context that can end, the driver would
// start a goroutine for each statement.
func (c *conn) exec(query string, args ...driver.Value) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	_, err = s.Exec(args)
	return err
}

func (c *conn) prepare(query string) (*sqlite3.SQLiteStmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	d, err := c.c.Prepare(query)
	if err != nil {
		return nil, err
	}
	s, ok := d.(*sqlite3.SQLiteStmt)
	if !ok {
		return nil, errors.Join(errors.New("prepare: not the driver's statement"), d.Close())
	}
	c.stmts[query] = s
	return s, nil
}

// script runs several statements without arguments, and leaves no transaction
// behind if one of them fails.
func (c *conn) script(queries string) error {
	_, err := c.c.Exec(queries, nil)
	if err != nil && !c.c.AutoCommit() {
		_, undo := c.c.Exec("ROLLBACK", nil)
		err = errors.Join(err, undo)
	}
	return err
}

// value is the first column of the first row of query.
func (c *conn) value(query string) (driver.Value, error) {
	rows, err := c.c.Query(query, nil)
	if err != nil {
		return nil, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	err = rows.Next(row)
	if err == nil {
		return row[0], rows.Close()
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("no row")
	}
	return nil, errors.Join(err, rows.Close())
}

// number is value as an integer.
func (c *conn) number(query string) (int64, error) {
	v, err := c.value(query)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%s is %v, not a number", query, v)
	}
	return n, nil
}

// close frees the statements and the connection. It may be called twice.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	c.stmts = nil
	return errors.Join(append(errs, c.c.Close())...)
}

// drivers makes of values what the driver takes.
func drivers(values []any) []driver.Value {
	all := make([]driver.Value, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}
