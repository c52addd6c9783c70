package record

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxCheckpoint bounds a signed checkpoint in bytes; one with a dozen
// signatures has less than 2,000.
const maxCheckpoint = 16 << 10

// originPrefix begins every origin. It does not change with the topic prefix.
const originPrefix = "gated/v1/log/"

// ErrUnsigned is wrapped when a checkpoint is well formed but carries no true
// signature of anybody asked for.
var ErrUnsigned = errors.New("no valid signature")

// Origin is a checkpoint's first line: it names one log of one gate.
func Origin(site uint32, gateID, log string) string {
	return originPrefix + strconv.FormatUint(uint64(site), 10) + "/" + gateID + "/" + log
}

// ParseOrigin is the inverse of Origin. It refuses, with ErrMalformed, what
// Origin would not have written.
func ParseOrigin(origin string) (site uint32, gateID, log string, err error) {
	rest, ok := strings.CutPrefix(origin, originPrefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return 0, "", "", fmt.Errorf("parse origin: not %s<site>/<gate>/<log>: %w", originPrefix, ErrMalformed)
	}
	n, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil || !validID(parts[1]) || !validID(parts[2]) || Origin(uint32(n), parts[1], parts[2]) != origin {
		return 0, "", "", fmt.Errorf("parse origin: site, gate or log is not well formed: %w", ErrMalformed)
	}
	return uint32(n), parts[1], parts[2], nil
}

// Checkpoint is a log's state at a size (C2SP tlog-checkpoint, without extension
// lines).
type Checkpoint struct {
	Origin string    // see Origin
	Size   uint64    // number of records
	Root   tlog.Hash // RFC 6962 root over the first Size leaves
}

// text is what is signed: origin, decimal size and base64 root, one a line.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Sign makes the signed note, with one signature of each signer in their order.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if _, err := parseCheckpoint(c.text()); err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	msg, err := note.Sign(&note.Note{Text: c.text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return msg, nil
}

// SignedBy says whether msg carries the signature that signer gives to c. It
// needs no public key, because an Ed25519 signature is a function of the text.
func (c Checkpoint) SignedBy(msg []byte, signer note.Signer) bool {
	n, err := openNote(msg)
	if err != nil || n.Text != c.text() {
		return false
	}
	want, err := signer.Sign([]byte(n.Text))
	return err == nil && signed(n, signer.Name(), signer.KeyHash(), func(sig []byte) bool { return string(sig) == string(want) })
}

// OpenCheckpoint parses a checkpoint and returns those of known whose signatures
// on it are true, in the order of known. If there is none the error wraps
// ErrUnsigned and the checkpoint is returned all the same, to be named, not
// believed; if the form is wrong it wraps ErrMalformed.
func OpenCheckpoint(msg []byte, known ...note.Verifier) (c Checkpoint, signers []note.Verifier, err error) {
	n, err := openNote(msg)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	if c, err = parseCheckpoint(n.Text); err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	for _, v := range known {
		if signed(n, v.Name(), v.KeyHash(), func(sig []byte) bool { return v.Verify([]byte(n.Text), sig) }) {
			signers = append(signers, v)
		}
	}
	if len(signers) == 0 {
		return c, nil, fmt.Errorf("open checkpoint of size %d: %w", c.Size, ErrUnsigned)
	}
	return c, signers, nil
}

// Cosign adds signer's signature to a signed checkpoint and keeps the others as
// they are. It checks the form alone: whoever cosigns has opened the checkpoint
// and recomputed its root before.
func Cosign(msg []byte, signer note.Signer) ([]byte, error) {
	n, err := openNote(msg)
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	if _, err := parseCheckpoint(n.Text); err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	out, err := note.Sign(n, signer)
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	return out, nil
}

// openNote reads the form of a note and leaves every signature unverified: the
// note package would refuse the whole note for one wrong signature, and which
// of them count is for the caller to say.
func openNote(msg []byte) (*note.Note, error) {
	if len(msg) > maxCheckpoint {
		return nil, fmt.Errorf("note of %d bytes: longer than %d: %w", len(msg), maxCheckpoint, ErrMalformed)
	}
	_, err := note.Open(msg, nil)
	var open *note.UnverifiedNoteError
	if !errors.As(err, &open) {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return open.Note, nil
}

// signed says whether n carries a signature by that name and key hash that good
// accepts.
func signed(n *note.Note, name string, hash uint32, good func(sig []byte) bool) bool {
	for _, s := range n.UnverifiedSigs {
		if s.Name != name || s.Hash != hash {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err == nil && len(raw) > 4 && good(raw[4:]) {
			return true
		}
	}
	return false
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, fmt.Errorf("checkpoint is not of three lines: %w", ErrMalformed)
	}
	if _, _, _, err := ParseOrigin(lines[0]); err != nil {
		return Checkpoint{}, err
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || size > maxInteger {
		return Checkpoint{}, fmt.Errorf("size of the checkpoint is not a number up to 2^53-1: %w", ErrMalformed)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("root of the checkpoint is not a hash: %w", ErrMalformed)
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.text() != text {
		return Checkpoint{}, fmt.Errorf("checkpoint is not in its one encoding: %w", ErrMalformed)
	}
	return c, nil
}
