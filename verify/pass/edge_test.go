package pass_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/verify/pass"
)

// edgeCase is one vector of filippo.io/mostly-harmless/ed25519vectors: every
// combination of points of small order, with a part of small order, and spelt
// otherwise, as key and as first half of a signature.
type edgeCase struct {
	A, R, S, M string
	Flags      []string
}

func (e edgeCase) has(flag string) bool { return slices.Contains(e.Flags, flag) }

// TestEdgeCasesOfEd25519 pins what our verifier makes of each: which signatures
// hold, and which keys CheckKey refuses. Go promises neither for ever.
func TestEdgeCasesOfEd25519(t *testing.T) {
	var cases []edgeCase
	load(t, &cases, "filippo.io/mostly-harmless/ed25519vectors@v0.0.0-20210322192420-30a2d7243a94",
		"h1:oHn3iEYQCHVcHLEqtzCSizBZcnOSFk61oo8tKsbNrqI=", "ed25519vectors.json")

	got := map[string]int{"vectors": len(cases)}
	for i, c := range cases {
		key := unhex(t, c.A)
		// A signature is compared with the one that the equation without cofactor
		// gives, so a remainder of small order and another spelling both fail.
		holds := !c.has("LowOrderResidue") && !c.has("NonCanonicalR")
		if ed25519.Verify(key, []byte(c.M), unhex(t, c.R+c.S)) != holds {
			t.Errorf("#%d %v: the signature holds: %v", i, c.Flags, !holds)
		}
		// A key with a part of small order is its owner's own affair: nobody else
		// can sign for it.
		weak := c.has("LowOrderA") || c.has("NonCanonicalA")
		if refused := pass.CheckKey(key) != nil; refused != weak {
			t.Errorf("#%d %v: the key is refused: %v", i, c.Flags, refused)
		}
		count(got, "signatures that hold", holds)
		count(got, "keys refused", weak)
		count(got, "signatures that hold under a key that is not refused", holds && !weak)
	}
	pinned(t, got, map[string]int{
		"vectors": 768, "signatures that hold": 198, "keys refused": 468,
		"signatures that hold under a key that is not refused": 86,
	})
}

// wycheproof is Project Wycheproof's file on Ed25519, as far as we read it.
type wycheproof struct {
	NumberOfTests int
	TestGroups    []struct {
		PublicKey struct{ PK string }
		Tests     []struct {
			TCID             int
			Comment          string
			Msg, Sig, Result string
		}
	}
}

// TestWycheproofEd25519 asks of each vector what it is said to be. Its keys are
// all such as an issuer may have.
func TestWycheproofEd25519(t *testing.T) {
	var file wycheproof
	load(t, &file, "github.com/C2SP/wycheproof@v0.0.0-20250901140545-b51abcfb8daf",
		"h1:5BKKVVVj676FUWirLcouEEL6GCYR9X0opkMlEUck8FY=", "testvectors_v1/ed25519_test.json")

	got := map[string]int{"vectors, as the file says": file.NumberOfTests}
	for _, g := range file.TestGroups {
		key := unhex(t, g.PublicKey.PK)
		weak := pass.CheckKey(key) != nil
		count(got, "keys", true)
		count(got, "keys refused", weak)
		for _, c := range g.Tests {
			if c.Result != "valid" && c.Result != "invalid" {
				t.Errorf("%d: result %q is new to us", c.TCID, c.Result)
			}
			holds := ed25519.Verify(key, unhex(t, c.Msg), unhex(t, c.Sig))
			if holds != (c.Result == "valid") {
				t.Errorf("%d (%s): the signature holds: %v", c.TCID, c.Comment, holds)
			}
			count(got, "vectors", true)
			count(got, "signatures that hold", holds)
		}
	}
	pinned(t, got, map[string]int{
		"vectors": 150, "vectors, as the file says": 150, "signatures that hold": 88,
		"keys": 77, "keys refused": 0,
	})
}

// count adds one to what, if so. It makes the line at 0 too, so that pinned sees it.
func count(in map[string]int, what string, so bool) {
	in[what] += 0
	if so {
		in[what]++
	}
}

// pinned compares the numbers of what was seen with those that were there when
// the test was written: a file that has become empty is no success.
func pinned(t *testing.T, got, want map[string]int) {
	t.Helper()
	for what, n := range want {
		if got[what] != n {
			t.Errorf("%s: %d, want %d", what, got[what], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d numbers, want %d: %v", len(got), len(want), got)
	}
}

// load reads a JSON file out of a Go module that cannot be required (one is a
// program, the other's go.mod gives another path), as Go's own tests of crypto
// do. Sum is that of the module's content. Without a network, and with the module
// not in the cache, the test is skipped, or fails if GATED_MUST_RUN, a list with
// commas, names the part.
func load(t *testing.T, into any, module, sum, file string) {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir() // in a module it would write the sum into that module's go.sum
	out, err := cmd.Output()
	var got struct{ Dir, Sum, Error string }
	if e := json.Unmarshal(out, &got); e != nil || err != nil || got.Error != "" {
		if slices.Contains(strings.Split(os.Getenv("GATED_MUST_RUN"), ","), "wycheproof") {
			t.Fatalf("no %s here, and GATED_MUST_RUN wants it: %v %v", module, err, got.Error)
		}
		t.Skipf("no %s here: %v %v", module, err, got.Error)
	}
	if got.Sum != sum {
		t.Fatalf("%s has sum %s, want %s", module, got.Sum, sum)
	}
	b, err := os.ReadFile(filepath.Join(got.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
