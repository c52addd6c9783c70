// Package pass is the wire form of the rider's code: parse, check, encode, sign.
// It is also the library for whoever issues passes, in Go or as the reading
// matter for another language; PROTOCOL section 1 is the specification, and the
// text files in ../testdata/vectors test an implementation.
//
// A code is the text "G1:" followed by base32 (RFC 4648, upper case, no
// padding), drawn as a QR code in alphanumeric mode with error correction M.
// There are two kinds.
//
// A bearer pass (type 1, 141 characters, [SignBearer]) is made online by the
// platform, for one order, and is good for minutes. Whoever shows it is let in,
// so it travels to the rider's phone as a secret.
//
// A bound pass (type 2, 301 characters) is good for hours or days. The platform
// signs a [Credential] once, for the public key of a phone ([SignCredential]),
// and the phone draws a new code from it every 5 s, without a network
// ([Credential.Show]). A screenshot dies with its window.
//
// What an issuer must keep:
//
//   - Serials are dense for each kid and never used twice. Kid and serial are
//     the pass: it is revoked, counted and recorded by them, never by its text.
//   - A pass is issued when an order is assigned to the site. Cancelling the
//     order revokes the serial; it does not mint another pass.
//   - Times are unix seconds. A pass is valid while not_before <= t < end, and
//     end is not_before + 10·ttl.
//   - Rider is the issuer's own pseudonym, never a phone number or a name.
//
// What the package promises: each pass has exactly one spelling, so a code that
// [Parse] takes encodes again to the same characters. A signature check is one
// Ed25519 verification and next to nothing else. Nothing is read before its
// length is known, and no length is taken from the code.
//
// What it refuses: codes over 512 characters, any other spelling, flags that
// mean nothing yet, and public keys that Go's verifier would take although
// anybody can sign for them ([CheckKey]).
//
// What it does not decide: whether a pass is good at this gate, now. Times,
// sites, revocation and uses belong to package verify.
//
// A new type of pass begins in parse.go, with a length and flags of its own, and
// needs a preimage of its own in signature.go.
package pass
