package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gated/store"
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
			aside, err := store.SetAside(o.Dir, time.Unix(1_800_000_000, 0))
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
			if _, size := s.Log(); size != 0 || s.Start() != 1 {
				t.Errorf("the new log has %d records at start %d, want an empty one at its first", size, s.Start())
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
	if _, err := store.SetAside(o.Dir, time.Now()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("SetAside under a running gated: %v, want ErrLocked", err)
	}
	b.mustStop(t)
}
