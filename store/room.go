package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Room is how much more the journal can hold, in bytes.
type Room struct {
	Disk   uint64 // left on the file system
	Within uint64 // of the file's pages that hold nothing: they are used before the file grows
	Want   uint64 // of both together, there should be so much
}

// Low says whether the file system is nearly full.
func (r Room) Low() bool { return r.Disk < r.Want }

// lean says whether the journal itself has to make room.
func (r Room) lean() bool { return r.Disk+r.Within < r.Want }

const (
	leanFold  = 64                        // autoFold while there is little room
	leanRest  = foldQuiet + time.Second/4 // between two steps of dropping, so that the log is folded back
	roomShare = 16                        // the part of a small disk that should be left
)

// statfs is a variable, so that a test can fill a disk without one.
var statfs = syscall.Statfs

// Room looks at the file system and at the file.
func (s *Store) Room(ctx context.Context, l Limits) (r Room, err error) {
	const query = "SELECT f.freelist_count * s.page_size FROM pragma_freelist_count f, pragma_page_size s"
	if err := s.readers.QueryRowContext(ctx, query).Scan(&r.Within); err != nil {
		return r, fmt.Errorf("read size of the database: %w", err)
	}
	var total uint64
	if r.Disk, total, err = free(s.dir); err != nil {
		return r, err
	}
	r.Want = min(uint64(max(l.Room, 0)), total/roomShare)
	return r, nil
}

// free is how many bytes the file system of dir has left for us, and how many it
// has.
func free(dir string) (left, total uint64, err error) {
	var fs syscall.Statfs_t
	if err := statfs(dir, &fs); err != nil {
		return 0, 0, fmt.Errorf("look at the disk: %w", err)
	}
	size := uint64(fs.Bsize) //nolint:gosec // above 0
	return fs.Bavail * size, fs.Blocks * size, nil
}

// makeRoom lowers the limit of l so that what is dropped leaves twice the room that
// is wanted, if there is less than that, and keeps the write-ahead log short
// meanwhile: it would grow by megabytes. Lean says that there is little room.
func (s *Store) makeRoom(ctx context.Context, bytes uint64, l Limits) (_ Limits, lean bool, err error) {
	r, err := s.Room(ctx, l)
	if err != nil {
		return l, false, err
	}
	if lean = r.lean(); lean {
		l.Size = min(l.Size, max(int64(bytes)-int64(2*r.Want-r.Disk-r.Within), 1)) //nolint:gosec // sizes of files
	}
	if short := r.Low(); s.short != short {
		fold := autoFold
		if short {
			fold = leanFold
		}
		err = s.submitLater(ctx, 0, func(w *conn) error { return w.script(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", fold)) })
		s.short = short && err == nil
	}
	return l, lean, err
}

// openRoom is the least that a disk must have left to begin on it, in bytes: what
// SQLite writes while it opens a database, and some minutes of records.
const openRoom = 256 << 10

// indexRoom is how much of SQLite's shared index is given its place on the disk, in
// bytes: enough for a write-ahead log of 16,000 pages.
const indexRoom = 128 << 10

// reserveIndex gives the index of the write-ahead log, which lies in shared memory,
// its place on the disk. SQLite writes one byte of each 4 KiB of it and leaves the
// rest to the kernel, which ends the process (SIGBUS) if a smaller block is needed
// later and the disk is full. The file stays open as long as the store: to close it
// would drop the locks that SQLite has on it. It is nil if there is no index, and
// where the file system reserves nothing.
func reserveIndex(path string) (*os.File, error) {
	f, err := os.OpenFile(path+"-shm", os.O_RDWR, 0) //nolint:gosec // our own state directory
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reserve index: %w", err)
	}
	const keepSize = 1 // FALLOC_FL_KEEP_SIZE: how long it is, SQLite must say
	err = syscall.Fallocate(int(f.Fd()), keepSize, 0, indexRoom)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("reserve index: %w", err)
	}
	return f, err
}

// hasRoom returns ENOSPC if there is so little left in dir that nothing should be
// begun in it.
func hasRoom(dir string) error {
	left, _, err := free(dir)
	if err != nil {
		return err
	}
	if left < openRoom {
		return fmt.Errorf("%d bytes are left in %s: %w", left, filepath.Clean(dir), syscall.ENOSPC)
	}
	return nil
}
