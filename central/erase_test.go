package central_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gated/verify/record"
)

// TestErasedPersonsAreNotInTheServersFile: what was erased is nowhere in the
// directory, the records are, and a record that comes again brings nobody back.
func TestErasedPersonsAreNotInTheServersFile(t *testing.T) {
	w := newWorld(t, time.Now())
	l := newLog(t, w, "log-1")
	l.grow(t, 6)
	if _, err := w.Ingest(t.Context(), l.records(t, 0, 6)); err != nil {
		t.Fatal(err)
	}
	inFiles := func() (n int) {
		files, err := filepath.Glob(filepath.Join(w.dir, "central.db*"))
		must(t, err)
		for _, name := range files {
			raw, err := os.ReadFile(name)
			must(t, err)
			n += bytes.Count(raw, []byte(`"rider":42`))
		}
		return n
	}
	if inFiles() == 0 {
		t.Fatal("the riders were nowhere: nothing is tried")
	}
	if n, _, err := w.EraseOlder(t.Context(), time.Unix(0, 0)); n != 0 || err != nil {
		t.Errorf("%d erased that are not old: %v", n, err)
	}
	n, done, err := w.EraseOlder(t.Context(), time.Now().Add(100*365*24*time.Hour))
	if n != 3 || !done || err != nil {
		t.Errorf("%d erased, done %v: %v", n, done, err)
	}
	_, err = w.Ingest(t.Context(), l.records(t, 0, 6))
	must(t, err)
	if left := inFiles(); left != 0 {
		t.Errorf("%d riders are still in the files", left)
	}
	r, err := w.Records(t.Context(), gateID)
	must(t, err)
	for i, rec := range r.Records {
		if string(rec.Person) != "null" && rec.Person != nil || !bytes.Equal(rec.Leaf, l.entries[i].Leaf) {
			t.Errorf("record %d is %s with %s", i, rec.Leaf, rec.Person)
		}
		must(t, record.Entry{Leaf: rec.Leaf}.Check())
	}
	if len(r.Records) != 6 {
		t.Errorf("%d records", len(r.Records))
	}
}
