// Package record is the wire form of what happened at a gate: the leaf, the
// person beside it, the batch that carries both, and the signed checkpoint.
//
// It promises that one record has one encoding: the names of a leaf stand in a
// fixed order on one line, what ParseLeaf reads encodes again to the same bytes,
// and so a hash names a record and not one spelling of it. It promises that a
// person can be erased: the leaf holds only SHA-256(salt ‖ person), with 16
// random bytes of salt, so person and salt stand beside it and the log stays
// provable without them. It promises that a broker sees no persons: a batch
// carries them sealed to the records authority (HPKE, RFC 9180).
//
// It refuses what is not canonical, too long, out of order or not of the leaf
// that it stands beside, and it never looks at a code: codes open doors and are
// not recorded.
//
// A new name in a leaf goes into Leaf, at the place where it is to be encoded,
// and into Encode; it must be left out when empty, so that old leaves keep their
// one encoding. The bytes are fixed in PROTOCOL 2.5, 3 and 4.
package record
