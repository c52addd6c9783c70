package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// damaged adds ErrDamaged to what SQLite says of a file that it cannot make
// sense of, and leaves other errors as they are: a disk that does not answer is
// not a damaged file.
func damaged(err error) error {
	if Damaged(err) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Damaged says whether err, of Open, Run or any other method, comes from a file
// that SQLite cannot make sense of. Much of a file is looked at only when it is
// needed, so a store may have opened it: it is to be closed then, for Anew. So does
// a value of a kind that its column cannot hold: our tables are STRICT.
func Damaged(err error) bool {
	var s sqlite3.Error
	scan := err != nil && strings.Contains(err.Error(), "sql: Scan error") // package sql has no other name for it
	return scan || errors.Is(err, ErrDamaged) || errors.As(err, &s) && (s.Code == sqlite3.ErrCorrupt || s.Code == sqlite3.ErrNotADB)
}

// DiskFault says whether err comes from a disk that does not give or take what it
// should: it is full, read-only, broken or gone. What is wrong with the file's
// content, or with whose it is, is no fault of the disk.
func DiskFault(err error) bool {
	var s sqlite3.Error
	if errors.As(err, &s) {
		return slices.Contains([]sqlite3.ErrNo{sqlite3.ErrIoErr, sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrCantOpen}, s.Code)
	}
	var no syscall.Errno
	return errors.As(err, &no) && slices.Contains([]syscall.Errno{
		syscall.EIO, syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT, syscall.ENXIO, syscall.ENODEV, syscall.ENOMEDIUM, syscall.EUCLEAN,
	}, no)
}
