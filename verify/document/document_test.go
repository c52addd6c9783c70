package document_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/pass"
)

// key makes the signer and the verifier key of a name, always the same, from
// the key pair of seed: two names may share one.
func key(tb testing.TB, name, seed string) (note.Signer, string) {
	tb.Helper()
	sum := sha256.Sum256([]byte(seed))
	private := ed25519.NewKeyFromSeed(sum[:])
	text, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, sum[:]...))
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + text[len(name)+1:len(name)+9] + "+" + secret)
	if err != nil {
		tb.Fatal(err)
	}
	return s, text
}

func parseKey(tb testing.TB, text string) document.Key {
	tb.Helper()
	k, err := document.ParseKey(text)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// signed makes a note of any text.
func signed(tb testing.TB, text string) []byte {
	tb.Helper()
	s, _ := key(tb, "somebody", "somebody")
	raw, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestParseTakesTwoLines(t *testing.T) {
	raw := signed(t, "gated/v1/site\n{\"site\":1001,\"name\":\"光谷\"}\n")
	d, err := document.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if d.Type != document.Site || string(d.JSON) != `{"site":1001,"name":"光谷"}` || !bytes.Equal(d.Raw, raw) {
		t.Errorf("got type %q, JSON %s", d.Type, d.JSON)
	}
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat(`[`, 32) + strings.Repeat(`]`, 32)
	for name, text := range map[string]string{
		"no JSON line":                    "gated/v1/site\n",
		"an empty type":                   "\n{}\n",
		"a third line":                    "gated/v1/site\n{}\n{}\n",
		"an empty third line":             "gated/v1/site\n{}\n\n",
		"an array":                        "gated/v1/site\n[]\n",
		"a string":                        "gated/v1/site\n\"\"\n",
		"two objects":                     "gated/v1/site\n{}{}\n",
		"a trailing comma":                "gated/v1/site\n{\"a\":1,}\n",
		"a comment":                       "gated/v1/site\n{}//\n",
		"something after the object":      "gated/v1/site\n{} x\n",
		"something before the object":     "gated/v1/site\n {}\n",
		"a name twice":                    "gated/v1/site\n{\"a\":1,\"a\":1}\n",
		"a name twice in another case":    "gated/v1/site\n{\"version\":1,\"Version\":2}\n",
		"a name twice, escaped":           "gated/v1/site\n{\"a\":1,\"\\u0061\":2}\n",
		"a name twice, Kelvin sign":       "gated/v1/site\n{\"kid\":1,\"\u212Aid\":2}\n",
		"a name twice in an object below": "gated/v1/site\n{\"x\":[{\"y\":{\"a\":1,\"A\":1}}]}\n",
		"deeper than 32":                  "gated/v1/site\n{\"x\":" + deep + "}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := document.Parse(signed(t, text)); !errors.Is(err, document.ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
	for name, raw := range map[string][]byte{
		"nothing at all":             {},
		"no signature":               []byte("gated/v1/site\n{}\n"),
		"an empty block":             []byte("gated/v1/site\n{}\n\n"),
		"a broken line of signature": []byte("gated/v1/site\n{}\n\n— name AAAA\n"),
		"carriage returns":           bytes.ReplaceAll(signed(t, "gated/v1/site\n{}\n"), []byte("{}\n"), []byte("{}\r\n")),
		"bytes that are no UTF-8":    bytes.Replace(signed(t, "gated/v1/site\n{}\n"), []byte("site"), []byte("s\xffte"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := document.Parse(raw); !errors.Is(err, document.ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
}

func TestParseTakesSameNamesInDifferentObjects(t *testing.T) {
	if _, err := document.Parse(signed(t, "gated/v1/site\n{\"a\":{\"a\":1},\"b\":[{\"a\":\"a\"},{\"a\":2}],\"c\":{}}\n")); err != nil {
		t.Fatal(err)
	}
}

func TestAttackEndlessDocument(t *testing.T) {
	raw := signed(t, "gated/v1/site\n{\"x\":\""+strings.Repeat("x", document.MaxBytes)+"\"}\n")
	if _, err := document.Parse(raw); !errors.Is(err, document.ErrMalformed) {
		t.Fatalf("got %v, want ErrMalformed", err)
	}
	// It is refused unread: what is too long costs nothing.
	if n := testing.AllocsPerRun(10, func() { _, _ = document.Parse(raw) }); n > 10 {
		t.Errorf("%v allocations for what is not to be read", n)
	}
	many := []byte("gated/v1/site\n{}\n\n")
	for i := range 200 {
		s, _ := key(t, fmt.Sprintf("n%d", i), "x")
		one, err := note.Sign(&note.Note{Text: "gated/v1/site\n{}\n"}, s)
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, one[bytes.Index(one, []byte("\n\n"))+2:]...)
	}
	if _, err := document.Parse(many); !errors.Is(err, document.ErrMalformed) {
		t.Errorf("200 signatures: got %v, want ErrMalformed", err)
	}
}

func TestSignedBy(t *testing.T) {
	aSigner, aText := key(t, "a", "a")
	bSigner, bText := key(t, "b", "b")
	_, cText := key(t, "c", "c")
	a, b, c := parseKey(t, aText), parseKey(t, bText), parseKey(t, cText)
	raw, err := document.Sign(document.Site, struct{}{}, aSigner, bSigner)
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.SignedBy(c, b, a); len(got) != 2 || !got[0].Same(b) || !got[1].Same(a) {
		t.Errorf("got %v, want b and a", got)
	}
	if got := d.SignedBy(c); got != nil {
		t.Errorf("got %v, want nobody", got)
	}
	if got := d.SignedBy(document.Key{}); got != nil {
		t.Errorf("the zero key has signed: %v", got)
	}
	d.JSON = []byte(`{"site":1}`) // not what was signed
	if got := d.SignedBy(a); got != nil {
		t.Errorf("a changed document is signed by %v", got)
	}
}

func TestAttackOneKeyUnderTwoNames(t *testing.T) {
	one, oneText := key(t, "one", "same")
	two, twoText := key(t, "two", "same")
	raw, err := document.Sign(document.Trust, struct{}{}, one, two)
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.SignedBy(parseKey(t, oneText), parseKey(t, twoText)); len(got) != 1 {
		t.Errorf("one key counts %d times", len(got))
	}
}

func TestAttackArbitraryContent(t *testing.T) {
	s, text := key(t, "a", "a")
	raw, err := document.Sign(document.Heartbeat, map[string]int{"seq": 1}, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		d, err := document.Parse(changed)
		if err != nil {
			continue
		}
		if by := d.SignedBy(parseKey(t, text)); by != nil && !bytes.Equal(d.JSON, []byte(`{"seq":1}`)) {
			t.Fatalf("byte %d changed, and still signed: %q", i, changed)
		}
	}
}

func TestAWrongSignatureDoesNotHideATrueOne(t *testing.T) {
	s, text := key(t, "a", "a")
	raw, err := document.Sign(document.Heartbeat, map[string]int{"seq": 1}, s)
	if err != nil {
		t.Fatal(err)
	}
	_, other := key(t, "b", "b")
	bad := append(bytes.Clone(raw), []byte("— b "+base64.StdEncoding.EncodeToString(append(hash(t, other), make([]byte, 64)...))+"\n")...)
	d, err := document.Parse(bad)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.SignedBy(parseKey(t, text), parseKey(t, other)); len(got) != 1 || got[0].Name != "a" {
		t.Errorf("got %v, want a alone", got)
	}
}

// hash is the four bytes with which a signature names its key.
func hash(tb testing.TB, text string) []byte {
	tb.Helper()
	var b []byte
	if _, err := fmt.Sscanf(strings.Split(text, "+")[1], "%x", &b); err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestSignRefuses(t *testing.T) {
	s, _ := key(t, "a", "a")
	if _, err := document.Sign(document.Site, struct{}{}); err == nil {
		t.Error("signed by nobody")
	}
	if _, err := document.Sign(document.Site, []int{1}, s); !errors.Is(err, document.ErrMalformed) {
		t.Errorf("an array: got %v, want ErrMalformed", err)
	}
	if _, err := document.Sign(document.Site, map[string]string{"x": strings.Repeat("x", 1<<20)}, s); !errors.Is(err, document.ErrMalformed) {
		t.Errorf("over 1 MiB: got %v, want ErrMalformed", err)
	}
	if _, err := document.Sign(document.Site, func() {}, s); err == nil {
		t.Error("signed what has no JSON")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	_, good := key(t, "name", "seed")
	parts := strings.SplitN(good, "+", 3)
	named := func(public []byte) string {
		text, err := note.NewEd25519VerifierKey("name", public)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ecdsa := append([]byte{2}, make([]byte, 32)...)
	other := sha256.Sum256(append([]byte("name\n"), ecdsa...))
	one := make([]byte, 32)
	one[0] = 1 // the identity, of order 1
	unreduced := bytes.Repeat([]byte{0xff}, 32)
	unreduced[31] = 0x7f // 2^255-1, above the prime
	for name, tt := range map[string]struct {
		text string
		weak bool
	}{
		"nothing":               {text: ""},
		"another hash":          {text: parts[0] + "+00000000+" + parts[2]},
		"a hash in upper case":  {text: parts[0] + "+" + strings.ToUpper(parts[1]) + "+" + parts[2]},
		"another algorithm":     {text: fmt.Sprintf("name+%x+%s", other[:4], base64.StdEncoding.EncodeToString(ecdsa))},
		"a line break inside":   {text: parts[0] + "+" + parts[1] + "+" + parts[2][:8] + "\n" + parts[2][8:]},
		"small order":           {text: named(one), weak: true},
		"not its own encoding":  {text: named(unreduced), weak: true},
		"no point of the curve": {text: named(append([]byte{2}, make([]byte, 31)...)), weak: true},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := document.ParseKey(tt.text)
			if err == nil {
				t.Fatalf("accepted as %v", k)
			}
			if errors.Is(err, pass.ErrWeakKey) != tt.weak {
				t.Errorf("got %v, weak %t", err, tt.weak)
			}
		})
	}
	if k := parseKey(t, good); k.Name != "name" || k.Text != good {
		t.Errorf("got %v", k)
	}
}
