// Package verifytest builds a small world to judge in: roots, authorities, one
// issuer with one key, one site with one gate and a key of its own, a revocation
// state and its heartbeat. It is for tests and for the benchmark program, and is
// never part of what a box carries.
//
// Nothing in it is a fake: keys are Ed25519 keys, documents are signed, and
// [World.Documents] is what the packages trust and revocation make of them. A
// test changes the public fields of a [World] (a rule, a key's state, who is
// revoked) and asks for the documents again; versions and sequence numbers rise
// by themselves. [Clock] is a clock that tests move.
//
// Keys are made from fixed seeds, so two worlds have the same keys and sign the
// same codes. A World is for one goroutine.
//
// What it refuses: to be wrong quietly. Asking for what cannot be (a pass with a
// time that has no wire form, rules that the site document's reader refuses) is a
// mistake in the test, and panics.
package verifytest
