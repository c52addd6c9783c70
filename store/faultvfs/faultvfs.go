// Package faultvfs stands between SQLite and the disk, for tests: it hears of
// each opening, write, truncation, sync and removal, and can let it fail or wait.
//
// It promises that SQLite's own Unix file does the work behind it, shared memory
// and locks included, so that what is tested is what the box runs: more than one
// connection, write-ahead log and all. It refuses to be part of a box: a daemon
// that is built without the tag faultvfs does not carry it, and the house's tests
// see to that.
//
// [Listen] is for one process. [Map] is for the real daemon in another one: both
// map one file of switches, and the daemon, built with -tags faultvfs, obeys
// them.
package faultvfs

/*
extern int faultvfs_register(void);
extern int faultvfs_reads;
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Kind of an operation.
type Kind int

// The kinds, in the order of vfs.c.
const (
	Open     Kind = iota // Offset: the SQLITE_OPEN_ flags
	Read                 // told only while reads are asked for
	Write                // Data at Offset
	Truncate             // Offset: the new size
	Sync
	Remove // Offset: 1 if the removal is to be durable at once
)

// Op is one operation that SQLite is about to do.
type Op struct {
	Kind   Kind
	File   string // path as SQLite was given it; empty: a temporary file
	Offset int64
	Data   []byte // valid during the call
}

// The flags of [Open] that say what becomes durable with the first sync of a new
// file: SQLite then syncs the directory of a journal or a write-ahead log, too
// (os_unix.c, UNIXFILE_DIRSYNC).
const (
	OpenCreate  = 0x4
	OpenJournal = 0x800
	OpenWAL     = 0x80000
)

var (
	register = sync.OnceFunc(func() {
		if rc := C.faultvfs_register(); rc != 0 {
			panic(fmt.Sprintf("SQLite does not take another VFS: code %d", rc))
		}
	})
	listener atomic.Pointer[func(Op) error]
)

// Listen has f called before each operation of every database that is opened
// from now on, on whatever goroutine SQLite is in. With an error the operation is
// not done and SQLite is told that it failed: a [syscall.Errno] says how. There is
// one listener: the next replaces it, nil removes it. With reads, f hears of them,
// too.
func Listen(f func(Op) error, reads bool) {
	register()
	C.faultvfs_reads = 0
	if reads {
		C.faultvfs_reads = 1
	}
	if f == nil {
		listener.Store(nil)
		return
	}
	listener.Store(&f)
}

//export faultvfsHeard
func faultvfsHeard(kind C.int, name *C.char, data unsafe.Pointer, n C.int, at C.longlong) C.int {
	f := listener.Load()
	if f == nil {
		return 0
	}
	op := Op{Kind: Kind(kind), File: C.GoString(name), Offset: int64(at)}
	if data != nil {
		op.Data = unsafe.Slice((*byte)(data), int(n))
	}
	if err := (*f)(op); err != nil {
		return C.int(code(op.Kind, err))
	}
	return 0
}

// code is how SQLite's Unix file would report err (https://sqlite.org/rescode.html).
func code(k Kind, err error) int {
	if errors.Is(err, syscall.ENOSPC) && k != Sync {
		return 13 // SQLITE_FULL
	}
	return map[Kind]int{
		Open: 14, Read: 10 | 1<<8, Write: 10 | 3<<8, Sync: 10 | 4<<8, Truncate: 10 | 6<<8, Remove: 10 | 10<<8,
	}[k]
}
