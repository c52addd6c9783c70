package store

import (
	"errors"
	"fmt"

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
