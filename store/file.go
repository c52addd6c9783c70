package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"gated/verify/record"
)

// The files in the state directory. A database appears under its name only when
// it is complete.
const (
	fileName = "gated.db"
	newName  = "gated.db.new"
	lockName = "lock"
)

// applicationID marks our files in their header: "gate" in ASCII.
const applicationID = 0x67617465

// autoFold is the backstop in pages: a write-ahead log that grew so long is
// folded back within a commit, whoever waits.
const autoFold = 4000

// busyTimeout is how long a connection waits for another, in milliseconds.
const busyTimeout = 5000

// dsn is the driver's name for a file. What is misspelt in it is ignored by the
// driver without a word, which is why checkPragmas reads everything back.
func dsn(path string, params url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find database: %w", err)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: abs, RawQuery: params.Encode()}
	return u.String(), nil
}

// writing are the parameters of the one connection that writes.
func writing() url.Values {
	return url.Values{
		"mode": {"rw"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
		"_secure_delete": {"1"}, "_busy_timeout": {strconv.Itoa(busyTimeout)}, "_mutex": {"no"},
	}
}

// reading are the parameters of those that read.
func reading() url.Values {
	return url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_busy_timeout": {strconv.Itoa(busyTimeout)}, "_stmt_cache_size": {"16"}}
}

// checkPragmas refuses a connection that would not keep the promises of this
// package, whatever it was asked for.
func checkPragmas(c *conn) error {
	for _, p := range []struct {
		name string
		want any
		why  string
	}{
		{"journal_mode", "wal", "readers would stop the writer"},
		{"synchronous", int64(2), "acknowledged records could be lost in a power cut"},
		{"secure_delete", int64(1), "erased persons would stay in the file"},
		{"locking_mode", "normal", "nobody else could read the journal"},
	} {
		got, err := c.value("PRAGMA " + p.name)
		if err != nil {
			return fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if b, ok := got.([]byte); ok {
			got = string(b)
		}
		if got != p.want {
			return fmt.Errorf("pragma %s is %v instead of %v: %s", p.name, got, p.want, p.why)
		}
	}
	return nil
}

// peek looks at the file's header before SQLite does, which would lay its own
// files beside one that is not for us. What it cannot read is for SQLite to
// judge, and so is what may still lie in a write-ahead log.
func peek(path string) error {
	f, err := os.Open(path) //nolint:gosec // our own state directory
	if err != nil {
		return nil //nolint:nilerr // SQLite says it better
	}
	defer f.Close() //nolint:errcheck // it was read alone
	var h [100]byte
	if _, err := io.ReadFull(f, h[:]); err != nil || string(h[:16]) != "SQLite format 3\x00" {
		return nil //nolint:nilerr // as above
	}
	number := func(at int) int { return int(binary.BigEndian.Uint32(h[at:])) }
	id, version := number(68), number(60) // https://www.sqlite.org/fileformat.html, 1.3
	if !atRest(path) {
		id = applicationID
	}
	return known(path, id, version)
}

// known refuses what this version does not know.
func known(path string, id, version int) error {
	switch {
	case id != applicationID:
		return fmt.Errorf("%s is not a database of gated: %w", path, ErrDamaged)
	case version > len(migrations):
		return fmt.Errorf("%s has schema %d, this gated knows %d: install the version that wrote it: %w", path, version, len(migrations), ErrNewer)
	}
	return nil
}

// lockDir takes the state directory for this process until the file is closed.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // our own state directory
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("another gated runs on %s, stop it first: %w", dir, ErrLocked)
		} else {
			err = fmt.Errorf("lock state directory: %w", err)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// exists says whether dir has a file of that name.
func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// missing is the sentence for a state directory without a database.
func missing(dir string) error {
	if exists(dir, secondName) {
		return fmt.Errorf("%s has had a log and its %s is gone: put it back; or, if it is lost for good, "+
			"remove %s and begin a new log: %w", dir, fileName, secondName, ErrMissing)
	}
	return fmt.Errorf("%s has no %s: start gated on it once to make it: %w", dir, fileName, ErrMissing)
}

// create makes a complete database under another name and then renames it, so
// that a crash leaves either none or a whole one. More puts into it what it is to
// begin with; nil: nothing.
func create(o Options, more func(c *conn, log string) error) error {
	path := filepath.Join(o.Dir, newName)
	for _, tail := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(path + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("create database: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // our own state directory
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if err := errors.Join(fill(path, o, more), syncFile(f), f.Close()); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if err := rename(path, filepath.Join(o.Dir, fileName)); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if err := syncDir(o.Dir); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// What is done to files and names past SQLite. Variables, so that a test can cut
// the power between any two of them.
var (
	rename   = os.Rename
	syncFile = (*os.File).Sync
	syncDir  = syncNames
)

// syncNames puts the names in a directory on stable storage.
func syncNames(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // our own state directory
	if err != nil {
		return fmt.Errorf("open state directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func fill(path string, o Options, more func(c *conn, log string) error) error {
	name, err := dsn(path, url.Values{"mode": {"rw"}, "_synchronous": {"FULL"}, "_secure_delete": {"1"}})
	if err != nil {
		return err
	}
	c, err := connect(name)
	if err != nil {
		return err
	}
	err = c.script(fmt.Sprintf("PRAGMA page_size = %d; PRAGMA application_id = %d", pageSize, applicationID))
	if err == nil {
		err = migrate(c)
	}
	log := record.NewLogID()
	if err == nil {
		err = c.script("BEGIN")
	}
	const insert = "INSERT INTO meta(name, value) VALUES(?, ?)"
	for _, m := range []struct {
		name  string
		value any
	}{{"log", log}, {"site", int64(o.Site)}, {"gate", o.Gate}, {"starts", int64(0)}} {
		if err == nil {
			err = c.exec(insert, m.name, m.value)
		}
	}
	if err == nil && more != nil {
		err = more(c, log)
	}
	if err == nil {
		err = c.script("COMMIT; PRAGMA journal_mode = WAL") // Kept in the header.
	}
	return errors.Join(err, c.close())
}
