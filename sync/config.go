package sync

import (
	"context"
	"crypto/ecdh"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// Config is what Sync must be told. Its functions are called from several
// goroutines and must not block.
type Config struct {
	Broker  Broker // its Will is set by Sync
	Prefix  string // of all topics; "gated/v1" by default of the program
	Gate    string // our id
	Site    uint32 // our community
	Metered bool   // mobile data: fewer checkpoints, and only what is pressing does not wait for one

	Status    func(online bool) []byte // the status document, JSON (PROTOCOL 4)
	Seal      func() *ecdh.PublicKey   // X25519 key of the records authority; nil: not known, and no record is sent
	Cosigners func() []note.Verifier   // authorities whose cosignatures count
	Ready     func() bool              // whether the box holds enough to open for anybody: as long as it does not, nothing waits; nil: it does

	Used     <-chan gate.Use       // what was admitted here, for the neighbours; nil: nobody is told
	UsedNote func(gate.Use) []byte // the signed note of a use (PROTOCOL 4); nil: there is nobody to tell

	Pace   Pace
	Jitter func(most time.Duration) time.Duration // any time from 0 to most; nil: as good as chance can be. For what is played again
	Log    *slog.Logger
}

// Documents takes what comes down. Both methods may be called while the other
// runs.
type Documents interface {
	// Offer checks one document and puts it into force. Whatever it refuses is an
	// error, which is logged and has no other consequence. What it accepts is as
	// durable as the protocol asks for when it returns.
	Offer(ctx context.Context, raw []byte) error
	// Wants says what is missing.
	Wants() document.Wants
}

// Outbox holds the records until they are cosigned. Its methods may be called by
// several goroutines at once.
type Outbox interface {
	// Log is the id of the log that is being written, and how many records of it
	// are on stable storage.
	Log() (id string, size uint64)
	// Newest is the size of that log just after the newest record of at least that
	// urgency that came since the program's start; 0: there was none.
	Newest(least record.Urgency) uint64
	// Cosigned is the size of that log that a cosigned checkpoint covers.
	Cosigned() uint64
	// Batch reads records from number from on, as many as fit into max bytes of
	// message and at least one if there is one. It begins later if those before
	// were dropped.
	Batch(ctx context.Context, from uint64, max int) (record.Batch, error)
	// Checkpoint signs the log at its present size, which is on stable storage when
	// it returns: Log may have grown by that.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Acknowledge takes a cosigned checkpoint and returns its size, also if it is
	// smaller than one before. Anything but a true cosignature on our log is an
	// error.
	Acknowledge(ctx context.Context, msg []byte, cosigners ...note.Verifier) (size uint64, err error)
	// Grown ticks after the log has grown. It has room for one tick and one
	// reader, which is Sync.
	Grown() <-chan struct{}
}

// Pace are the intervals of the loops. A zero field takes its default.
type Pace struct {
	Quiet        time.Duration // records that do not wait for a checkpoint are sent after so long without another: 200 ms
	Linger       time.Duration // and at the latest so long after the first: 1 s
	CheckpointAt uint64        // a checkpoint after so many records: 50
	Checkpoint   time.Duration // or so long after the first that none covers: 60 s, 5 min if metered
	Cosign       time.Duration // without a cosignature for so long, send again: 2 min, doubling
	CosignMost   time.Duration // up to: 1 h
	Spread       time.Duration // a snapshot is fetched after a random time up to: 30 s; negative: at once
	Fetch        time.Duration // a topic that is silent for so long holds nothing: 10 s
	Ear          time.Duration // without a heartbeat for so long, ask the broker for it: 150 s
	Poll         time.Duration // how often the status is looked at: 2 s
	StatusGap    time.Duration // no two status messages within: 10 s
	StatusRev    time.Duration // a new revocation state alone is told at most every: 5 min
	StatusEvery  time.Duration // the status is sent at least every: 1 h
	Drain        time.Duration // at stop, for what is under way: 2 s
	Settled      time.Duration // a connection that lasted so long begins the pauses anew: 5 s
	Between      time.Duration // from one attempt to the next at least: 1 s
}

// WithDefaults fills in what was left out, as New does.
func (p Pace) WithDefaults(metered bool) Pace {
	checkpoint := 60 * time.Second
	if metered {
		checkpoint = 5 * time.Minute
	}
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&p.Quiet, 200 * time.Millisecond},
		{&p.Linger, time.Second},
		{&p.Checkpoint, checkpoint},
		{&p.Cosign, 2 * time.Minute},
		{&p.CosignMost, time.Hour},
		{&p.Spread, 30 * time.Second},
		{&p.Fetch, 10 * time.Second},
		{&p.Ear, 150 * time.Second},
		{&p.Poll, 2 * time.Second},
		{&p.StatusGap, 10 * time.Second},
		{&p.StatusRev, 5 * time.Minute},
		{&p.StatusEvery, time.Hour},
		{&p.Drain, 2 * time.Second},
		{&p.Settled, 5 * time.Second},
		{&p.Between, time.Second},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if p.CheckpointAt == 0 {
		p.CheckpointAt = 50
	}
	return p
}
