package faultvfs

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Names is what happens to names, which SQLite does not do: the store does.
const (
	Rename  Kind = iota + 100 // from File to To
	SyncDir                   // puts all names on the disk
)

// Event is an operation as it is kept.
type Event struct {
	Kind   Kind
	File   string // name in the directory
	To     string
	Offset int64
	Data   []byte
}

// Recording is all that was done to the files of one directory, in order. Safe
// for concurrent use.
type Recording struct {
	mu     sync.Mutex
	Events []Event // to be read once nothing is added any more
}

// Op takes one operation in: a listener for [Listen]. The shared memory of the
// write-ahead log is not among them, because no power cut leaves it behind.
func (r *Recording) Op(op Op) error {
	r.add(Event{Kind: op.Kind, File: filepath.Base(op.File), Offset: op.Offset, Data: slices.Clone(op.Data)})
	return nil
}

// Rename takes in that a file gets another name.
func (r *Recording) Rename(from, to string) {
	r.add(Event{Kind: Rename, File: filepath.Base(from), To: filepath.Base(to)})
}

// Sync takes in that a file was synced past SQLite.
func (r *Recording) Sync(path string) { r.add(Event{Kind: Sync, File: filepath.Base(path)}) }

// SyncDir takes in that the directory was synced.
func (r *Recording) SyncDir() { r.add(Event{Kind: SyncDir}) }

func (r *Recording) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !strings.HasSuffix(e.File, "-shm") && e.Kind != Read {
		r.Events = append(r.Events, e)
	}
}

// Len is how much has happened so far.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.Events)
}
