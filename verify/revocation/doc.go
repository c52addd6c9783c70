// Package revocation is the state of who may not enter: its one encoding,
// snapshots, deltas and the heartbeat that proves it fresh (PROTOCOL 2.3).
//
// It promises that one state has one encoding and one hash, that what was
// decoded encodes to the same bytes, and that a delta is applied whole and
// hashes right, or not at all. Sets and states are immutable: With and Apply
// make new ones, so whoever judges by the old one is not disturbed, and any
// number of goroutines may read them. In memory a section is a Roaring bitmap: two
// thirds of a byte for each value of a dense set of millions, some fifty for each
// of one that is scattered over all 32 bits; a lookup costs about the same in both.
//
// It refuses every second spelling of a state: sections out of order, twice or
// empty, values that do not rise, uvarints that are longer than they need be, and
// anything that follows. Who signed a document, and whether it comes at the right
// moment, is decided in package verify.
//
// HeartbeatJSON, DeltaJSON and SnapshotJSON are the publisher's side: the one
// definition of the names on the wire. To add a kind of section, add it to
// Section.known and to PROTOCOL, and judge by it in package verify.
package revocation
