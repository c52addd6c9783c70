package central_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/gate"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/trust"
)

const (
	site   = 1001
	kid    = 257
	gateID = "east-1"
)

// world is a network with one issuer, key, site and gate, and a clock that the
// test turns.
type world struct {
	*central.Central
	dir  string
	gate note.Signer

	mu  sync.Mutex
	now time.Time // guarded by mu while a server runs
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now.IsZero() {
		return time.Now()
	}
	return w.now
}

// turn turns the clock while a server runs.
func (w *world) turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// newWorld makes the network. Without now the clock is the real one, or that of
// the synctest bubble.
func newWorld(t testing.TB, now time.Time) *world {
	t.Helper()
	w := &world{dir: filepath.Join(t.TempDir(), "central"), now: now}
	o := central.Options{Dir: w.dir, Now: w.clock}
	must(t, central.Init(t.Context(), o))
	var err error
	w.Central, err = central.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { w.Close() })
	must(t, w.AddIssuer(t.Context(), 1, "Swift"))
	must(t, w.AddKey(t.Context(), central.Key{
		Kid: kid, Issuer: 1, Sites: []string{"*"}, MaxBearerTTL: 15 * time.Minute, MaxBoundTTL: 168 * time.Hour, Life: 30 * 24 * time.Hour,
	}))
	must(t, w.SetSite(t.Context(), central.Site{Number: site, Name: "Guanggu", Zone: "Asia/Shanghai"}))
	var key string
	w.gate, key = newKey(t, gateID)
	tag, err := w.AddGate(t.Context(), gateID, site, key)
	must(t, err)
	if tag != 1 {
		t.Fatalf("tag of the first gate: %d", tag)
	}
	return w
}

// afternoon is a time to begin with.
func afternoon() time.Time { return time.Unix(1_800_000_000, 0) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, not one that wraps %v", err, want)
	}
}

func newKey(t testing.TB, name string) (note.Signer, string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	must(t, err)
	s, err := note.NewSigner(private)
	must(t, err)
	return s, public
}

// box is a gate box as far as documents go: it believes what verify believes.
type box struct {
	docs  *verify.Documents
	roots trust.Roots
	at    time.Time
}

func newBox(t testing.TB, w *world) *box {
	t.Helper()
	keys, threshold, err := w.Roots(t.Context())
	must(t, err)
	roots, err := trust.ParseRoots(keys, threshold)
	must(t, err)
	return &box{docs: &verify.Documents{}, roots: roots, at: w.clock()}
}

// offer hands the box a document, as its broker would, and returns what it said.
func (b *box) offer(t testing.TB, raw []byte) error {
	t.Helper()
	moment := gate.Moment{Time: b.at, State: gate.ClockSynced, Boot: "boot", Start: 1}
	o, err := b.docs.Accept(raw, b.roots, verify.Box{ID: gateID, Site: site}, moment)
	if o.Alarm.EN != "" {
		t.Errorf("alarm at the box: %s", o.Alarm)
	}
	b.docs = o.Next
	switch {
	case err == nil, errors.Is(err, verify.ErrKnown), errors.Is(err, verify.ErrRefused), errors.Is(err, document.ErrUnsigned):
		return err
	}
	t.Fatalf("the box cannot read a document: %v", err)
	return nil
}

// hears puts what a fake broker retains before the box, over and over, until
// nothing is new.
func (b *box) hears(t testing.TB, documents [][]byte) {
	t.Helper()
	for range 20 {
		news := false
		for _, raw := range documents {
			news = b.offer(t, raw) == nil || news
		}
		if !news {
			return
		}
	}
	t.Fatal("the box does not come to rest")
}
