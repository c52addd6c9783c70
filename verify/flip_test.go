package verify_test

import (
	"encoding/base32"
	"testing"

	"gated/gate"
	"gated/verify/verifytest"
)

// coding is the base32 of codes.
var coding = base32.StdEncoding.WithPadding(base32.NoPadding)

func TestNoFlippedBitIsAdmitted(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]func(*scene) string{
		"bearer": func(s *scene) string { return s.bearer() },
		"bound":  func(s *scene) string { return s.phone().Show(s.now(), verifytest.Tag) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			good := code(s)
			body, err := coding.DecodeString(good[3:])
			if err != nil {
				t.Fatal(err)
			}
			for bit := range len(body) * 8 {
				body[bit/8] ^= 1 << (bit % 8)
				if d := s.scan("G1:"+coding.EncodeToString(body), in); d.Verdict != gate.Refused {
					t.Fatalf("bit %d flipped: %s", bit, d.Reason)
				}
				body[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
}

// FuzzJudge holds anything to the scanner of a box that knows one pass of each
// type: nothing else lets in, nothing panics, and a forger is not named. A lane
// out is not asked: it opens for a credential whatever was drawn with it.
func FuzzJudge(f *testing.F) {
	s := newScene(f)
	bearer, bound := s.bearer(), s.phone().Show(s.now(), verifytest.Tag)
	for _, seed := range []string{"", "G1:", "G1:AAAA", bearer, bound, bearer + "\n", bearer[:80], "https://example.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		for _, l := range []gate.Lane{in, both} {
			d := s.explain(code, l)
			if known := code == bearer || code == bound; known != (d.Verdict == gate.Open) {
				t.Fatalf("lane %s: %s", l.Name, d.Reason)
			}
			if d.Verdict == gate.Refused && d.Person != nil && d.Reason == gate.BadSignature {
				t.Fatalf("named %+v", d.Person)
			}
		}
	})
}
