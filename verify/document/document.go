package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// MaxBytes is the largest note that is looked at: more is refused unread.
const MaxBytes = 1 << 20

// Type is the first line of a document. It is the same whatever prefix the
// topics have.
type Type string

// The documents of PROTOCOL section 2.
const (
	Trust     Type = "gated/v1/trust"
	Site      Type = "gated/v1/site"
	Snapshot  Type = "gated/v1/revocation-snapshot"
	Delta     Type = "gated/v1/revocation-delta"
	Heartbeat Type = "gated/v1/heartbeat"
	Command   Type = "gated/v1/command"
	Used      Type = "gated/v1/used"
	Enrolment Type = "gated/v1/enrolment" // a box's request: package enrolment
)

// ErrMalformed is wrapped by every refusal of a document's form, by Parse,
// Decode and Sign.
var ErrMalformed = errors.New("malformed document")

// ErrUnsigned is wrapped when no signature counts: the signer is unknown, or
// the signature is wrong. Such a document is dropped without an alarm, because
// anybody can send one, and because a true one may come before the trust list
// that names its signer.
var ErrUnsigned = errors.New("no valid signature")

// Document is one parsed note. Nothing in it is believed until SignedBy says by
// whom it was signed. It is only read, by any number of goroutines.
type Document struct {
	Type Type
	JSON []byte // the one object, as it stands
	Raw  []byte // the whole note, byte for byte
}

// Parse checks the form alone: size, two lines, signature lines of a known
// shape, and JSON without second readings. The document keeps raw; the caller
// does not change it afterwards. Errors wrap ErrMalformed.
func Parse(raw []byte) (Document, error) {
	if len(raw) > MaxBytes {
		return Document{}, fmt.Errorf("%w: %d bytes, more than %d", ErrMalformed, len(raw), MaxBytes)
	}
	// With no verifier at all, a note of good form comes back as unverified.
	_, err := note.Open(raw, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return Document{}, fmt.Errorf("%w: not a signed note", ErrMalformed)
	}
	first, rest, _ := strings.Cut(unverified.Note.Text, "\n")
	object, more, ended := strings.Cut(rest, "\n")
	if first == "" || !ended || more != "" {
		return Document{}, fmt.Errorf("%w: a document has two lines, its type and one JSON object", ErrMalformed)
	}
	d := Document{Type: Type(first), JSON: []byte(object), Raw: raw}
	if err := checkObject(d.JSON); err != nil {
		return Document{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return d, nil
}

// SameText says whether both say the same, whoever signed them.
func (d Document) SameText(o Document) bool {
	return d.Type == o.Type && bytes.Equal(d.JSON, o.JSON)
}

// SignedBy returns those of keys whose signature on d is true, in the order of
// keys. A key that stands in keys twice, under two names perhaps, counts once:
// a threshold may be compared with the length of the result.
func (d Document) SignedBy(keys ...Key) []Key {
	var signed []Key
	for _, k := range keys {
		if !contains(signed, k) && d.signedBy(k) {
			signed = append(signed, k)
		}
	}
	return signed
}

// signedBy asks for one key alone, so that a wrong signature put beside a true
// one does not hide it.
func (d Document) signedBy(k Key) bool {
	n, err := note.Open(d.Raw, note.VerifierList(k.Verifier()))
	if err != nil || len(n.Sigs) != 1 {
		return false
	}
	// Raw is what the signature is over; Type and JSON must not say otherwise.
	return n.Text == string(d.Type)+"\n"+string(d.JSON)+"\n"
}

func contains(keys []Key, k Key) bool {
	for _, o := range keys {
		if o.Same(k) {
			return true
		}
	}
	return false
}

// Sign makes the note of type t for v, a struct with JSON names, signed by each
// of signers, of which there is at least one. It refuses what Parse would
// refuse. It is the publisher's half.
func Sign(t Type, v any, signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, fmt.Errorf("sign %s: no signer", t)
	}
	var object bytes.Buffer
	enc := json.NewEncoder(&object)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // ends with the newline that the text needs
		return nil, fmt.Errorf("encode %s: %w", t, err)
	}
	raw, err := note.Sign(&note.Note{Text: string(t) + "\n" + object.String()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", t, err)
	}
	if _, err := Parse(raw); err != nil {
		return nil, fmt.Errorf("sign %s: %w", t, err)
	}
	return raw, nil
}

// Held is one document, or part of the state, as it is kept on disk: the name
// is unique, the body is whatever its owner wrote.
type Held struct {
	Name string
	Body []byte
	Once bool // it is part of something large, and need not be kept twice
}
