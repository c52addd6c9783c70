package store_test

import (
	"errors"
	"testing"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
	"gated/verify/record"
)

// TestEveryCosignedRecordIsProved: of a log that has a file of its own, also when
// it is opened to be read, and after the gate's key has changed.
func TestEveryCosignedRecordIsProved(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 77)
	central, centralKey := signerOf(t, "cosign")
	cosign(t, b, central, centralKey)
	b.fill(t, 3)
	for seq := range uint64(77) {
		p, err := b.Prove(t.Context(), seq, centralKey)
		if err != nil {
			t.Fatal(err)
		}
		again, err := record.ParseProof(p.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if c, err := again.Check(); err != nil || c.Size != 77 || again.Keys[0].Text != o.Key {
			t.Errorf("record %d: %+v: %v", seq, c, err)
		}
	}
	_, stranger := signerOf(t, "cosign")
	for _, c := range []struct {
		seq  uint64
		key  document.Key
		want error
	}{{77, centralKey, store.ErrUnproved}, {80, centralKey, store.ErrNoRecord}, {5, stranger, store.ErrUnproved}} {
		if _, err := b.Prove(t.Context(), c.seq, c.key); !errors.Is(err, c.want) {
			t.Errorf("record %d: %v, want %v", c.seq, err, c.want)
		}
	}
	b.mustStop(t)

	next := o
	next.Signer, next.Key = gateKey(t)
	b = start(t, next)
	p, err := b.Prove(t.Context(), 40, centralKey)
	if err != nil || p.Keys[0].Text != o.Key {
		t.Errorf("under the key before: %v", err)
	}
	cosign(t, b, central, centralKey)
	p, err = b.Prove(t.Context(), 40, centralKey)
	if err != nil || p.Keys[0].Text != next.Key {
		t.Errorf("under the new key: %v", err)
	}
}

// TestAChangedKeyIsRecordedOnce: the same log goes on, and a record names both.
func TestAChangedKeyIsRecordedOnce(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 20)
	old, err := b.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log, _ := b.Log()
	b.mustStop(t)
	before := o.Key
	o.Signer, o.Key = gateKey(t)
	for range 2 {
		b = start(t, o)
		list, err := b.List(t.Context(), 20, 99)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d records more: %v", len(list), err)
		}
		l, err := record.ParseLeaf(list[0].Leaf)
		if err != nil || l.Log != log || l.Event != string(gate.KeyChanged) || l.Detail != "the gate's key was "+before+" and is "+o.Key {
			t.Errorf("%+v: %v", l, err)
		}
		if r, err := b.Verify(t.Context(), store.Expect{}); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		b.mustStop(t)
	}
	// What the old key has signed still counts when it comes back late.
	b = start(t, o)
	central, centralKey := key(t, "cosign")
	msg, err := record.Cosign(old, central)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.Acknowledge(t.Context(), msg, centralKey); err != nil || n != 20 {
		t.Errorf("%d: %v", n, err)
	}
}

// cosign has everything committed cosigned by that server.
func cosign(t testing.TB, b *box, central noteSigner, key document.Key) {
	t.Helper()
	msg, err := b.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if msg, err = record.Cosign(msg, central); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Acknowledge(t.Context(), msg, key.Verifier()); err != nil {
		t.Fatal(err)
	}
}
