// Package local is the API on the daemon's Unix socket, which the technician's
// commands speak: HTTP with one path a question, JSON both ways but for what other
// programs read as text.
//
// It promises that nobody outside the box reaches it (there is no TCP), that
// who asks is known (uid and pid come from the kernel, not from the caller),
// and that a socket left behind by a killed daemon is replaced, while anything
// else of that name is left alone.
//
// It refuses to know what the answers mean: the daemon gives it a table of
// [Answer] functions. A new question is a row of that table in cmd/gated and, if
// others read its answer, a type in this package.
package local
