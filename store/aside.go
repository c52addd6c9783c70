package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"
)

// damaged adds ErrDamaged to what SQLite says of a file that it cannot make
// sense of, and leaves other errors as they are: a disk that does not answer is
// not a damaged file.
func damaged(err error) error {
	var s sqlite3.Error
	if errors.As(err, &s) && (s.Code == sqlite3.ErrCorrupt || s.Code == sqlite3.ErrNotADB) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// SetAside renames the database in dir and what belongs to it, together, so that
// a new one can be begun and somebody can look at the old one later. It returns
// the database's new name. Only after Open has returned ErrDamaged or ErrBroken
// is it the right thing to do.
func SetAside(dir string, at time.Time) (name string, err error) {
	lock, err := lockDir(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	name = fmt.Sprintf("%s.bad-%s", fileName, at.UTC().Format("20060102T150405.000Z"))
	for _, suffix := range []string{"-wal", "-shm", ""} { // the name that Open looks for goes last
		err := rename(filepath.Join(dir, fileName+suffix), filepath.Join(dir, name+suffix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("set database aside: %w", err)
		}
	}
	return name, syncDir(dir)
}
