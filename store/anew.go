package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gated/gate"
	"gated/verify/record"
)

// oldName is the database that is being replaced: as long as it has this name,
// the new one is not complete.
const oldName = "gated.db.old"

// tails are what belongs to a database, beside its own name.
var tails = []string{"", "-wal", "-shm"}

// Anew sets the database in o.Dir aside whole and begins another log: after Open
// has returned ErrDamaged, ErrBroken or ErrFork, and for no other reason. Record 0
// of the new log names the old log, its size and root, as far as can be known,
// and is signed before the database has its name; documents, used passes and the
// records that were not cosigned are taken over as far as they can be read. It
// returns the old database's new name. It may be cut off at any point: Open then
// returns ErrDamaged, and Anew goes on. At is part of the name.
func Anew(o Options, at time.Time) (name string, err error) {
	lock, err := lockDir(o.Dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	name = fmt.Sprintf("%s.bad-%s", fileName, at.UTC().Format("20060102T150405.000Z"))
	old, whole, err := exists(o.Dir, oldName), exists(o.Dir, fileName), error(nil)
	if !old || !whole { // else the new one is complete, and its last step is missing
		if !old {
			err = move(o.Dir, fileName, oldName)
		} else {
			err = move(o.Dir, fileName, oldName, tails[1:]...) // what a cut left behind
		}
		if err == nil {
			err = succeed(o, name)
		}
	}
	if err == nil {
		err = move(o.Dir, oldName, name)
	}
	if err != nil {
		return "", fmt.Errorf("begin another log: %w", err)
	}
	return name, nil
}

// move renames a database and what belongs to it. The database goes first when it
// is given up and last when it is kept, so that nothing opens it without its log.
func move(dir, from, to string, only ...string) error {
	if only == nil {
		only = tails
	}
	if from == oldName {
		only = []string{"-wal", "-shm", ""}
	}
	for _, tail := range only {
		err := rename(filepath.Join(dir, from+tail), filepath.Join(dir, to+tail))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return syncDir(dir)
}

// succeed makes the new database from what the old one, under oldName, still says.
func succeed(o Options, name string) error {
	l := inherit(o, filepath.Join(o.Dir, oldName))
	if l.st != nil {
		defer l.st.Close() //nolint:errcheck // it was read alone
	}
	return create(o, func(c *conn, log string) error { return l.into(c, o, log, name) })
}

// inheritance is what is known of the log before.
type inheritance struct {
	st       *Store            // to read from; nil: not even that
	log      string            // its id; empty: unknown
	tree     *tree             // its tree; nil: unknown
	cosigned record.Checkpoint // the largest that was cosigned; no origin: none is known
	fork     record.Checkpoint // what it does not extend; no origin: it is no fork
}

// inherit reads the old database and the second copy of its cosigned checkpoint.
// Whatever cannot be read stays unknown.
func inherit(o Options, path string) (l inheritance) {
	ctx := context.Background()
	ours := record.Origin(o.Site, o.Gate, "")
	if c, log := secondCopy(o); log != "" {
		l.cosigned, l.log = c, log
	}
	db, err := openReaders(ctx, path, reading())
	if err != nil {
		return l
	}
	l.st = newStore()
	l.st.readers, l.st.ended, l.st.signer = db, ErrReadOnly, o.Signer
	var log string
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'log'").Scan(&log); err == nil && record.Origin(o.Site, o.Gate, log) != ours {
		l.log, l.st.log, l.st.origin = log, log, record.Origin(o.Site, o.Gate, log)
	}
	if t, err := l.st.loadTree(ctx); err == nil {
		l.tree = &t
	}
	if c, _, err := l.st.checkpoint(ctx, cosignedKind); err == nil && c.Size > l.cosigned.Size {
		l.cosigned = c
	}
	if c, _, err := l.st.checkpoint(ctx, forkKind); err == nil {
		l.fork = c
	}
	return l
}

// from is the first record of the old log that is taken over.
func (l *inheritance) from() uint64 { return l.cosigned.Size }

// tell is what record 0 says. It names no more than is known.
func (l *inheritance) tell(name string) string {
	s := "the log before is unknown"
	if l.log != "" {
		s = "after log " + l.log
	}
	if l.tree != nil {
		s += fmt.Sprintf(" of %d records with root %s", l.tree.size, l.tree.root())
	}
	if l.cosigned.Origin != "" {
		s += fmt.Sprintf(", cosigned up to %d with root %s", l.cosigned.Size, l.cosigned.Root)
	}
	if l.fork.Origin != "" {
		s += fmt.Sprintf("; the central server has cosigned %d records with root %s, which it does not extend: a restored card or a clone", l.fork.Size, l.fork.Root)
	} else {
		s += "; its database was damaged"
	}
	return s + fmt.Sprintf(" and is set aside as %s; what could be read from record %d on follows", name, l.from())
}

// into fills a new database: record 0, what is taken over, and a checkpoint of
// both, signed.
func (l *inheritance) into(c *conn, o Options, log, name string) error {
	at := o.At
	at.Start = 1
	zero, err := record.Encode(log, 0, gate.Record{Kind: gate.KindSystem, At: at, Fresh: -1, Event: gate.NewLog, Detail: l.tell(name)})
	if err != nil {
		return err
	}
	var t tree
	if err := addEntry(c, &t, zero); err != nil {
		return err
	}
	if l.st != nil {
		if err := l.takeOver(c, o, log, &t); err != nil {
			return err
		}
	}
	if err := keepFresh(c, t.fresh); err != nil {
		return err
	}
	if o.Signer == nil {
		return nil
	}
	p := record.Checkpoint{Origin: record.Origin(o.Site, o.Gate, log), Size: t.size, Root: t.root()}
	msg, err := p.Sign(o.Signer)
	if err != nil {
		return err
	}
	return keepCheckpoint(c, ownKind, p.Size, msg)
}

// addEntry puts an entry at the end of a journal with that tree.
func addEntry(c *conn, t *tree, e record.Entry) error {
	err := insertEntry(c, t.size, e)
	t.add(record.Hash(e.Leaf))
	return err
}
