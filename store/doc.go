// Package store keeps everything that a gate box must not forget, in one SQLite
// file: the journal of records with its Merkle tree, the passes that were used,
// the documents in force, the checkpoints and the counter of starts.
//
// It promises that what it has acknowledged is on stable storage: write-ahead
// log, synchronous FULL, read back when the file is opened and refused if
// anything else is in force. What belongs together is committed together: a
// record and the use of its pass are one transaction. Records are numbered from
// 0 without gaps. There is one writer, Run, which commits whatever waits at that
// moment in one transaction; after a write error it acknowledges nothing any
// more, repeats nothing and ends, because after a failed fsync nobody knows what
// the disk holds. A reader that finds the file damaged ends it likewise, and the
// next log begins with all that can be read. The log cannot be edited unseen: Verify finds each changed,
// missing or swapped record below a cosigned checkpoint.
//
// It refuses to make history out of a mistake: a missing database is created
// only when asked for, in a state directory that is new (ErrMissing), a file of a newer version is left alone
// (ErrNewer), a second process on the same state directory is turned away
// (ErrLocked), and so is the database of another gate.
//
// The commit is on the way of a rider's code to the door. That is why the
// driver's connection is used without database/sql there, why the hashes of the
// tree are written with checkpoints and not with each record, and why the
// write-ahead log is folded back only while nothing happens.
//
// A new table goes into a new step of schema.go, never into an old one; what is
// to be written goes through Run as a task (writer.go), what is read through the
// pool of readers (read.go).
package store
