package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// signerOf makes a key pair of that name.
func signerOf(t testing.TB, name string) (note.Signer, document.Key) {
	t.Helper()
	s, v, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	k, err := document.ParseKey(v)
	if err != nil {
		t.Fatal(err)
	}
	return signer, k
}

// proofOf is the proof of record n in a log of size records, every second one of
// a rider.
func proofOf(t testing.TB, n, size int) record.Proof {
	t.Helper()
	var hashes []tlog.Hash
	var want record.Entry
	read := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i := range size {
		r := gate.Record{Kind: gate.KindDoor}
		if i%2 == 1 {
			r = admission()
		}
		e := encode(t, uint64(i), r)
		if i == n {
			want = e
		}
		more, err := tlog.StoredHashes(int64(i), e.Leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(size), read)
	if err != nil {
		t.Fatal(err)
	}
	path, err := tlog.ProveRecord(int64(size), int64(n), read)
	if err != nil {
		t.Fatal(err)
	}
	gateSigner, gateKey := signerOf(t, "east-1")
	central, centralKey := signerOf(t, "cosign")
	msg, err := record.Checkpoint{Origin: record.Origin(1001, "east-1", log1), Size: uint64(size), Root: root}.Sign(gateSigner, central)
	if err != nil {
		t.Fatal(err)
	}
	return record.Proof{Entry: want, Path: path, Keys: []document.Key{gateKey, centralKey}, Checkpoint: msg}
}

func check(b []byte) error {
	p, err := record.ParseProof(b)
	if err == nil {
		_, err = p.Check()
	}
	return err
}

func TestProofsHold(t *testing.T) {
	for _, size := range []int{1, 2, 3, 8, 21} {
		for n := range size {
			p := proofOf(t, n, size)
			if err := check(p.Encode()); err != nil {
				t.Errorf("record %d of %d: %v", n, size, err)
			}
			p.Person, p.Salt = "", nil
			if err := check(p.Encode()); err != nil {
				t.Errorf("record %d of %d, person erased: %v", n, size, err)
			}
		}
	}
}

// TestAProofHasNoIdleByte changes every bit of a proof and every byte to one at
// random, takes every byte away, doubles every byte, and cuts the text everywhere.
func TestAProofHasNoIdleByte(t *testing.T) {
	good := proofOf(t, 17, 50).Encode()
	if err := check(good); err != nil {
		t.Fatal(err)
	}
	refused := func(what string, at int, b []byte) {
		t.Helper()
		err := check(b)
		if err == nil {
			t.Errorf("accepted with byte %d %s:\n%s", at, what, b)
		} else if !errors.Is(err, record.ErrFalse) && !errors.Is(err, record.ErrMalformed) {
			t.Errorf("byte %d %s: an error of no kind: %v", at, what, err)
		}
	}
	for i := range good {
		b := bytes.Clone(good)
		for bit := range 8 {
			b[i] = good[i] ^ 1<<bit
			refused("changed", i, b)
		}
		b[i] = good[i] + byte(1+rand.IntN(255))
		refused("changed", i, b)
		refused("gone", i, append(bytes.Clone(good[:i]), good[i+1:]...))
		refused("twice", i, append(bytes.Clone(good[:i+1]), good[i:]...))
		refused("as the end", i, good[:i])
	}
	refused("more at the end", len(good), append(bytes.Clone(good), '\n'))
}

// TestProofsOfAnotherKind: what was put together from true parts proves nothing.
func TestProofsOfAnotherKind(t *testing.T) {
	good, other := proofOf(t, 17, 50), proofOf(t, 17, 50)
	change := func(f func(*record.Proof)) record.Proof {
		p := good
		p.Keys = append([]document.Key(nil), good.Keys...)
		f(&p)
		return p
	}
	text := good.Checkpoint[:bytes.Index(good.Checkpoint, []byte("\n\n"))+2]
	own := good.Checkpoint[len(text):][:bytes.IndexByte(good.Checkpoint[len(text):], '\n')+1]
	for name, p := range map[string]record.Proof{
		"the gate alone": change(func(p *record.Proof) { p.Keys = p.Keys[:1]; p.Checkpoint = append(bytes.Clone(text), own...) }),
		"the gate twice": change(func(p *record.Proof) {
			p.Keys[1] = p.Keys[0]
			p.Checkpoint = append(append(bytes.Clone(text), own...), own...)
		}),
		"keys in another order":      change(func(p *record.Proof) { p.Keys[0], p.Keys[1] = p.Keys[1], p.Keys[0] }),
		"another central server":     change(func(p *record.Proof) { p.Keys[1] = other.Keys[1] }),
		"another person":             change(func(p *record.Proof) { p.Person = strings.Replace(p.Person, "42", "43", 1) }),
		"another salt":               change(func(p *record.Proof) { p.Salt = other.Salt }),
		"a person without salt":      change(func(p *record.Proof) { p.Salt = nil }),
		"another leaf":               change(func(p *record.Proof) { p.Leaf = other.Leaf; p.Person, p.Salt = "", nil }),
		"another checkpoint":         change(func(p *record.Proof) { p.Checkpoint = other.Checkpoint; p.Keys = other.Keys }),
		"a step of the path missing": change(func(p *record.Proof) { p.Path = p.Path[1:] }),
	} {
		if err := check(p.Encode()); err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	// The same lines, in another order or twice.
	lines := strings.Split(string(good.Encode()), "\n")
	for i := range 8 {
		l := append([]string(nil), lines...)
		l[i], l[i+1] = l[i+1], l[i]
		if err := check([]byte(strings.Join(l, "\n"))); err == nil && lines[i] != lines[i+1] {
			t.Errorf("accepted with lines %d and %d swapped", i+1, i+2)
		}
	}
}

// TestAProofShowsNobodyElse: of the other records there are hashes alone.
func TestAProofShowsNobodyElse(t *testing.T) {
	text := string(proofOf(t, 17, 50).Encode())
	if strings.Count(text, `"who"`) != 1 || strings.Count(text, `"rider"`) != 1 || strings.Count(text, `"seq"`) != 1 {
		t.Errorf("more than one record in\n%s", text)
	}
	for line := range strings.Lines(text) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "hash" && len(value) != 44 {
			t.Errorf("a hash is more than a hash: %q", line)
		}
	}
}

func TestSignedOnlyBy(t *testing.T) {
	p := proofOf(t, 3, 9)
	stranger, strangerKey := signerOf(t, "stranger")
	more, err := record.Cosign(p.Checkpoint, stranger)
	if err != nil {
		t.Fatal(err)
	}
	_, absent := signerOf(t, "absent")
	got, signers, err := record.SignedOnlyBy(more, p.Keys[0], absent, p.Keys[1])
	if err != nil || !bytes.Equal(got, p.Checkpoint) || len(signers) != 2 {
		t.Errorf("%d signers, %v:\n%s", len(signers), err, got)
	}
	if _, signers, _ := record.SignedOnlyBy(more, strangerKey); len(signers) != 1 {
		t.Error("the stranger has signed")
	}
	if _, _, err := record.SignedOnlyBy([]byte("x"), absent); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("%v", err)
	}
}

func FuzzProof(f *testing.F) {
	f.Add(proofOf(f, 2, 5).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := record.ParseProof(b)
		if err != nil {
			if !errors.Is(err, record.ErrMalformed) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if !bytes.Equal(p.Encode(), b) {
			t.Errorf("%q encodes again as %q", b, p.Encode())
		}
		if _, err := p.Check(); err != nil && !errors.Is(err, record.ErrFalse) && !errors.Is(err, record.ErrMalformed) {
			t.Error(fmt.Errorf("an error of no kind: %w", err))
		}
	})
}
