package record

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// MaxBatch is the largest message of records in bytes that goes over MQTT
// (PROTOCOL 4).
const MaxBatch = 96 << 10

// Overhead is the most that a message takes beside its entries, in bytes: the
// first line, and what the seal adds to the persons.
const Overhead = 320

// ErrNoSeal is returned by Batch.Encode when there are persons and no key to
// seal them to: they never travel in the open.
var ErrNoSeal = errors.New("no key of a records authority to seal persons to")

// Batch is what one message of records carries: consecutive entries of one log.
type Batch struct {
	Log     string
	First   uint64 // number of the first entry
	Entries []Entry
}

// header is the first line of a message.
type header struct {
	Log     string `json:"log"`
	First   uint64 `json:"first"`
	Count   int    `json:"count"`
	Persons []byte `json:"persons"` // enc ‖ ciphertext; empty: no entry has a person
}

// aad is the first line without persons, byte for byte: it binds the sealed
// persons to their place in the log.
func (h header) aad() ([]byte, error) {
	return appendJSON(nil, struct {
		Log   string `json:"log"`
		First uint64 `json:"first"`
		Count int    `json:"count"`
	}{h.Log, h.First, h.Count})
}

// Size is the most that e takes in a message, in bytes. A batch whose entries'
// sizes and Overhead add up to MaxBatch or less can be encoded.
func (e Entry) Size() int {
	const perPerson = 24 + 1 + 1 // The salt in base64, a space, the line's end.
	return len(e.Leaf) + 1 + (len(e.Person)+perPerson)*4/3 + 1
}

// Encode makes the message: the first line, then the leaves, each line with its
// end. The persons are sealed to seal, an X25519 key, with HPKE (RFC 9180). Seal
// may be nil if no entry has a person, else the error is ErrNoSeal. A message
// above MaxBatch is refused. The same batch never gives the same message twice.
func (b Batch) Encode(seal *ecdh.PublicKey) ([]byte, error) {
	h := header{Log: b.Log, First: b.First, Count: len(b.Entries)}
	if b.persons() {
		aad, err := h.aad()
		if err != nil {
			return nil, fmt.Errorf("encode batch: %w", err)
		}
		if h.Persons, err = sealPersons(seal, aad, b.Entries); err != nil {
			return nil, fmt.Errorf("encode batch: %w", err)
		}
	} else {
		h.Persons = []byte{} // The empty string, not null.
	}
	msg, err := appendJSON(nil, h)
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	msg = append(msg, '\n')
	for i, e := range b.Entries {
		if len(e.Leaf) == 0 || bytes.IndexByte(e.Leaf, '\n') >= 0 {
			return nil, fmt.Errorf("encode batch: record %d is not one line", b.First+uint64(i))
		}
		msg = append(append(msg, e.Leaf...), '\n')
	}
	if len(msg) > MaxBatch {
		return nil, fmt.Errorf("encode batch of %d records: %d bytes: larger than %d", len(b.Entries), len(msg), MaxBatch)
	}
	return msg, nil
}

func (b Batch) persons() bool {
	for _, e := range b.Entries {
		if e.Person != "" {
			return true
		}
	}
	return false
}

// DecodeBatch reads a message: every leaf must be of the log and number that
// the first line says, and every person that of its leaf. With a nil key the
// persons stay sealed and the entries have none. Errors wrap ErrMalformed; a
// message that was sealed to another key is one. That the records are the gate's
// is proved by the checkpoint alone: anybody can seal. The leaves share msg.
func DecodeBatch(msg []byte, key *ecdh.PrivateKey) (Batch, error) {
	h, lines, err := split(msg)
	if err != nil {
		return Batch{}, fmt.Errorf("decode batch: %w", err)
	}
	b := Batch{Log: h.Log, First: h.First, Entries: make([]Entry, len(lines))}
	for i, leaf := range lines {
		b.Entries[i].Leaf = leaf
	}
	if key != nil && len(h.Persons) > 0 {
		aad, err := h.aad()
		if err != nil {
			return Batch{}, fmt.Errorf("decode batch: %w", err)
		}
		if err := openPersons(key, aad, h.Persons, b.Entries); err != nil {
			return Batch{}, fmt.Errorf("decode batch: %w", err)
		}
	}
	for i, e := range b.Entries {
		if err := inPlace(e.Leaf, b.Log, b.First+uint64(i)); err != nil {
			return Batch{}, fmt.Errorf("decode batch: line %d: %w", i+2, err)
		}
		if err := e.Check(); err != nil {
			return Batch{}, fmt.Errorf("decode batch: line %d: %w", i+2, err)
		}
		if e.Person == "" {
			continue
		}
		if _, err := ParsePerson(e.Person); err != nil {
			return Batch{}, fmt.Errorf("decode batch: line %d: %w", i+2, err)
		}
	}
	return b, nil
}

// inPlace says whether the leaf is record seq of log. As Encode writes it, it
// begins with both, and within a string the quotes would be escaped: so it need
// not be taken apart, which is most of the work of taking in a backlog. A leaf
// that says so twice, or in another way, is.
func inPlace(leaf []byte, log string, seq uint64) error {
	const logName, seqName = `"log":`, `"seq":`
	if rest, ok := bytes.CutPrefix(leaf, []byte(`{"log":"`+log+`","seq":`)); ok {
		if rest, ok = bytes.CutPrefix(rest, strconv.AppendUint(nil, seq, 10)); ok && len(rest) > 0 && (rest[0] == ',' || rest[0] == '}') &&
			!bytes.Contains(rest, []byte(logName)) && !bytes.Contains(rest, []byte(seqName)) && len(leaf) <= MaxLeaf && json.Valid(leaf) {
			return nil
		}
	}
	r, err := readRow(leaf)
	if err != nil {
		return err
	}
	if r.Log != log || r.Seq != seq {
		return fmt.Errorf("record %d of log %q: %w", r.Seq, r.Log, ErrMalformed)
	}
	return nil
}

// split takes a message apart and compares what the first line promises with
// what is there, before anything of that size is made. The lines share msg.
func split(msg []byte) (header, [][]byte, error) {
	var h header
	if len(msg) > MaxBatch {
		return h, nil, fmt.Errorf("message of %d bytes: larger than %d: %w", len(msg), MaxBatch, ErrMalformed)
	}
	first, rest, ok := bytes.Cut(msg, []byte("\n"))
	if !ok {
		return h, nil, fmt.Errorf("no first line: %w", ErrMalformed)
	}
	if err := json.Unmarshal(first, &h); err != nil {
		return h, nil, fmt.Errorf("first line: %w: %w", ErrMalformed, err)
	}
	again, err := appendJSON(nil, h)
	if err != nil {
		return h, nil, err
	}
	if !bytes.Equal(again, first) || h.Persons == nil || !validID(h.Log) || h.First > maxInteger {
		return h, nil, fmt.Errorf("first line is not in its one encoding: %w", ErrMalformed)
	}
	if len(rest) > 0 && rest[len(rest)-1] != '\n' || bytes.Count(rest, []byte("\n")) != h.Count {
		return h, nil, fmt.Errorf("not the %d lines that the first line promises: %w", h.Count, ErrMalformed)
	}
	var lines [][]byte
	if h.Count > 0 {
		lines = bytes.Split(rest[:len(rest)-1], []byte("\n"))
	}
	return h, lines, nil
}
