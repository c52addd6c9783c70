package store_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gated/store"
	"gated/verify/document"
)

// TestHeldSurvivesAnyChangedByteOfOneCopy changes each byte that either copy of a
// small document takes on the disk, with what SQLite writes beside it in its page:
// the box starts all the same and holds the document.
func TestHeldSurvivesAnyChangedByteOfOneCopy(t *testing.T) {
	o, body := options(t), []byte("the trust list, as it was signed")
	b := start(t, o)
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: body}); err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	file := filepath.Join(o.Dir, "gated.db")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := int(binary.BigEndian.Uint16(raw[16:])) // https://sqlite.org/fileformat.html, 1.3.2
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	o.Dir = memory(t)
	copies := 0
	for end := 0; ; copies++ {
		at := bytes.Index(raw[end:], body)
		if at < 0 {
			break
		}
		begin := (end + at) / page * page
		end = begin + page // the only row of its table stands at the end of the page
		for i := range page {
			if i >= 16 && begin+i < end-128 {
				continue // nothing has ever been written there
			}
			bad := bytes.Clone(raw)
			bad[begin+i] ^= byte(1 + rnd.IntN(255))
			if err := lay(o.Dir, map[string][]byte{"gated.db": bad}); err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(o)
			if err != nil {
				t.Errorf("seed %d, copy %d, byte %d of its page: %v", seed, copies, i, err)
				continue
			}
			if got, ok := s.Held("trust"); !ok || !bytes.Equal(got, body) {
				t.Errorf("seed %d, copy %d, byte %d of its page: %q, %t", seed, copies, i, got, ok)
			}
			if err := s.Close(); err != nil {
				t.Errorf("seed %d, copy %d, byte %d of its page: close: %v", seed, copies, i, err)
			}
		}
	}
	if copies != 2 {
		t.Errorf("%d copies are on the disk, not 2", copies)
	}
}
