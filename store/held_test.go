package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
)

func TestHeldDocuments(t *testing.T) {
	o := options(t)
	b := start(t, o)
	large := make([]byte, 300<<10)
	docs := []document.Held{{Name: "trust", Body: []byte("t1")}, {Name: "revocation", Body: large}, {Name: "empty"}}
	if err := b.Hold(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("t2")}); err != nil {
		t.Fatal(err)
	}
	b.Carry(document.Held{Name: "floor", Body: []byte("f1")}, document.Held{Name: "heartbeat", Body: []byte("h1")})
	b.Carry(document.Held{Name: "heartbeat", Body: []byte("h2")})
	b.commit(t, door(gate.RelayOn))
	if h, ok := b.Held("heartbeat"); !ok || string(h) != "h2" {
		t.Errorf("carried with a commit: %q %v", h, ok)
	}
	b.Carry(document.Held{Name: "floor", Body: []byte("f2")}, document.Held{Name: "trust", Body: []byte("old")})
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("t3")}); err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)

	b = start(t, o)
	for name, want := range map[string]string{"trust": "t3", "revocation": string(large), "empty": "", "heartbeat": "h2", "floor": "f2"} {
		if got, ok := b.Held(name); !ok || string(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), ok)
		}
	}
	if _, ok := b.Held("none"); ok {
		t.Error("holds what was never held")
	}
}

func TestHeldSurvivesAFlippedBitInOneCopy(t *testing.T) {
	for _, damage := range []struct {
		name    string
		queries []string
		ok      bool
	}{
		{"in the first copy", []string{"UPDATE held SET body = x'745f'"}, true},
		{"in the sum of the first copy", []string{"UPDATE held SET sum = zeroblob(32)"}, true},
		{"in the second copy", []string{"UPDATE spare SET body = x'745f'"}, true},
		{"the first copy gone", []string{"DELETE FROM held"}, true},
		{"in both", []string{"UPDATE held SET body = x'745f'", "UPDATE spare SET body = x'745f'"}, false},
	} {
		o := options(t)
		b := start(t, o)
		if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("t1")}); err != nil {
			t.Fatal(err)
		}
		b.mustStop(t)
		for _, q := range damage.queries {
			tamper(t, o.Dir, q)
		}
		b = start(t, o)
		if got, ok := b.Held("trust"); ok != damage.ok || ok && string(got) != "t1" {
			t.Errorf("%s: %q %v", damage.name, got, ok)
		}
		if _, err := b.Verify(t.Context(), store.Expect{}); damage.name != "the first copy gone" && !errors.Is(err, store.ErrBroken) {
			t.Errorf("%s: verify says %v", damage.name, err)
		}
		b.mustStop(t)
	}
}

// TestWhatIsKeptOnceHasNoOlderSecondCopy: the copy of the small body that stood
// there before does not come back for it.
func TestWhatIsKeptOnceHasNoOlderSecondCopy(t *testing.T) {
	o := options(t)
	b := start(t, o)
	for _, h := range []document.Held{{Name: "part", Body: []byte("old")}, {Name: "part", Body: []byte("new"), Once: true}} {
		if err := b.Hold(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok := b.Held("part"); !ok || string(got) != "new" {
		t.Errorf("%q %v", got, ok)
	}
	b.mustStop(t)
	tamper(t, o.Dir, "UPDATE held SET body = x'00'")
	b = start(t, o)
	if got, ok := b.Held("part"); ok {
		t.Errorf("damaged, and yet %q", got)
	}
	b.mustStop(t)
}

// TestLogIsFoldedBackWhileNothingHappens waits for the quiet second that Run
// waits for, and then for the file.
func TestLogIsFoldedBackWhileNothingHappens(t *testing.T) {
	o := options(t)
	b := start(t, o)
	body := make([]byte, 3<<20)
	if err := b.Hold(t.Context(), document.Held{Name: "revocation", Body: body}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, "gated.db")
	if n := sizes(t, path); n[0] > int64(len(body)) || n[1] < int64(len(body)) {
		t.Fatalf("file and log are %v bytes right after the commit", n)
	}
	look, deadline := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for sizes(t, path)[0] < int64(len(body)) {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatal("the log was not folded back")
		}
	}
}
