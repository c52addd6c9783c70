package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

// TestADamagedDatabaseIsNamedAndSetAsideWhole overwrites a database in several
// ways. Nothing of it may be lost, and a new one must begin empty.
func TestADamagedDatabaseIsNamedAndSetAsideWhole(t *testing.T) {
	ways := map[string]func(b []byte) []byte{
		"zeros":              func(b []byte) []byte { return make([]byte, len(b)) },
		"no header":          func(b []byte) []byte { return append(make([]byte, 16), b[16:]...) },
		"the middle is gone": func(b []byte) []byte { return append(b[:100:100], bytes.Repeat([]byte{0xff}, len(b)-100)...) },
	}
	for name, harm := range ways {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			b := start(t, o)
			b.fill(t, 20)
			log, _ := b.Log()
			b.mustStop(t)
			file := filepath.Join(o.Dir, "gated.db")
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			broken := harm(whole)
			if err := os.WriteFile(file, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Open(o); !errors.Is(err, store.ErrDamaged) {
				t.Fatalf("Open: %v, want ErrDamaged", err)
			}
			aside, err := store.Anew(o, time.Unix(1_800_000_000, 0))
			if err != nil {
				t.Fatal(err)
			}
			kept, err := os.ReadFile(filepath.Join(o.Dir, aside))
			if err != nil || !bytes.Equal(kept, broken) {
				t.Errorf("what was set aside is not what was there: %v", err)
			}
			s, err := store.Open(o)
			if err != nil {
				t.Fatalf("open anew: %v", err)
			}
			list, err := s.List(t.Context(), 0, 9)
			if err != nil || len(list) == 0 || s.Start() == 0 {
				t.Fatalf("%d records at start %d: %v", len(list), s.Start(), err)
			}
			zero, err := record.ParseLeaf(list[0].Leaf)
			if err != nil || zero.Event != string(gate.NewLog) || !strings.Contains(zero.Detail, "after log "+log) || !strings.Contains(zero.Detail, aside) {
				t.Errorf("record 0 is %+v: %v", zero, err)
			}
			if r, err := s.Verify(t.Context(), store.Expect{}); err != nil || r.Signed != r.Records {
				t.Errorf("the new log is not signed whole: %+v: %v", r, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsNotDamagedIsNotCalledSo(t *testing.T) {
	o := options(t)
	b := start(t, o)
	if _, err := store.Open(o); errors.Is(err, store.ErrDamaged) || !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second Open: %v, want ErrLocked alone", err)
	}
	if _, err := store.Anew(o, time.Now()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Anew under a running gated: %v, want ErrLocked", err)
	}
	b.mustStop(t)
}
