package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options say where a central server lives.
type Options struct {
	Dir string           // made by Init, with mode 0700
	Now func() time.Time // nil: time.Now
}

// Central is one open directory of a central server. Its methods may be called
// from several goroutines, and several processes may have the same directory
// open: each change is one transaction, and is on stable storage when the method
// returns. Contexts are looked at before a change, never during it.
type Central struct {
	dir string
	now func() time.Time
	db  *sql.DB
}

func (o Options) central() *Central {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Central{dir: o.Dir, now: o.Now}
}

func (c *Central) path() string { return filepath.Join(c.dir, "central.db") }

// Open opens what Init made. The error wraps ErrNoDatabase or ErrNewer; a
// database is never made, so a misspelt directory does not become an empty
// network.
func Open(ctx context.Context, o Options) (*Central, error) {
	c := o.central()
	if _, err := os.Stat(c.path()); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open %s: %w", c.path(), ErrNoDatabase)
	}
	db, err := openDB(ctx, c.path())
	if err != nil {
		return nil, err
	}
	c.db = db
	if err := c.checkVersion(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return c, nil
}

func (c *Central) checkVersion(ctx context.Context) error {
	var v int
	if err := c.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case v == 0:
		return fmt.Errorf("open %s: its making was interrupted: %w", c.path(), ErrNoDatabase)
	case v > schemaVersion:
		return fmt.Errorf("open %s: schema %d, this program knows %d: %w", c.path(), v, schemaVersion, ErrNewer)
	case v < schemaVersion:
		return c.upgrade(ctx)
	}
	return nil
}

// upgrade brings an older database up to ours, unless another process has done
// so meanwhile.
func (c *Central) upgrade(ctx context.Context) error {
	return c.write(ctx, "upgrade database", func(ctx context.Context, t *tx) error {
		var v int
		if err := t.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil || v >= schemaVersion {
			return err
		}
		steps := []string{schemaTwo, schemaThree, schemaFour, schemaFive}
		if err := t.exec(ctx, strings.Join(steps[v-1:], "")+fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
			return err
		}
		return t.makeCA(ctx)
	})
}

// Close closes the database.
func (c *Central) Close() error { return c.db.Close() }

// tx is one change. It is used by one goroutine.
type tx struct {
	*sql.Tx
	c      *Central
	at     int64   // unix seconds at which the change began
	raised []Alarm // in this change

	insert [2]*sql.Stmt // of ingest: one record, and recordsAtOnce of them
}

// write makes one change: all of f, durable, or nothing. What names the change
// in the error.
func (c *Central) write(ctx context.Context, what string, f func(context.Context, *tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ctx = context.WithoutCancel(ctx) // an interrupted commit would leave us guessing
	inner, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	defer inner.Rollback() //nolint:errcheck // of no effect once committed, and else the first error counts
	t := &tx{Tx: inner, c: c, at: c.now().Unix()}
	if err := f(ctx, t); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := inner.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", what, err)
	}
	return nil
}

// read is one consistent look: f changes nothing.
func (c *Central) read(ctx context.Context, what string, f func(context.Context, *tx) error) error {
	inner, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	defer inner.Rollback() //nolint:errcheck // there is nothing to keep
	if err := f(ctx, &tx{Tx: inner, c: c, at: c.now().Unix()}); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// each calls row for every row of query.
func (t *tx) each(ctx context.Context, query string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// exec is ExecContext for statements whose result does not matter.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, query, args...)
	return err
}

// exists says whether query gives a row.
func (t *tx) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var n int
	err := t.QueryRowContext(ctx, "SELECT EXISTS ("+query+")", args...).Scan(&n)
	return n == 1, err
}

// need returns missing, with the facts, unless query gives a row.
func (t *tx) need(ctx context.Context, missing error, facts, query string, args ...any) error {
	ok, err := t.exists(ctx, query, args...)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", facts, missing)
	}
	return err
}
