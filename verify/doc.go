// Package verify says yes or no: to a rider's code at a lane (the [Verifier]),
// and to a signed document (the [Documents] that it judges by).
//
// The judgement is pure. What it is made on comes in: the code, the lane, the
// door's state, the documents in force, one reading of all clocks, and the uses
// that earlier admissions left behind. It opens no file, no socket and no door.
//
// What it promises:
//
//   - The checks are made in the order of PROTOCOL 1.4, and the first that fails
//     is the reason. A refusal is a value, never an error: the judgement cannot
//     fail.
//   - Nothing is said about a rider before the issuer's signature is found true.
//   - A pass is admitted once, however many lanes it is shown at in the same
//     instant, across restarts, and with the clock set back: uses are forgotten
//     only when signed time is past them.
//   - Out is out. A lane out opens for any pass whose issuer's signature is true;
//     only lockdown and interlock hold it. A lane both does so for a pass that
//     has entered, until the site's exit_grace after its end.
//   - It costs the Ed25519 verifications of the code and next to nothing else.
//   - [Verifier.Explain] takes the same path as [Verifier.Judge], says each step,
//     and changes nothing.
//
// What it refuses: to guess. A document that is not held is unknown, which is
// never "nobody is revoked"; a word that it does not know opens nothing. It never
// keeps, logs or returns the code itself.
//
// What it leaves to others: the reason noise is the scanner's, who frames codes;
// the door's own reasons come in with the [gate.DoorState]; what a decision leaves
// behind ([gate.Decision] Use) is kept on disk by the journal and comes back
// through [Verifier.Remember].
//
// Where to add: a check is one function and one row in the table of judge.go, at
// its place in the order, with the facts that it was decided on in facts.go, its
// Chinese name in say.go and a vector in testdata/vectors. A rule of a site goes
// into rules.go; its reason into gate/reason.go and gate/words.go.
package verify
