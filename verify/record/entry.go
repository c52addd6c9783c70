package record

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"gated/gate"
)

// SaltSize is the length of a person's salt in bytes.
const SaltSize = 16

// The longest ref and detail in bytes: others choose how long they are, a
// record must not grow with it.
const (
	maxRef    = 128
	maxDetail = 1024
)

// Entry is one leaf with what stands beside it.
type Entry struct {
	Leaf   []byte // one line without its end, byte for byte as it is hashed
	Person string // JSON of gate.Person, byte for byte; empty: none, or erased
	Salt   []byte // 16 bytes; nil: none, or erased
}

// Encode makes the entry of r as number seq of the log, with a fresh salt if r
// has a person. A ref above 128 bytes and a detail above 1,024 are cut, bytes
// that are not UTF-8 are replaced, an empty clock is unknown and a time before
// 1970 is 0: what happened is recorded, however odd it looks. It is an error
// only if the numbers are out of range or the leaf would pass MaxLeaf.
func Encode(log string, seq uint64, r gate.Record) (Entry, error) {
	l := Leaf{
		Log: log, Seq: seq,
		TimeMS: max(r.At.Time.UnixMilli(), 0), Clock: clean(string(r.At.State)), Boot: r.At.Start,
		Lane: clean(r.Lane), Kind: clean(string(r.Kind)),
		Verdict: clean(string(r.Verdict)), Reason: clean(string(r.Reason)), Entrance: clean(string(r.Entrance)),
		Source: clean(string(r.Source)), Ref: clean(clip(r.Ref, maxRef)),
		Fresh: max(r.Fresh, -1), Rev: r.Rev, Trust: r.Trust, TookUS: max(r.Took.Microseconds(), 0),
		Event: clean(string(r.Event)), About: r.About, Count: r.Count, Detail: clean(clip(r.Detail, maxDetail)),
	}
	if l.Clock == "" {
		l.Clock = string(gate.ClockLost)
	}
	var e Entry
	if r.Person != nil {
		person, err := appendJSON(nil, r.Person)
		if err != nil {
			return Entry{}, fmt.Errorf("encode person of record %d: %w", seq, err)
		}
		e.Person, e.Salt = string(person), make([]byte, SaltSize)
		rand.Read(e.Salt) // Never fails: crypto/rand ends the process instead.
		l.Who = who(e.Salt, e.Person)
	}
	leaf, err := l.encode()
	if err != nil {
		return Entry{}, fmt.Errorf("encode record %d: %w", seq, err)
	}
	if len(leaf) > MaxLeaf {
		return Entry{}, fmt.Errorf("encode record %d: leaf of %d bytes: longer than %d", seq, len(leaf), MaxLeaf)
	}
	e.Leaf = leaf
	return e, nil
}

// MovedTo is the entry as record seq of another log: all that it says stays, and
// so do person and salt. What it says of a record from number from on is shifted
// as those are; what it says of one before is put into words, because that record
// stays behind. A person that is not the leaf's is left behind too.
func (e Entry) MovedTo(log string, seq, from uint64, shift int64) (Entry, error) {
	l, err := ParseLeaf(e.Leaf)
	if err != nil {
		return Entry{}, fmt.Errorf("move record: %w", err)
	}
	if e.Check() != nil {
		e.Person, e.Salt = "", nil
	}
	l.Log, l.Seq = log, seq
	switch {
	case l.About == nil:
	case *l.About >= from:
		about := uint64(int64(*l.About) + shift) //nolint:gosec // numbers of logs, below 2^53
		l.About = &about
	default:
		l.Detail = clip(strings.TrimSpace(fmt.Sprintf("%s (about record %d of the log before)", l.Detail, *l.About)), maxDetail)
		l.About = nil
	}
	if e.Leaf, err = l.encode(); err != nil {
		return Entry{}, fmt.Errorf("move record: %w", err)
	}
	return e, nil
}

// Check says whether the person and salt are those of the leaf, with an error
// that wraps ErrMalformed if not. An entry whose person and salt were erased is
// fine. It reads no more of the leaf than who, so leaves of newer versions pass.
func (e Entry) Check() error {
	if e.Person == "" && len(e.Salt) == 0 {
		return nil
	}
	if len(e.Salt) != SaltSize {
		return fmt.Errorf("check person: salt of %d bytes: %w", len(e.Salt), ErrMalformed)
	}
	want := who(e.Salt, e.Person)
	if e.endsWith(want) {
		return nil
	}
	r, err := readRow(e.Leaf)
	if err != nil {
		return fmt.Errorf("check person: %w", err)
	}
	if !bytes.Equal(r.Who, want) {
		return fmt.Errorf("check person of record %d: not the leaf's: %w", r.Seq, ErrMalformed)
	}
	return nil
}

// endsWith says whether who is the last name of the leaf, as Encode writes it.
// Within a string the quotes would be escaped, so it is a name and its value.
// Draining a backlog is four times faster than with a look at the whole leaf.
func (e Entry) endsWith(who []byte) bool {
	const prefix, suffix = `,"who":"`, `"}`
	var b [len(prefix) + 44 + len(suffix)]byte
	copy(b[:], prefix)
	base64.StdEncoding.Encode(b[len(prefix):], who)
	copy(b[len(b)-len(suffix):], suffix)
	return bytes.HasSuffix(e.Leaf, b[:])
}

// ParsePerson reads the person of an entry and refuses, with ErrMalformed, what
// does not encode again to the same bytes.
func ParsePerson(s string) (gate.Person, error) {
	var p gate.Person
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return gate.Person{}, fmt.Errorf("parse person: %w: %w", ErrMalformed, err)
	}
	again, err := appendJSON(nil, p)
	if err != nil {
		return gate.Person{}, fmt.Errorf("parse person: %w", err)
	}
	if string(again) != s {
		return gate.Person{}, fmt.Errorf("parse person: not in its one encoding: %w", ErrMalformed)
	}
	return p, nil
}

// NewLogID makes the random id of a log, [a-z0-9]{10}, of 50 bits: it has to tell
// the few logs of one gate apart, and stands in every leaf.
func NewLogID() string { return strings.ToLower(rand.Text()[:10]) }

// row is what a leaf of any version must say of its place in the log.
type row struct {
	Log string `json:"log"`
	Seq uint64 `json:"seq"`
	Who []byte `json:"who"`
}

func readRow(leaf []byte) (row, error) {
	var r row
	if len(leaf) > MaxLeaf {
		return row{}, fmt.Errorf("read leaf of %d bytes: longer than %d: %w", len(leaf), MaxLeaf, ErrMalformed)
	}
	if err := json.Unmarshal(leaf, &r); err != nil {
		return row{}, fmt.Errorf("read leaf: %w: %w", ErrMalformed, err)
	}
	return r, nil
}

func who(salt []byte, person string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(person))
	return h.Sum(nil)
}

// clean replaces what is not UTF-8: the JSON encoder would write it in a way
// that does not read back to the same bytes.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
