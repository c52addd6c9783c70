package store

import (
	"database/sql"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// What Open refuses. Each is wrapped in a sentence that says what to do.
var (
	ErrMissing = errors.New("no database")                        // there is none, and Create is false
	ErrNewer   = errors.New("the database is of a newer version") // the file is left as it was
	ErrLocked  = errors.New("the state directory is in use")      // by another process
	ErrDamaged = errors.New("the database is damaged")            // see Anew
)

// What the other methods return.
var (
	ErrStopped  = errors.New("the store has stopped")                       // Run has ended without a fault, or Close was called
	ErrReadOnly = errors.New("the store was opened to be read")             // writing after OpenReadOnly
	ErrFull     = errors.New("too many commits wait for the disk")          // the disk stands still
	ErrFork     = errors.New("a cosigned checkpoint is on another history") // Acknowledge: a restored card, a clone
	ErrBroken   = errors.New("the journal is not what it was")              // Verify, Batch, List: a leaf is missing or changed
)

// Options say where the store is and whose it is.
type Options struct {
	Dir    string      // state directory
	Site   uint32      // of the box; the database of another site is refused
	Gate   string      // id of the box; the database of another gate is refused
	Signer note.Signer // the gate's own key, which signs checkpoints
	Key    string      // its verifier key; a change is recorded. Empty: it is not noted, and signatures are not checked
	At     gate.Moment // stamps what Open itself records
	Create bool        // make the database, and Dir, if there is none

	// Synced is optional, and told by Run how long each commit took to be on stable
	// storage. It never blocks.
	Synced func(took time.Duration)
}

// Store is one open database. All methods may be called concurrently. What
// writes (Commit, Follow, Hold, Forget, Checkpoint, Acknowledge) waits for Run: nothing
// is written before it runs.
type Store struct {
	log    string // id of the log
	origin string // first line of its checkpoints
	start  uint64
	signer note.Signer    // nil when opened to be read
	keys   []document.Key // the gate's own, in the order of their use

	told func(took time.Duration) // Options.Synced; nil: nobody asks

	dir     string
	lock    *os.File // nil when opened to be read
	index   *os.File // of the write-ahead log; see reserveIndex
	w       *conn    // Run's alone while it runs; nil when opened to be read
	readers *sql.DB

	size     atomic.Uint64                      // records in the journal
	synced   atomic.Uint64                      // of those, on stable storage
	cosigned atomic.Uint64                      // of those, covered by a cosigned checkpoint
	newest   [record.Pressing + 1]atomic.Uint64 // what Newest says
	grown    chan struct{}

	treeMu sync.Mutex
	tree   tree // Run adds, Checkpoint reads

	forked chan struct{} // closed when Acknowledge has found a fork
	fork   sync.Once

	short bool // Retain's: the disk has little room, and the write-ahead log is kept short

	secondMu sync.Mutex
	secondAt time.Time // when the second copy of the cosigned checkpoint was written

	owed  []gate.Record             // Run's: written by Follow and not synced
	since time.Time                 // Run's: when the first was written that is not synced; zero: all is
	pages int                       // Run's: pages written since the log was last folded back, roughly
	scrub bool                      // Run's: what was erased is still in the write-ahead log
	wake  chan struct{}             // tells Run that something waits; holds one tick
	hurt  chan error                // tells Run that a reader has found the file damaged; holds the first
	busy  atomic.Pointer[time.Time] // since when Run has been at its transaction; nil: it is at none

	mu      sync.Mutex // guards what follows
	waiting []commit
	tasks   []task
	carried cargo
	running bool
	ended   error // why nothing is accepted any more; nil: it is
	failed  bool  // it ended with a write error
	closed  bool
	lost    []gate.Record // offered, and not known to be on disk; only once failed
}

var _ gate.Journal = (*Store)(nil)

// Start counts the starts of gated on this state directory, from 1. Open has
// raised it durably; after OpenReadOnly it is that of the newest start.
func (s *Store) Start() uint64 { return s.start }

// Log is the id of the log, and how many of its records are on stable storage. A
// record whose receipt has arrived is counted.
func (s *Store) Log() (id string, size uint64) { return s.log, s.synced.Load() }

// Size is how many records the journal has, those among them that are yet to be
// synced; see Follow.
func (s *Store) Size() uint64 { return s.size.Load() }

// Newest is the size of the log just after the newest record of at least that
// urgency, above [record.Routine], that was committed since Open; 0: there was none.
func (s *Store) Newest(least record.Urgency) uint64 { return s.newest[least].Load() }

// Origin is the first line of the checkpoints of this log.
func (s *Store) Origin() string { return s.origin }

// Forked is closed when Acknowledge has found that another log has to begin: the
// store is to be closed, and Open will return ErrFork.
func (s *Store) Forked() <-chan struct{} { return s.forked }

// Cosigned is the size of the largest cosigned checkpoint that was acknowledged:
// so many records were once known to be at the central server. It never falls, but
// that a power cut may take the newest acknowledgements of a minute.
func (s *Store) Cosigned() uint64 { return s.cosigned.Load() }

// Lost are the records that were offered and not acknowledged because writing
// failed, oldest first, at most as many as may wait: nobody knows whether they are
// on disk. Those that were offered as one are together. The caller may keep them
// elsewhere once Run has returned.
func (s *Store) Lost() []gate.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lost)
}

// Grown has a tick after Log has grown. One receiver is meant: a tick stands
// for all commits since the one before it.
func (s *Store) Grown() <-chan struct{} { return s.grown }
