// Package document is the envelope of every signed document: a C2SP signed note
// (golang.org/x/mod/sumdb/note, plain Ed25519) of exactly two lines of text, the
// type and one JSON object (PROTOCOL section 2).
//
// It promises that one document has one meaning. No transport is trusted, so a
// document may come from a broker, a USB stick or a command line: Parse looks at
// the form alone, SignedBy says whose signatures are true, and only then is
// Decode worth calling. What the document may do is decided in verify/trust,
// verify/revocation and verify.
//
// It refuses what two readers could read in two ways: more than 1 MiB, unread;
// anything but two lines; a JSON name that stands twice in one object, or twice
// but for its case, at any depth; numbers that are not integers from 0 to
// 2^53-1; base64 with a second spelling; keys that are weak. Names that are not
// known are ignored, so that a newer publisher does not shut out an older box.
//
// To add a document, add its Type here, a struct with its JSON names where its
// rules are kept, and a case in verify.Documents.Accept.
package document
