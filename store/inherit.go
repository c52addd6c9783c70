package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"gated/verify/record"
)

// takeOver copies what is not bound to the old log, and the records that were not
// cosigned, as records of the new one. Errors are those of writing.
func (l *inheritance) takeOver(c *conn, o Options, log string, t *tree) error {
	ctx := context.Background()
	from, err := l.st.first(ctx)
	if err != nil {
		from = 0
	}
	v := salvage{st: l.st, c: c, log: log, at: o.At, t: t, from: max(from, l.from()), check: blockCheck{s: l.st}}
	failed := v.records(ctx)
	for _, table := range []string{"held", "spare", "used"} {
		if failed == nil {
			failed = l.copyTable(ctx, c, table)
		}
	}
	var starts int64
	if err := l.st.readers.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'starts'").Scan(&starts); err == nil && failed == nil {
		failed = c.exec("UPDATE meta SET value = ? WHERE name = 'starts'", starts)
	}
	return failed
}

// copyTable copies rows as long as they can be read. Of documents, whole ones.
func (l *inheritance) copyTable(ctx context.Context, c *conn, table string) error {
	rows, err := l.st.readers.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec,rowserrcheck // one of our own tables; what can be read is enough
	if err != nil {
		return nil //nolint:nilerr // it cannot be read
	}
	defer rows.Close() //nolint:errcheck // it was read alone
	names, err := rows.Columns()
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	insert := fmt.Sprintf("INSERT OR REPLACE INTO %s(%s) VALUES(?%s)", table, strings.Join(names, ", "), strings.Repeat(", ?", len(names)-1))
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if rows.Scan(into...) != nil {
			return nil
		}
		if table != "used" && !wholeDocument(values) {
			continue
		}
		var lite sqlite3.Error
		if err := c.exec(insert, drivers(values)...); err != nil && (!errors.As(err, &lite) || lite.Code != sqlite3.ErrConstraint) {
			return err // and not a row that is none any more
		}
	}
	return nil
}

// wholeDocument says whether a row of name, sum and body is as it was written.
func wholeDocument(row []any) bool {
	name, ok1 := row[0].(string)
	sum, ok2 := row[1].([]byte)
	body, ok3 := row[2].([]byte)
	return ok1 && ok2 && ok3 && string(sum) == string(sumOf(name, body))
}

// secondName is the file with the second copy of the newest cosigned checkpoint.
// It is there from the first start on: without it, the state directory is new.
const secondName = "last-cosigned"

// secondEvery is how old the second copy may be: writing it costs three syncs.
const secondEvery = time.Hour

// keepSecond writes the second copy: a note, or before there is one the origin.
func keepSecond(dir string, text []byte) error {
	f, err := os.CreateTemp(dir, secondName+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("keep second copy: %w", err)
	}
	_, werr := f.Write(text)
	err = errors.Join(werr, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, secondName))
	}
	if err != nil {
		return fmt.Errorf("keep second copy: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return syncNames(dir)
}

// secondCopy reads it: the checkpoint, if the gate has signed it, and the id of
// its log. Both may be empty.
func secondCopy(o Options) (c record.Checkpoint, log string) {
	text, err := os.ReadFile(filepath.Join(o.Dir, secondName))
	if err != nil {
		return c, ""
	}
	origin, _, _ := strings.Cut(string(text), "\n")
	site, id, log, err := record.ParseOrigin(origin)
	if err != nil || site != o.Site || id != o.Gate {
		return c, ""
	}
	p, _, err := record.OpenCheckpoint(text)
	if !errors.Is(err, record.ErrUnsigned) || o.Signer == nil || !p.SignedBy(text, o.Signer) {
		return c, log
	}
	return p, log
}

// second keeps the second copy, if the one that is there is old; with now it is
// written at once.
func (s *Store) second(ctx context.Context, now bool) error {
	s.secondMu.Lock()
	defer s.secondMu.Unlock()
	if !now && time.Since(s.secondAt) < secondEvery {
		return nil
	}
	c, msg, err := s.checkpoint(ctx, cosignedKind)
	if err != nil {
		return err
	}
	if c.Origin == "" {
		msg = []byte(s.origin + "\n")
	}
	if kept, err := os.ReadFile(filepath.Join(s.dir, secondName)); err != nil || !bytes.Equal(kept, msg) {
		if err := keepSecond(s.dir, msg); err != nil {
			return err
		}
	}
	s.secondAt = time.Now()
	return nil
}
