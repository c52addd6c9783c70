package store

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

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
