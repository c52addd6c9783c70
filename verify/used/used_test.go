package used_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/used"
)

// vector is one note to the byte, by the gate with the seed 60 61 … 7f: the one
// whose checkpoint stands in docs/protocol.md.
const vector = `gated/v1/used
{"site":1001,"gate":"guanggu-huijing-east","kid":257,"serial":2,"direction":"in","shown_at":1800000600,"until":1800001470}

`

const signature = "— guanggu-huijing-east 36dmbPxY6wBliemNTSD6TjQbcwHxftBeYGKjjfj3ucRJGumnOmV/9YsrOEBnmqZ2eiYstoRMSy2ob2weme45ZwBvxwo=\n"

func signer(t *testing.T) note.Signer {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(0x60 + i)
	}
	key := ed25519.NewKeyFromSeed(seed)
	public, err := note.NewEd25519VerifierKey("guanggu-huijing-east", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := public[len("guanggu-huijing-east")+1:][:8]
	s, err := note.NewSigner("PRIVATE+KEY+guanggu-huijing-east+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestANoteReadsBackToTheByte(t *testing.T) {
	j := used.JSON{
		Site: 1001, Gate: "guanggu-huijing-east", Kid: 257, Serial: 2, Direction: gate.In, ShownAt: 1800000600, Until: 1800001470,
	}
	raw, err := document.Sign(document.Used, j, signer(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != vector+signature {
		t.Errorf("the note is\n%s", raw)
	}
	doc, err := document.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := used.Parse(doc); err != nil || got != j {
		t.Errorf("read back as %+v: %v", got, err)
	}
}

func TestNotesOfNoShape(t *testing.T) {
	for name, c := range map[string]struct{ kind, object string }{
		"another type":   {"gated/v1/command", `{"site":1,"gate":"a","kid":1,"serial":1,"direction":"in","shown_at":0,"until":1}`},
		"no until":       {"gated/v1/used", `{"site":1,"gate":"a","kid":1,"serial":1,"direction":"in","shown_at":0}`},
		"no shown_at":    {"gated/v1/used", `{"site":1,"gate":"a","kid":1,"serial":1,"direction":"in","until":1}`},
		"both ways":      {"gated/v1/used", `{"site":1,"gate":"a","kid":1,"serial":1,"direction":"both","shown_at":0,"until":1}`},
		"a kid too high": {"gated/v1/used", `{"site":1,"gate":"a","kid":65536,"serial":1,"direction":"in","shown_at":0,"until":1}`},
	} {
		doc := document.Document{Type: document.Type(c.kind), JSON: []byte(c.object)}
		if j, err := used.Parse(doc); !errors.Is(err, document.ErrMalformed) || j != (used.JSON{}) {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
}

func TestAGateTellsForAsLongAsTheVectorSays(t *testing.T) {
	doc, err := document.Parse([]byte(vector + signature))
	if err != nil {
		t.Fatal(err)
	}
	j, err := used.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	if tells := j.Until - int64(j.ShownAt); tells != used.TellFor {
		t.Errorf("the vector's end is %d s ahead, a gate's %d", tells, used.TellFor)
	}
}
