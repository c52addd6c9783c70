package record_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify/record"
)

func sealKey(t testing.TB) *ecdh.PrivateKey {
	t.Helper()
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// batch is of three records from number 10: a rider, a door, a rider.
func batch(t testing.TB) record.Batch {
	t.Helper()
	return record.Batch{Log: log1, First: 10, Entries: []record.Entry{
		encode(t, 10, admission()), encode(t, 11, gate.Record{Kind: gate.KindDoor}), encode(t, 12, admission()),
	}}
}

func TestBatchComesBackAsItWas(t *testing.T) {
	key, b := sealKey(t), batch(t)
	msg, err := b.Encode(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.DecodeBatch(msg, key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Error(diff)
	}
	lines := strings.Split(string(msg), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], `{"log":"`+log1+`","first":10,"count":3,"persons":"`) || lines[2] != string(b.Entries[1].Leaf) {
		t.Errorf("message:\n%s", msg)
	}
	if bytes.Contains(msg, []byte("rider")) || bytes.Contains(msg, []byte("kid")) {
		t.Error("the broker can read who it was")
	}
	size := record.Overhead
	for _, e := range b.Entries {
		size += e.Size()
	}
	if len(msg) > size {
		t.Errorf("%d bytes, said to be at most %d", len(msg), size)
	}
}

func TestBatchWithoutTheKeyHasLeavesAlone(t *testing.T) {
	b := batch(t)
	msg, err := b.Encode(sealKey(t).PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.DecodeBatch(msg, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Entries {
		b.Entries[i].Person, b.Entries[i].Salt = "", nil
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Error(diff)
	}
	if _, err := record.DecodeBatch(msg, sealKey(t)); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("another key opened it: %v", err)
	}
}

func TestPersonsNeverTravelInTheOpen(t *testing.T) {
	if _, err := batch(t).Encode(nil); !errors.Is(err, record.ErrNoSeal) {
		t.Errorf("without a key: %v", err)
	}
	p256, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batch(t).Encode(p256.PublicKey()); err == nil {
		t.Error("sealed to a key of another curve")
	}
	doors := record.Batch{Log: log1, First: 1, Entries: []record.Entry{encode(t, 1, gate.Record{Kind: gate.KindDoor})}}
	msg, err := doors.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := record.DecodeBatch(msg, sealKey(t)); err != nil || cmp.Diff(doors, got) != "" {
		t.Errorf("a batch of nobody: %v", err)
	}
}

func TestDecodeBatchRefusesWhatWasChanged(t *testing.T) {
	key := sealKey(t)
	good, err := batch(t).Encode(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	other, err := batch(t).Encode(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	first := func(b []byte) string { return string(b[:bytes.IndexByte(b, '\n')]) }
	for name, bad := range map[string]string{
		"a count too low":       strings.Replace(string(good), `"count":3`, `"count":2`, 1),
		"a count of a billion":  strings.Replace(string(good), `"count":3`, `"count":1000000000`, 1),
		"a negative count":      strings.Replace(string(good), `"count":3`, `"count":-3`, 1),
		"another first":         strings.Replace(string(good), `"first":10`, `"first":11`, 1),
		"another log":           strings.ReplaceAll(string(good), log1, "zbcdefghij0123456789"),
		"a leaf less":           string(good[:bytes.LastIndexByte(good[:len(good)-1], '\n')+1]),
		"no last line end":      string(good[:len(good)-1]),
		"a carriage return":     strings.Replace(string(good), "\n", "\r\n", 1),
		"persons of another":    first(other) + string(good[len(first(good)):]),
		"a changed who":         strings.Replace(string(good), `"who":"`, `"who":"AAAA`, 1),
		"leaves in other order": swapLines(string(good), 1, 3),
		"an unknown name":       strings.Replace(string(good), `{"log"`, `{"x":1,"log"`, 1),
		"no first line":         "",
		"garbage":               "gated\n",
		"too large":             string(good) + strings.Repeat("\n", record.MaxBatch),
	} {
		if _, err := record.DecodeBatch([]byte(bad), key); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDecodeBatchRefusesLeavesOutOfPlace: without persons no seal speaks for the
// first line.
func TestDecodeBatchRefusesLeavesOutOfPlace(t *testing.T) {
	b := record.Batch{Log: log1, First: 1, Entries: []record.Entry{encode(t, 1, gate.Record{Kind: gate.KindDoor}), encode(t, 2, gate.Record{Kind: gate.KindDoor})}}
	msg, err := b.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := string(msg)
	for name, bad := range map[string]string{
		"another first":         strings.Replace(good, `"first":1`, `"first":2`, 1),
		"a log of another name": strings.Replace(good, `{"log":"`+log1+`","first"`, `{"log":"zbcdefghij0123456789","first"`, 1),
		"a count too low":       strings.Replace(good, `"count":2`, `"count":1`, 1),
		"a count too high":      strings.Replace(good, `"count":2`, `"count":3`, 1),
		"leaves swapped":        swapLines(good, 1, 2),
		"an unknown name":       strings.Replace(good, `{"log"`, `{"x":1,"log"`, 1),
		"no persons":            strings.Replace(good, `,"persons":""`, ``, 1),
		"null persons":          strings.Replace(good, `"persons":""`, `"persons":null`, 1),
	} {
		if _, err := record.DecodeBatch([]byte(bad), nil); bad == good || !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func swapLines(s string, i, j int) string {
	l := strings.Split(s, "\n")
	l[i], l[j] = l[j], l[i]
	return strings.Join(l, "\n")
}

func TestBatchHasALimit(t *testing.T) {
	r := gate.Record{Kind: gate.KindSystem, Detail: strings.Repeat("x", 1000), Person: rider()}
	b, size := record.Batch{Log: log1}, record.Overhead
	for i := uint64(0); size+2000 < record.MaxBatch; i++ {
		e := encode(t, i, r)
		b.Entries, size = append(b.Entries, e), size+e.Size()
	}
	key := sealKey(t).PublicKey()
	msg, err := b.Encode(key)
	if err != nil || len(msg) > record.MaxBatch {
		t.Fatalf("%d bytes, said to be at most %d: %v", len(msg), size, err)
	}
	for range 3 {
		b.Entries = append(b.Entries, encode(t, uint64(len(b.Entries)), r))
	}
	if _, err := b.Encode(key); err == nil {
		t.Error("a message above the limit was made")
	}
}

// TestBatchVector keeps one message readable for ever, with the
// private key of testdata/batch.key in hex.
func TestBatchVector(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "batch.key"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdh.X25519().NewPrivateKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := os.ReadFile(filepath.Join("testdata", "batch.msg"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := record.DecodeBatch(msg, key)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Entries) != 2 || b.Entries[0].Person != `{"issuer":1,"kid":257,"serial":7,"rider":42}` || b.Entries[1].Person != "" {
		t.Errorf("%+v", b)
	}
}

func FuzzBatch(f *testing.F) {
	key := sealKey(f)
	msg, err := batch(f).Encode(key.PublicKey())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(msg)
	f.Add([]byte(`{"log":"a","first":0,"count":0,"persons":""}` + "\n"))
	f.Fuzz(func(t *testing.T, m []byte) {
		b, err := record.DecodeBatch(m, nil)
		if err != nil {
			if !errors.Is(err, record.ErrMalformed) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		again, err := b.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, leaves, _ := bytes.Cut(m, []byte("\n"))
		if _, l, _ := bytes.Cut(again, []byte("\n")); !bytes.Equal(l, leaves) {
			t.Errorf("%q encodes again as %q", m, again)
		}
	})
}
