package examples_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// proofFile is the worked example of proofs.md.
const proofFile = "proof.txt"

// TestProofOnThePage: what the page prints is the file, and it holds.
func TestProofOnThePage(t *testing.T) {
	raw, err := os.ReadFile(proofFile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page(t, "proofs.md"), "\n```text\n"+string(raw)+"```\n") {
		t.Error("proofs.md does not print proof.txt")
	}
	p, err := record.ParseProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := p.Check(); err != nil || c.Size != 6 || p.Person == "" {
		t.Errorf("%+v: %v", c, err)
	}
}

// TestProofProgram: forty lines of JavaScript accept what gated accepts, and
// refuse what it refuses.
func TestProofProgram(t *testing.T) {
	node := installed(t, "node", "node")
	raw, err := os.ReadFile(proofFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := record.ParseProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	out, errs, status := run(t, "", node, "verify-proof.mjs", proofFile, p.Keys[0].Text, p.Keys[1].Text)
	if status != 0 || errs != "" || !strings.HasPrefix(out, "accepted: record 3 of gated/v1/log/1001/") || !strings.Contains(out, p.Person) {
		t.Errorf("status %d, said %q, printed %q", status, errs, out)
	}
	if _, errs, status := run(t, "", node, "verify-proof.mjs", proofFile, "cosign+00000000+AA=="); status != 1 || !strings.Contains(errs, "keys that you trust") {
		t.Errorf("a stranger's key: status %d, said %q", status, errs)
	}
	// Every leaf of trees of several sizes.
	for _, size := range []int{1, 3, 6} {
		for n := range size {
			b := proofOf(t, n, size).Encode()
			if _, errs, status := run(t, "", node, "verify-proof.mjs", write(t, b)); status != 0 {
				t.Errorf("record %d of %d: %s", n, size, errs)
			}
		}
	}
	// One byte in every line, and in every kind of token.
	for at := 3; at < len(raw); at += 97 {
		bad := append([]byte(nil), raw...)
		bad[at] ^= 1
		if out, _, status := run(t, "", node, "verify-proof.mjs", write(t, bad)); status == 0 {
			t.Errorf("accepted with byte %d changed:\n%s%s", at, bad, out)
		}
	}
}

func write(t *testing.T, b []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// noteKey makes a signer of a counting seed, and its verifier key.
func noteKey(t *testing.T, name string, first byte) (note.Signer, document.Key) {
	t.Helper()
	private := counting(first)
	text, err := note.NewEd25519VerifierKey(name, public(private))
	if err != nil {
		t.Fatal(err)
	}
	k, err := document.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + strings.Split(text, "+")[1] + "+" + secret)
	if err != nil {
		t.Fatal(err)
	}
	return s, k
}

// proofOf is the proof of record n in the log of the page, of which every record
// but those at even places names a rider.
func proofOf(t *testing.T, n, size int) record.Proof {
	t.Helper()
	const log = "abcdefghij0123456789"
	gateSigner, gateKey := noteKey(t, "guanggu-huijing-east", 0x60)
	central, centralKey := noteKey(t, "cosign", 0x80)
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	p := record.Proof{Keys: []document.Key{gateKey, centralKey}}
	for i := range size {
		e := exampleEntry(t, log, i)
		if i == n {
			p.Entry = e
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
	if p.Path, err = tlog.ProveRecord(int64(size), int64(n), read); err != nil {
		t.Fatal(err)
	}
	c := record.Checkpoint{Origin: record.Origin(1001, "guanggu-huijing-east", log), Size: uint64(size), Root: root}
	if p.Checkpoint, err = c.Sign(gateSigner, central); err != nil {
		t.Fatal(err)
	}
	return p
}

// exampleEntry is one record of the page's log: of a rider, or of the door.
func exampleEntry(t *testing.T, log string, i int) record.Entry {
	t.Helper()
	at := gate.Moment{Time: time.UnixMilli(1800000000000 + int64(i)*60123), State: gate.ClockSynced, Start: 1}
	r := gate.Record{Kind: gate.KindDoor, At: at, Lane: "in", Event: gate.RelayOn, Fresh: 12, Rev: 9, Trust: 7}
	if i%2 == 1 {
		r = gate.Record{
			Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner, Fresh: 12, Rev: 9, Trust: 7,
			Person: &gate.Person{Issuer: 1, Kid: 257, Serial: uint32(i), Rider: 42},
		}
	}
	e, err := record.Encode(log, uint64(i), r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
