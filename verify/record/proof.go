package record

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/document"
)

// proofType is the first line of a proof.
const proofType = "gated/v1/proof"

// maxProof bounds a proof in bytes: the longest leaf and checkpoint, and a path
// of 64 hashes, fit into it.
const maxProof = MaxLeaf + maxCheckpoint + 8<<10

// ErrFalse is wrapped by Proof.Check: the proof is well formed and proves
// nothing.
var ErrFalse = errors.New("the proof does not hold")

// Proof is one record with all that a stranger needs to check that a gate has
// signed it and that a central server has cosigned it. Of the other records it
// holds hashes alone.
type Proof struct {
	Entry                     // person and salt are empty if nobody is named, or if they were erased
	Path       []tlog.Hash    // RFC 6962, from the leaf up
	Keys       []document.Key // one for each signature of the checkpoint, in the same order; the first is the gate's
	Checkpoint []byte         // the signed note
}

// Encode writes the proof as text. One proof has one encoding, and Check depends
// on every byte of it.
func (p Proof) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nleaf %s\n", proofType, p.Leaf)
	if p.Person != "" {
		fmt.Fprintf(&b, "salt %s\nperson %s\n", base64.StdEncoding.EncodeToString(p.Salt), p.Person)
	}
	for _, h := range p.Path {
		fmt.Fprintf(&b, "hash %s\n", h)
	}
	for _, k := range p.Keys {
		fmt.Fprintf(&b, "key %s\n", k.Text)
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a proof. It refuses, with ErrMalformed, what Encode would not
// have written. That it reads says nothing of its truth.
func ParseProof(b []byte) (Proof, error) {
	var p Proof
	if len(b) > maxProof {
		return p, fmt.Errorf("parse proof of %d bytes: longer than %d: %w", len(b), maxProof, ErrMalformed)
	}
	head, checkpoint, _ := bytes.Cut(b, []byte("\n\n"))
	p.Checkpoint = checkpoint
	for i, line := range strings.Split(string(head), "\n") {
		word, value, _ := strings.Cut(line, " ")
		if err := p.take(i, word, value); err != nil {
			return Proof{}, fmt.Errorf("parse proof: line %d: %w: %w", i+1, ErrMalformed, err)
		}
	}
	if !bytes.Equal(p.Encode(), b) {
		return Proof{}, fmt.Errorf("parse proof: not in its one encoding: %w", ErrMalformed)
	}
	return p, nil
}

// take reads one line of the upper half. The order is for Encode to compare.
func (p *Proof) take(i int, word, value string) (err error) {
	switch {
	case i == 0 && word == proofType:
	case i == 1 && word == "leaf":
		p.Leaf = []byte(value)
	case word == "salt":
		p.Salt, err = strict.DecodeString(value)
	case word == "person":
		p.Person = value
	case word == "hash":
		var h tlog.Hash
		h, err = tlog.ParseHash(value)
		p.Path = append(p.Path, h)
	case word == "key":
		var k document.Key
		k, err = document.ParseKey(value)
		p.Keys = append(p.Keys, k)
	default:
		err = fmt.Errorf("%q is not expected here", word)
	}
	return err
}

// Check proves the record: the person is the leaf's, the leaf is in the tree of
// the checkpoint at its number, and the checkpoint is of the leaf's log and signed
// with each of Keys, of which the first is named as the gate and another is not.
// Errors wrap ErrFalse or ErrMalformed. What remains for the caller is whether
// Keys are those of the gate and of a central server that he trusts: a proof names
// them, it cannot vouch for them.
func (p Proof) Check() (Checkpoint, error) {
	c, err := p.signed()
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: %w", err)
	}
	r, err := readRow(p.Leaf)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: %w", err)
	}
	if _, _, log, err := ParseOrigin(c.Origin); err != nil || log != r.Log || r.Seq >= c.Size {
		return Checkpoint{}, fmt.Errorf("check proof: record %d of log %s is not below the checkpoint: %w", r.Seq, r.Log, ErrFalse)
	}
	n, size := int64(r.Seq), int64(c.Size) //nolint:gosec // both below 2^53
	if err := tlog.CheckRecord(p.Path, size, c.Root, n, Hash(p.Leaf)); err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: record %d is not in the tree of the checkpoint: %w", r.Seq, ErrFalse)
	}
	if err := p.Entry.Check(); err != nil {
		return Checkpoint{}, fmt.Errorf("check proof: %w: %w", ErrFalse, err)
	}
	return c, nil
}

// signed opens the checkpoint and insists on every signature line.
func (p Proof) signed() (Checkpoint, error) {
	n, err := openNote(p.Checkpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	_, gateID, _, err := ParseOrigin(c.Origin)
	if err != nil {
		return Checkpoint{}, err
	}
	if len(p.Keys) < 2 || len(p.Keys) != len(n.UnverifiedSigs) || p.Keys[0].Name != gateID {
		return Checkpoint{}, fmt.Errorf("not one key for each signature, of the gate and of a central server: %w", ErrFalse)
	}
	again := n.Text + "\n"
	for i, s := range n.UnverifiedSigs {
		v := p.Keys[i].Verifier()
		raw, err := strict.DecodeString(s.Base64)
		if err != nil || s.Name != v.Name() || s.Hash != v.KeyHash() || len(raw) < 4 || !v.Verify([]byte(n.Text), raw[4:]) {
			return Checkpoint{}, fmt.Errorf("the signature of %s is not that of its key: %w", s.Name, ErrFalse)
		}
		if i > 0 && p.Keys[i].Same(p.Keys[0]) {
			return Checkpoint{}, fmt.Errorf("the gate cannot cosign for itself: %w", ErrFalse)
		}
		again += "— " + s.Name + " " + s.Base64 + "\n"
	}
	if again != string(p.Checkpoint) {
		return Checkpoint{}, fmt.Errorf("the note is not in its one encoding: %w", ErrMalformed)
	}
	return c, nil
}

// SignedOnlyBy reduces a checkpoint to the signatures of keys, in their order, and
// says which of them have signed.
func SignedOnlyBy(msg []byte, keys ...document.Key) (reduced []byte, signers []document.Key, err error) {
	n, err := openNote(msg)
	if err != nil {
		return nil, nil, fmt.Errorf("reduce checkpoint: %w", err)
	}
	var kept []note.Signature
	for _, k := range keys {
		v := k.Verifier()
		for _, s := range n.UnverifiedSigs {
			raw, err := strict.DecodeString(s.Base64)
			if err == nil && s.Name == v.Name() && s.Hash == v.KeyHash() && len(raw) > 4 && v.Verify([]byte(n.Text), raw[4:]) {
				kept, signers = append(kept, s), append(signers, k)
				break
			}
		}
	}
	text := n.Text + "\n"
	for _, s := range kept {
		text += "— " + s.Name + " " + s.Base64 + "\n"
	}
	return []byte(text), signers, nil
}
