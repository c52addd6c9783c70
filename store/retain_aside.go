package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gated/gate"
)

// asideMark names the mark in meta that says since when, by the floor, a database
// is known to be set aside.
const asideMark = "aside "

// retainAside erases the persons in databases that were set aside, once they have
// been there for as long as persons are kept, and removes those from which nothing
// can be erased, and all of them after as long as leaves are kept.
func (s *Store) retainAside(ctx context.Context, now int64, l Limits, stamp func(gate.Event, string) gate.Record) error {
	files, err := filepath.Glob(filepath.Join(s.dir, fileName+".bad-*Z"))
	if err != nil {
		return fmt.Errorf("look for databases set aside: %w", err)
	}
	for _, file := range files {
		name := asideMark + filepath.Base(file)
		since, err := s.mark(ctx, name)
		if err != nil {
			return err
		}
		did := ""
		switch age := now - int64(since); { //nolint:gosec // unix seconds
		case since == 0:
			err = s.submit(ctx, 0, func(w *conn) error { return setMark(w, name, uint64(now)) }) //nolint:gosec // unix seconds
		case age >= int64(l.Leaves.Seconds()):
			err = removeAside(file)
			did = "was removed"
		case age >= int64(l.Persons.Seconds()):
			if did, err = eraseAside(file); err != nil {
				did, err = "was too damaged to be erased and was removed", removeAside(file)
			}
		}
		if err != nil {
			return fmt.Errorf("erase %s: %w", filepath.Base(file), err)
		}
		if did == "" {
			continue
		}
		rec := stamp(gate.AsideErased, filepath.Base(file)+" "+did)
		if err := s.submit(ctx, 0, func(*conn) error { return nil }, rec); err != nil {
			return err
		}
	}
	return nil
}

// eraseAside takes the persons out of a whole database; did is empty if there was
// nobody in it. Of one that is damaged nothing can be promised: that is an error.
func eraseAside(file string) (did string, err error) {
	name, err := dsn(file, writing())
	if err != nil {
		return "", err
	}
	c, err := connect(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if said, err := c.value("PRAGMA integrity_check(1)"); err != nil || text(said) != "ok" {
		return "", fmt.Errorf("it is damaged: %w", errors.Join(err, ErrDamaged))
	}
	n, err := c.number("SELECT count(*) FROM journal WHERE person IS NOT NULL OR salt IS NOT NULL")
	if err != nil || n == 0 {
		return "", err
	}
	if err := c.script("UPDATE journal SET person = NULL, salt = NULL; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return "", err
	}
	return fmt.Sprintf("has lost the persons of %d records", n), nil
}

// text is what SQLite gave as text.
func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	s, _ := v.(string)
	return s
}

// removeAside deletes a database and what belongs to it, the name that is looked
// for last.
func removeAside(file string) error {
	for _, tail := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(file + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return syncDir(strings.TrimSuffix(file, filepath.Base(file)))
}
