// Package trust is who may do what: the trust list, signed by the roots, and the
// site document, signed by an authority that the list names (PROTOCOL 2.1, 2.2).
//
// It promises that a list or a site document in force was signed by those
// entitled, is newer than the one before, and never gives a kid a second key or
// a void key a second life. Whoever holds the broker cannot forge one, roll one
// back or mix two. A value of this package is immutable once made; any number of
// goroutines may read it.
//
// It refuses by returning an error and leaving everything as it was: ErrKnown and
// ErrOld are what an honest but slow wire brings, ErrConflict and ErrBroken are
// signers who contradict themselves, and worth an alarm. One entry that cannot
// be used (a weak key, a word from the future) disables itself alone and leaves a
// sentence in Alarms.
//
// ListJSON and SiteJSON are the publisher's side: the one definition of the
// names on the wire. To add a rule of a site, add its name to RulesJSON, its
// default and its checks to RulesJSON.Rules, its meaning to Rules, and judge by
// it in package verify.
package trust
