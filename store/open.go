package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"gated/verify/record"
)

// Open takes the state directory for this process, opens its database, makes it
// first if the directory is new and o.Create says so, brings it to the newest schema
// and raises the counter of starts; all of that is on disk when it returns. The
// time that it takes does not grow with the journal. Errors: ErrMissing,
// ErrNewer, ErrLocked, ErrDamaged if SQLite cannot make sense of the file,
// ErrBroken if the journal ends before its own hashes or a cosigned checkpoint do
// (it is not read whole, Verify does that), ErrFork if Acknowledge has found it so
// (after these three, Anew), or that the file is of another gate
// or cannot be made durable. Nothing is open after an error.
func Open(o Options) (*Store, error) { return open(o, writing()) }

func open(o Options, params url.Values) (*Store, error) {
	if !exists(o.Dir, fileName) && !exists(o.Dir, oldName) && (!o.Create || exists(o.Dir, secondName)) {
		return nil, missing(o.Dir)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	s := newStore()
	if err := s.open(o, params); err != nil {
		s.failed = true // Nothing more is written to a file that was refused.
		return nil, errors.Join(damaged(err), s.Close())
	}
	return s, nil
}

func newStore() *Store {
	return &Store{forked: make(chan struct{}), grown: make(chan struct{}, 1), wake: make(chan struct{}, 1), hurt: make(chan error, 1), carried: newCargo()}
}

func (s *Store) open(o Options, params url.Values) (err error) {
	if s.lock, err = lockDir(o.Dir); err != nil {
		return err
	}
	if exists(o.Dir, oldName) {
		return fmt.Errorf("another log was being begun when the power went: %w", ErrDamaged)
	}
	// Looked at again: another process may have made it before the lock was ours.
	if !exists(o.Dir, fileName) {
		if err := create(o, nil); err != nil {
			return err
		}
	}
	path := filepath.Join(o.Dir, fileName)
	if err := hasRoom(o.Dir); err != nil {
		return err
	}
	if s.readers, err = openReaders(context.Background(), path, reading()); err != nil {
		return err
	}
	if err := s.openWriter(path, params); err != nil {
		return err
	}
	if s.index, err = reserveIndex(path); err != nil {
		return err
	}
	s.signer, s.dir, s.told = o.Signer, o.Dir, o.Synced
	ctx := context.Background()
	err = s.load(ctx, &o)
	if err == nil {
		err = s.extendsKnown(ctx, o)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if err := s.begin(&o); err != nil {
		return err
	}
	return s.second(ctx, true)
}

// extendsKnown refuses a log that is known not to be the whole of what was
// cosigned: by a checkpoint that came while it ran, or by the second copy of one.
func (s *Store) extendsKnown(ctx context.Context, o Options) error {
	if c, _, err := s.checkpoint(ctx, forkKind); err != nil || c.Origin != "" {
		return errors.Join(err, fmt.Errorf("%d records are cosigned that it does not extend: %w", c.Size, ErrFork))
	}
	if c, log := secondCopy(o); log == s.log && c.Size > s.size.Load() {
		return fmt.Errorf("it ends after %d records, %d are cosigned: %w", s.size.Load(), c.Size, ErrBroken)
	}
	return nil
}

func (s *Store) openWriter(path string, params url.Values) error {
	name, err := dsn(path, params)
	if err != nil {
		return err
	}
	if s.w, err = connect(name); err != nil {
		return err
	}
	if err := checkPragmas(s.w); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if err := s.w.script(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %d", autoFold, autoFold*pageSize)); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	return migrate(s.w)
}

// openReaders opens the pool of readers and holds back what this version does
// not know, before anything could be written.
func openReaders(ctx context.Context, path string, params url.Values) (*sql.DB, error) {
	if err := peek(path); err != nil {
		return nil, err
	}
	name, err := dsn(path, params)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(3)
	db.SetMaxIdleConns(3)
	var id, version int
	err = db.QueryRowContext(ctx, "SELECT a.application_id, v.user_version FROM pragma_application_id a, pragma_user_version v").Scan(&id, &version)
	if err != nil {
		err = fmt.Errorf("open %s: %w", path, err)
	} else {
		err = known(path, id, version)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenReadOnly opens the database in dir beside a running gated, or one that is
// at rest, and changes nothing. Reading methods see what is committed at their
// time; Log, Cosigned and Start stay as they were at opening. Errors: ErrMissing,
// ErrNewer, or that the file cannot be read.
func OpenReadOnly(dir string) (*Store, error) {
	if _, err := os.Lstat(filepath.Join(dir, fileName)); errors.Is(err, os.ErrNotExist) {
		return nil, missing(dir)
	}
	return OpenFile(filepath.Join(dir, fileName))
}

// OpenFile is OpenReadOnly of a database by its name: one that was set aside, or
// a copy on another machine.
func OpenFile(path string) (*Store, error) {
	if err := readable(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db, err := openReaders(context.Background(), path, reading())
	if err != nil && atRest(path) {
		// Without a log beside it the file is whole; SQLite still wants to make
		// one, which a read-only folder does not let it.
		params := reading()
		params.Set("immutable", "1")
		db, err = openReaders(context.Background(), path, params)
	}
	if err != nil {
		return nil, err
	}
	s := newStore()
	s.readers, s.ended = db, ErrReadOnly
	if err := s.load(context.Background(), nil); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.Close())
	}
	return s, nil
}

// readable says what keeps a file from being read as a database, because SQLite
// says less of it.
func readable(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if err = errors.Join(err, f.Close()); errors.Is(err, syscall.EISDIR) {
		return &os.PathError{Op: "read", Path: path, Err: syscall.EISDIR}
	}
	if n == len(magic) && string(head) != magic {
		return fmt.Errorf("%s is no database of gated: look at the name; if it is the gate's own, gated sets it aside at its next start: %w", path, ErrDamaged)
	}
	return nil
}

// magic is how every SQLite file begins.
const magic = "SQLite format 3\x00"

func atRest(path string) bool {
	wal, err := os.Stat(path + "-wal")
	return errors.Is(err, os.ErrNotExist) || err == nil && wal.Size() == 0
}

// load reads what is kept in memory. Whose is nil if anybody's will do.
func (s *Store) load(ctx context.Context, whose *Options) error {
	var site uint32
	var id string
	const query = `SELECT l.value, s.value, g.value, n.value FROM meta l, meta s, meta g, meta n
		WHERE l.name = 'log' AND s.name = 'site' AND g.name = 'gate' AND n.name = 'starts'`
	err := s.readers.QueryRowContext(ctx, query).Scan(&s.log, &site, &id, &s.start)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("it does not say: %w", ErrDamaged) // a disk that lies has kept half of its making
	}
	if err != nil {
		return fmt.Errorf("read whose it is: %w", err)
	}
	if whose != nil && (site != whose.Site || id != whose.Gate) {
		return fmt.Errorf("it is of gate %s at site %d, the configuration says %s at %d: correct it, or begin with an empty state directory",
			id, site, whose.Gate, whose.Site)
	}
	s.origin = record.Origin(site, id, s.log)
	if s.keys, err = s.signers(ctx); err != nil {
		return err
	}
	t, err := s.loadTree(ctx)
	if err != nil {
		return fmt.Errorf("rebuild tree: %w", err)
	}
	s.tree = t
	s.size.Store(t.size)
	s.synced.Store(t.size)
	c, _, err := s.checkpoint(ctx, cosignedKind)
	if err != nil {
		return err
	}
	if c.Size > t.size {
		return fmt.Errorf("the journal ends after %d records, %d are cosigned: %w", t.size, c.Size, ErrBroken)
	}
	s.cosigned.Store(c.Size)
	return nil
}

// Close ends the use of the database, after Run has returned; while Run runs it
// does nothing and returns an error. A second call does nothing. After a write
// error nothing more is written, not even in closing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return errors.New("close store: it is still running")
	}
	if s.closed {
		return nil
	}
	s.closed = true
	s.end(ErrStopped)
	var errs []error
	if s.w != nil && !s.failed && s.start > 0 {
		errs = append(errs, s.second(context.Background(), true))
	}
	// The last connection that leaves folds the log back and removes it. After a
	// write error that must not be the writer; the readers cannot write.
	if s.w != nil && s.failed {
		errs = append(errs, s.w.close())
	}
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.w != nil && !s.failed {
		errs = append(errs, s.w.close())
	}
	for _, f := range []*os.File{s.index, s.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
