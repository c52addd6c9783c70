// Package central is the reference central server of a network of gates: who
// issues passes, which sites and gates there are, who is revoked, and what the
// gates have recorded.
//
// It promises five things. A serial is on disk before its pass is handed out,
// and is never given twice. Whatever it signs, a box accepts: trust lists and
// site documents are put through the box's own checks before they are kept. A
// document is on disk before it is published, and is published in the order
// trust, site, snapshot, deltas, heartbeat. Records are kept byte for byte, as
// often as they come, and none ever takes another's place. A checkpoint is
// cosigned only when its gate has signed it with the key that the site document
// lists, every record below its size is here, and their root is the
// checkpoint's.
//
// A key that has done its service is followed by another, in one change with
// everything that the new one must sign (rotate.go). What a box without a network
// needs is given as files (export.go), out of the same stream.
//
// It refuses to believe a record because it came: only a checkpoint proves
// records. What cannot be right (forks, gaps, wrong roots, a gate's second log)
// becomes an alarm in a table.
//
// All of it lives in one directory: central.db (SQLite, WAL, FULL) and the
// private keys in keys/, readable by their owner alone. Any number of processes
// may use the directory: the verbs of gate-central change the database and sign,
// and the one running [Server] sees what is new and publishes it. The package
// knows no MQTT client: it is given a [Broker].
//
// It is small on purpose. A verb of the registry goes into a file of its own
// beside issuers.go; a new document into documents.go (its place in the order)
// and beside stream.go; a new kind of alarm into alarms.go.
package central
