package verify_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// vectors is where the vectors lie.
const vectors = "testdata/vectors"

// beyondVectors are the reasons that no vector can give, and why.
var beyondVectors = map[gate.Reason]string{
	gate.Noise: "It is the scanner's word for what it could not frame: there is no code.",
}

// TestVectors runs every vector through the judge and the documents' own checks.
// At least 150 cases are there, and every reason that a code and documents can
// come to.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob(vectors + "/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases, reached := 0, map[gate.Reason]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifytest.ReadVector(string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, s := range v.Scans {
			reached[s.Want]++
		}
		cases++
		if !v.Sequence {
			cases += len(v.Scans) - 1
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runVector(t, v) })
	}
	if len(files) < 150 {
		t.Errorf("%d vectors, want at least 150", len(files))
	}
	for _, r := range gate.Reasons() {
		if _, beyond := beyondVectors[r]; beyond == (reached[r] > 0) {
			t.Errorf("%s: %d vectors", r, reached[r])
		}
	}
	t.Logf("%d files, %d cases, %d reasons", len(files), cases, len(reached))
}

// runVector shows the codes of a file, to one box or to a box each.
func runVector(t *testing.T, v verifytest.Vector) {
	if !v.Sequence {
		for _, s := range v.Scans {
			if s.Name == "" {
				newVectorBox(t, v, s.At).scan(t, s)
				return
			}
			t.Run(s.Name, func(t *testing.T) { newVectorBox(t, v, s.At).scan(t, s) })
		}
		return
	}
	b := newVectorBox(t, v, v.Scans[0].At)
	for _, s := range v.Scans {
		b.scan(t, s)
	}
}

// vectorBox is a gate box that a vector is shown to.
type vectorBox struct {
	*verify.Verifier
	box   verify.Box
	roots trust.Roots
	docs  *verify.Documents
	state gate.ClockState
	door  gate.DoorState
	from  gate.Source
	first int64 // unix seconds at which it began
	at    int64 // and now
}

func newVectorBox(t *testing.T, v verifytest.Vector, at int64) *vectorBox {
	t.Helper()
	b := &vectorBox{
		box: verify.Box{ID: verifytest.GateID, Site: v.Site}, docs: &verify.Documents{}, state: v.Clock, first: at, at: at,
		door: gate.DoorState{Refuse: v.Door}, from: v.Source,
	}
	b.Verifier = verify.New(b.box, b.now)
	if len(v.Documents) == 0 {
		b.deliver(t, v)
		return b
	}
	text, err := os.ReadFile(vectors + "/documents/roots")
	if err != nil {
		t.Fatal(err)
	}
	if b.roots, err = trust.ParseRoots([]string{strings.TrimSpace(string(text))}, 1); err != nil {
		t.Fatal(err)
	}
	b.accept(t, v.Documents)
	if b.docs.Site != nil {
		if g, _ := b.docs.Site.Gate(b.box.ID); g.Tag != v.Tag {
			t.Errorf("the site document gives it tag %d", g.Tag)
		}
	}
	return b
}

// now is one reading of all clocks: the boot clock goes with the wall's.
func (b *vectorBox) now() gate.Moment {
	return gate.Moment{
		Time: time.Unix(b.at, 0).UTC(), State: b.state, Up: time.Hour + time.Duration(b.at-b.first)*time.Second, Boot: "boot", Start: 1,
	}
}

// deliver gives it the documents that the README describes for a vector without
// documents.
func (b *vectorBox) deliver(t *testing.T, v verifytest.Vector) {
	t.Helper()
	w := verifytest.New(t)
	w.Box, w.Site.Site, w.At, w.Site.Gates = b.box, v.Site, b.at, nil
	w.Trust.Keys, w.Site.Keys = nil, nil
	if v.Tag != 0 {
		w.Site.Gates = []trust.GateJSON{{ID: b.box.ID, Tag: v.Tag}}
	}
	for kid, public := range v.Keys {
		k := trust.KeyJSON{
			Kid: kid, Algorithm: "ed25519", Key: base64.StdEncoding.EncodeToString(public), State: "active",
			NotAfter: 1<<53 - 1, MaxBearerTTL: 655350, MaxBoundTTL: 655350,
		}
		if kid > 32767 {
			w.Site.Keys = append(w.Site.Keys, k)
			continue
		}
		k.Issuer, k.Sites = verifytest.Issuer, []string{"*"}
		w.Trust.Keys = append(w.Trust.Keys, k)
	}
	b.docs = w.Deliver(b.docs, b.now())
	b.Enforce(b.docs)
}

// accept offers documents to the box, as a wire would.
func (b *vectorBox) accept(t *testing.T, docs []verifytest.VectorDocument) {
	t.Helper()
	for _, d := range docs {
		raw, err := os.ReadFile(filepath.Join(vectors, "documents", d.Name))
		if err != nil {
			t.Fatal(err)
		}
		o, err := b.docs.Accept(raw, b.roots, b.box, b.now())
		if (err != nil) != d.Refused {
			t.Fatalf("document %s: %v, refused should be %v", d.Name, err, d.Refused)
		}
		if err == nil {
			b.docs = o.Next
			b.Enforce(b.docs)
		}
	}
}

// scan holds the code to the scanner at its time, with the documents that came
// before it. It asks first why the code would come to what it does.
func (b *vectorBox) scan(t *testing.T, s verifytest.VectorScan) {
	t.Helper()
	b.at = s.At
	b.accept(t, s.Documents)
	why := b.Explain(s.Code, s.Lane, b.now())
	d := b.Judge(gate.Scan{Code: s.Code, Source: b.from}, s.Lane, b.door)
	if d.Reason != s.Want || d.Verdict != s.Want.Verdict() || d.Entrance != s.Entrance {
		t.Errorf("%s at %d, lane %s: %s, %s/%s, want %s/%s", s.Name, s.At, s.Lane.Name, d.Verdict, d.Reason, d.Entrance, s.Want, s.Entrance)
	}
	// Explain knows neither the door nor what lies on the glass, and is asked of
	// codes that somebody holds in his hand.
	if d.Reason != gate.Repeat && b.door.Refuse == "" && b.from == gate.FromScanner && d.Reason != why.Reason {
		t.Errorf("%s: the gate says %s and explain %s", s.Name, d.Reason, why.Reason)
	}
}
