package record_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"gated/verify/record"
)

func key(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	s, v, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(v)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func checkpoint() record.Checkpoint {
	return record.Checkpoint{Origin: record.Origin(1001, "east-1", log1), Size: 3, Root: record.Hash([]byte("x"))}
}

func TestCheckpointIsAC2SPNote(t *testing.T) {
	signer, verifier := key(t, "east-1")
	c := checkpoint()
	msg, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	text := "gated/v1/log/1001/east-1/" + log1 + "\n3\n" + c.Root.String() + "\n\n— east-1 "
	if !strings.HasPrefix(string(msg), text) {
		t.Errorf("note %q, want it to begin with %q", msg, text)
	}
	got, signers, err := record.OpenCheckpoint(msg, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" || len(signers) != 1 {
		t.Errorf("%d signers, %s", len(signers), diff)
	}
	if _, err := note.Open(msg, note.VerifierList(verifier)); err != nil {
		t.Errorf("the note package does not open it: %v", err)
	}
}

func TestOpenCheckpointCountsOnlyTrueSignatures(t *testing.T) {
	gateSigner, gateKey := key(t, "east-1")
	central, centralKey := key(t, "central")
	impostor, _ := key(t, "central")
	_, stranger := key(t, "stranger")
	msg, err := checkpoint().Sign(gateSigner)
	if err != nil {
		t.Fatal(err)
	}
	both, err := record.Cosign(msg, central)
	if err != nil {
		t.Fatal(err)
	}
	if _, signers, err := record.OpenCheckpoint(both, centralKey, stranger, gateKey); err != nil || len(signers) != 2 || signers[0].Name() != "central" {
		t.Errorf("signers %v, %v", signers, err)
	}
	if _, _, err := record.OpenCheckpoint(msg, centralKey); !errors.Is(err, record.ErrUnsigned) {
		t.Errorf("without the cosignature: %v", err)
	}
	forged, err := record.Cosign(msg, impostor)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := record.OpenCheckpoint(forged, centralKey); !errors.Is(err, record.ErrUnsigned) {
		t.Errorf("a cosignature by a key of the same name: %v", err)
	}
	renamed := []byte(strings.Replace(string(both), "— central ", "— centre ", 1))
	if _, _, err := record.OpenCheckpoint(renamed, centralKey); !errors.Is(err, record.ErrUnsigned) {
		t.Errorf("its signature under another name: %v", err)
	}
	changed := []byte(strings.Replace(string(both), "\n3\n", "\n4\n", 1))
	if _, _, err := record.OpenCheckpoint(changed, centralKey, gateKey); !errors.Is(err, record.ErrUnsigned) {
		t.Errorf("another size under the same signatures: %v", err)
	}
}

func TestSignedBy(t *testing.T) {
	signer, _ := key(t, "east-1")
	other, _ := key(t, "east-1")
	central, _ := key(t, "central")
	c := checkpoint()
	msg, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if msg, err = record.Cosign(msg, central); err != nil {
		t.Fatal(err)
	}
	bigger := c
	bigger.Size++
	if !c.SignedBy(msg, signer) || !c.SignedBy(msg, central) || c.SignedBy(msg, other) || bigger.SignedBy(msg, signer) {
		t.Error("SignedBy does not tell our own signature from another")
	}
}

func TestOpenCheckpointRefusesAnotherForm(t *testing.T) {
	signer, verifier := key(t, "east-1")
	root := checkpoint().Root.String()
	origin := checkpoint().Origin
	for name, text := range map[string]string{
		"an extension line":      origin + "\n3\n" + root + "\nmore\n",
		"two lines":              origin + "\n3\n",
		"a size with a zero":     origin + "\n03\n" + root + "\n",
		"a size with a sign":     origin + "\n+3\n" + root + "\n",
		"a size above 2^53-1":    origin + "\n9007199254740992\n" + root + "\n",
		"a root that is short":   origin + "\n3\nAAAA\n",
		"a root with stray bits": origin + "\n3\n" + root[:len(root)-2] + "/=\n",
		"another origin":         "gated/v1/logs/1001/east-1/a\n3\n" + root + "\n",
		"a site with a zero":     "gated/v1/log/01001/east-1/a\n3\n" + root + "\n",
		"a gate in capitals":     "gated/v1/log/1001/East/a\n3\n" + root + "\n",
		"a part too many":        "gated/v1/log/1001/east/a/b\n3\n" + root + "\n",
	} {
		msg, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := record.OpenCheckpoint(msg, verifier); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := record.Cosign(msg, signer); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: cosigned: %v", name, err)
		}
	}
	if _, _, err := record.OpenCheckpoint(nil, verifier); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := (record.Checkpoint{Origin: "x"}).Sign(signer); err == nil {
		t.Error("signed a checkpoint without an origin")
	}
}

func FuzzCheckpoint(f *testing.F) {
	signer, verifier := key(f, "east-1")
	msg, err := checkpoint().Sign(signer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(msg)
	f.Add([]byte("gated/v1/log/1/a/b\n0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _, err := record.OpenCheckpoint(b, verifier)
		if err == nil && c != checkpoint() {
			t.Errorf("opened %q", b)
		}
		if err != nil && !errors.Is(err, record.ErrUnsigned) && !errors.Is(err, record.ErrMalformed) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}
