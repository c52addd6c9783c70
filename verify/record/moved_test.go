package record_test

import (
	"bytes"
	"errors"
	"testing"

	"gated/gate"
	"gated/verify/record"
)

// about is a record that speaks of another.
func about(t *testing.T, seq, other uint64) record.Entry {
	t.Helper()
	return encode(t, seq, gate.Record{Kind: gate.KindSystem, Event: "late", About: &other, Detail: "it took 200 ms"})
}

// moved is the leaf of the entry as record 2 of another log, whose first record
// was number 10 of the old one.
func moved(t *testing.T, e record.Entry) record.Leaf {
	t.Helper()
	next, err := e.MovedTo("other", 2, 10, -10)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Check(); err != nil {
		t.Error(err)
	}
	l, err := record.ParseLeaf(next.Leaf)
	if err != nil || l.Log != "other" || l.Seq != 2 {
		t.Errorf("moved to %d of %q, %v", l.Seq, l.Log, err)
	}
	return l
}

func TestARecordSaysTheSameInAnotherLog(t *testing.T) {
	e := encode(t, 12, admission())
	next, err := e.MovedTo("other", 2, 10, -10)
	if err != nil || next.Person != e.Person || !bytes.Equal(next.Salt, e.Salt) || e.Person == "" {
		t.Errorf("person %q became %q, %v", e.Person, next.Person, err)
	}
	if l := moved(t, e); l.About != nil || l.Who == nil {
		t.Errorf("moved is %+v", l)
	}
	strange := e
	strange.Person = `{"issuer":1,"kid":257,"serial":8,"rider":42}`
	if next, err = strange.MovedTo("other", 2, 10, -10); err != nil || next.Person != "" || next.Salt != nil {
		t.Errorf("a person who is not the leaf's came along: %q, %v", next.Person, err)
	}
	if _, err := (record.Entry{Leaf: []byte("{}")}).MovedTo("other", 2, 10, -10); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("of no leaf: %v, want ErrMalformed", err)
	}
	if _, err := e.MovedTo("no log's id", 2, 10, -10); err == nil {
		t.Error("moved to a log that cannot be")
	}
}

func TestWhatARecordSpeaksOfMovesWithIt(t *testing.T) {
	for _, c := range []struct {
		of, want uint64
	}{{10, 0}, {11, 1}, {15, 5}} {
		if l := moved(t, about(t, 12, c.of)); l.About == nil || *l.About != c.want || l.Detail != "it took 200 ms" {
			t.Errorf("about %d: %+v", c.of, l)
		}
	}
	const want = "it took 200 ms (about record 9 of the log before)"
	if l := moved(t, about(t, 12, 9)); l.About != nil || l.Detail != want {
		t.Errorf("about what stays behind: %q, about %v", l.Detail, l.About)
	}
}

// TestALeafThatOnlyLooksInPlace: what saves taking a leaf apart takes none that
// is another's.
func TestALeafThatOnlyLooksInPlace(t *testing.T) {
	for name, leaf := range map[string]string{
		"a number that begins alike": `{"log":"` + log1 + `","seq":45,"kind":"system"}`,
		"the number and no more":     `{"log":"` + log1 + `","seq":4`,
		"a number alone":             `{"log":"` + log1 + `","seq":40}`,
	} {
		msg, err := record.Batch{Log: log1, First: 4, Entries: []record.Entry{{Leaf: []byte(leaf)}}}.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := record.DecodeBatch(msg, nil); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
}

// TestAPersonIsCheckedOnTheLongestLeaf: as long as a leaf may be, and a byte more.
func TestAPersonIsCheckedOnTheLongestLeaf(t *testing.T) {
	for _, size := range []int{record.MaxLeaf, record.MaxLeaf + 1} {
		e := padded(4, size) // of a version that says who elsewhere, if at all
		e.Person, e.Salt = `{"issuer":1}`, make([]byte, record.SaltSize)
		if err := e.Check(); !errors.Is(err, record.ErrMalformed) || bytes.Contains([]byte(err.Error()), []byte("longer")) != (size > record.MaxLeaf) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestAProofMayBeAsLongAsItsLimit(t *testing.T) {
	const longest = 32 << 10 // a leaf of 8 KiB, a checkpoint of 16, and 8 for the rest
	p := record.Proof{Entry: record.Entry{Leaf: []byte("{}")}}
	p.Checkpoint = bytes.Repeat([]byte("a"), longest-len(p.Encode()))
	if _, err := record.ParseProof(p.Encode()); err != nil || len(p.Encode()) != longest {
		t.Errorf("%d bytes: %v", len(p.Encode()), err)
	}
	p.Checkpoint = append(p.Checkpoint, 'a')
	if _, err := record.ParseProof(p.Encode()); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("a byte more: %v, want ErrMalformed", err)
	}
	if _, err := record.ParseProof([]byte("gated/v1/proof\nnothing\n\n")); err == nil || !bytes.Contains([]byte(err.Error()), []byte("line 2:")) {
		t.Errorf("which line is wrong is not said: %v", err)
	}
}
