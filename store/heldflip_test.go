package store_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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
	rnd := rand.New(rand.NewPCG(rand.Uint64(), 0))
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
			heldThough(t, o, raw, begin+i, byte(1+rnd.IntN(255)), document.Held{Name: "trust", Body: body})
		}
	}
	if copies != 2 {
		t.Errorf("%d copies are on the disk, not 2", copies)
	}
}

// TestHeldSurvivesAChangedByteOfALargeOne does the same to a document of several
// pages, chained as SQLite does with long ones: the head of each page, with the
// number of the next, and a sample of the rest.
func TestHeldSurvivesAChangedByteOfALargeOne(t *testing.T) {
	o, body := options(t), make([]byte, 13_000)
	rnd := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for i := range body {
		body[i] = byte(rnd.Uint32())
	}
	b := start(t, o)
	if err := b.Hold(t.Context(), document.Held{Name: "site", Body: body}); err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	raw, err := os.ReadFile(filepath.Join(o.Dir, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	page := int(binary.BigEndian.Uint16(raw[16:]))
	o.Dir = memory(t)
	pages := 0
	for begin := page; begin < len(raw); begin += page {
		if !holdsPieceOf(raw[begin:begin+page], body) {
			continue
		}
		pages++
		for i := 0; i < page; i++ {
			if i >= 16 {
				i += rnd.IntN(200)
			}
			heldThough(t, o, raw, begin+min(i, page-1), byte(1+rnd.IntN(255)), document.Held{Name: "site", Body: body})
		}
	}
	if least := 2 * (len(body) / page); pages < least {
		t.Errorf("two copies are on %d pages, want at least %d", pages, least)
	}
}

// heldThough opens the database raw with the byte there changed by that, and
// demands the document of it.
func heldThough(t *testing.T, o store.Options, raw []byte, at int, by byte, want document.Held) {
	t.Helper()
	bad := bytes.Clone(raw)
	bad[at] ^= by
	if err := lay(o.Dir, map[string][]byte{"gated.db": bad}); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Errorf("byte %d changed by %#x: %v", at, by, err)
		return
	}
	if got, ok := s.Held(want.Name); !ok || !bytes.Equal(got, want.Body) {
		t.Errorf("byte %d changed by %#x: %d bytes, %t", at, by, len(got), ok)
	}
	if err := s.Close(); err != nil {
		t.Errorf("byte %d changed by %#x: close: %v", at, by, err)
	}
}

// holdsPieceOf is whether 64 bytes of body from a multiple of 64 on lie in b.
func holdsPieceOf(b, body []byte) bool {
	for piece := range slices.Chunk(body, 64) {
		if bytes.Contains(b, piece) {
			return true
		}
	}
	return false
}
