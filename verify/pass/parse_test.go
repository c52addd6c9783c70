package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gated/verify/pass"
)

// The worked examples of PROTOCOL 1.1 and 1.2.
const (
	bearerCode = "G1:AEAQCAAAAPUQAAAAAFVUTUQAABNACAAAAAVAALZLIQMDV4TSVWQL6ICQZEIRZXQ2YUJZTQYLHFW3A73SFLE7XFOC2447KMBPZ7NBGR6NY4QAKBLHYB3T7FMIUT3JM4CLAESBUVVIB4"
	boundCode  = "G1:AIAQCAAAAPUQAAAAAJVUTUQAEHABAAAAAAVCTLF24FA3ZSXQWIXBVFGTJUF4ONQ6KJWQX7QSZCLZJPETEKLG3VZWCTNPYLAJXY2GBU6AH6DQWBC53BCMHVWZDVG2XA5JQDOPPXTELF75CM5BTH32TSG26FVABYFPSJ6DK6W6ECPXGLHMQ2XDHHXIBUWQ622J2RMGWBO22SLCFBLZJIQ42UNB3NDLQJPZPFJJP7Y42PQ6V27UJ5CKX2Z737TK2666CTMAAKGFKR6Q2PIJXEU3STBZ7WHHBL2SZGSV4LDQAY"
)

var (
	issuerKey = seed(0x00).Public().(ed25519.PublicKey)
	holderKey = seed(0x20).Public().(ed25519.PublicKey)

	bearerHeader = pass.Header{Type: pass.Bearer, Kid: 257, Site: 1001, Serial: 1, NotBefore: 1800000000, TTL: 90, Direction: pass.In, Rider: 42}
	boundHeader  = pass.Header{Type: pass.Bound, Kid: 257, Site: 1001, Serial: 2, NotBefore: 1800000000, TTL: 8640, Window: 1, Rider: 42}
)

// body is the bytes of a worked example, to be changed at will.
func body(t testing.TB, code string) []byte {
	t.Helper()
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimPrefix(code, "G1:"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWorkedExamplesParse(t *testing.T) {
	p, err := pass.Parse(bearerCode)
	if diff := cmp.Diff(pass.Pass{Header: bearerHeader}, p, cmpopts.IgnoreUnexported(pass.Pass{})); diff != "" || err != nil {
		t.Errorf("bearer: error %v, (-want +got):\n%s", err, diff)
	}
	holder, _ := hex.DecodeString("29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7")
	p, err = pass.Parse(boundCode)
	want := pass.Pass{Header: boundHeader, Holder: holder, ShownAt: 1800000600}
	if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(pass.Pass{})); diff != "" || err != nil {
		t.Errorf("bound: error %v, (-want +got):\n%s", err, diff)
	}
	if len(bearerCode) != 141 || len(boundCode) != 301 {
		t.Errorf("codes have %d and %d characters, want 141 and 301", len(bearerCode), len(boundCode))
	}
}

func TestEveryFieldAtItsEdges(t *testing.T) {
	var edges []pass.Header
	for _, base := range []pass.Header{bearerHeader, boundHeader} {
		for _, change := range []func(h *pass.Header){
			func(h *pass.Header) { h.Kid = 0 },
			func(h *pass.Header) { h.Kid = math.MaxUint16 },
			func(h *pass.Header) { h.Site = 0 },
			func(h *pass.Header) { h.Site = pass.EverySite },
			func(h *pass.Header) { h.Serial = 0 },
			func(h *pass.Header) { h.Serial = math.MaxUint32 },
			func(h *pass.Header) { h.NotBefore = 0 },
			func(h *pass.Header) { h.NotBefore, h.TTL = math.MaxUint32, math.MaxUint16 },
			func(h *pass.Header) { h.TTL = 1 },
			func(h *pass.Header) { h.Direction = pass.Both },
			func(h *pass.Header) { h.Direction = pass.Out },
			func(h *pass.Header) { h.Rider = 0 },
			func(h *pass.Header) { h.Rider = math.MaxUint32 },
			func(h *pass.Header) { h.Unlimited = h.Type == pass.Bearer },
			func(h *pass.Header) { h.Window = 3 * uint8(h.Type-pass.Bearer) },
		} {
			h := base
			change(&h)
			edges = append(edges, h)
		}
	}
	for _, h := range edges {
		code := sign(t, h)
		p, err := pass.Parse(code)
		if err != nil {
			t.Errorf("%+v: %v", h, err)
			continue
		}
		if diff := cmp.Diff(h, p.Header); diff != "" {
			t.Errorf("header (-signed +parsed):\n%s", diff)
		}
		if !p.IssuerSigned(issuerKey) || p.Respell() != code {
			t.Errorf("%+v: not signed, or spelt otherwise", h)
		}
	}
}

// sign makes a code of either type with the keys of the worked examples.
func sign(t testing.TB, h pass.Header) string {
	t.Helper()
	var code string
	var err error
	if h.Type == pass.Bearer {
		code, err = pass.SignBearer(h, seed(0))
	} else {
		var c pass.Credential
		if c, err = pass.SignCredential(h, holderKey, seed(0)); err == nil {
			code, err = c.Show(1800000600, 1001, 3, seed(0x20))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestEndAndWindow(t *testing.T) {
	h := pass.Header{NotBefore: math.MaxUint32, TTL: math.MaxUint16}
	if got, want := h.End(), int64(4294967295+655350); got != want {
		t.Errorf("end %d, want %d", got, want)
	}
	for w, want := range []int64{15, 30, 60, 120} {
		if got := (pass.Header{Window: uint8(w)}).WindowSeconds(); got != want {
			t.Errorf("window %d is %d s, want %d", w, got, want)
		}
	}
}

func TestEveryFlagByte(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		b := body(t, code)
		useless := byte(0b0011_0000) // window of a bearer pass
		if pass.Type(b[0]) == pass.Bound {
			useless = 0b0000_0100 // uses of a bound one
		}
		for f := range 256 {
			b[17] = byte(f)
			want := b[17]&(0b1100_1000|useless) == 0 && b[17]&3 != 3
			_, err := pass.Parse(pass.Encode(b))
			if (err == nil) != want || err != nil && !errors.Is(err, pass.ErrMalformed) {
				t.Errorf("type %d, flags %08b: %v, want well formed: %v", b[0], f, err, want)
			}
		}
	}
}

func TestTTLOfZeroIsMalformed(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		b := body(t, code)
		b[15], b[16] = 0, 0
		if _, err := pass.Parse(pass.Encode(b)); !errors.Is(err, pass.ErrMalformed) {
			t.Errorf("type %d: %v, want malformed", b[0], err)
		}
	}
}

func TestEveryLengthOfEveryType(t *testing.T) {
	for typ := range 256 {
		for n := range 513 {
			b := make([]byte, n)
			if n > 0 {
				b[0] = byte(typ)
			}
			if n > 16 {
				b[16] = 1 // a ttl
			}
			code := pass.Encode(b)
			want := pass.ErrMalformed
			switch {
			case len(code) > 512 || n == 0:
			case typ == 1 && n == 86, typ == 2 && n == 186:
				want = nil
			case typ == 3 && n == 187, typ == 4:
				want = pass.ErrUnsupported
			}
			if _, err := pass.Parse(code); !errors.Is(err, want) {
				t.Fatalf("type %d, %d bytes: %v, want %v", typ, n, err, want)
			}
		}
	}
}

func TestEveryLengthOfText(t *testing.T) {
	for _, whole := range []string{bearerCode + strings.Repeat("A", 400), boundCode + strings.Repeat("A", 300), strings.Repeat("G1:", 200)} {
		for n := range 540 {
			code := whole[:n]
			_, err := pass.Parse(code)
			if good := code == bearerCode || code == boundCode; (err == nil) != good || !good && !errors.Is(err, pass.ErrMalformed) {
				t.Errorf("%d characters: %v", n, err)
			}
		}
	}
}

func TestLookAlikesAreMalformed(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		text := code[3:]
		last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text[len(text)-1])
		alike := map[string]string{
			"lower case":            "G1:" + strings.ToLower(text),
			"lower case prefix":     "g1:" + text,
			"one lower case":        "G1:a" + text[1:],
			"padded":                "G1:" + base32.StdEncoding.EncodeToString(body(t, code)),
			"one = at the end":      code + "=",
			"stray bits":            code[:len(code)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last|1]),
			"space before":          " " + code,
			"space after":           code + " ",
			"space inside":          code[:50] + " " + code[50:],
			"CR after":              code + "\r",
			"LF after":              code + "\n",
			"CRLF inside":           code[:50] + "\r\n" + code[50:],
			"LF after the prefix":   "G1:\n" + text,
			"NUL after":             code + "\x00",
			"another prefix":        "G2:" + text,
			"no prefix":             text,
			"prefix twice":          "G1:" + code,
			"base64":                "G1:" + base64.StdEncoding.EncodeToString(body(t, code)),
			"base64url":             "G1:" + base64.RawURLEncoding.EncodeToString(body(t, code)),
			"base32hex":             "G1:" + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(body(t, code)),
			"hexadecimal":           "G1:" + strings.ToUpper(hex.EncodeToString(body(t, code))),
			"zero for O, one for I": strings.NewReplacer("O", "0", "I", "1").Replace(code),
			"full-width prefix":     "Ｇ１：" + text,
			"byte order mark":       "\ufeff" + code,
			"twice":                 code + text,
			"one character more":    code + "A",
			"one character less":    code[:len(code)-1],
		}
		for name, c := range alike {
			if c == code {
				t.Errorf("%s: the look-alike is the code itself", name)
			}
			if _, err := pass.Parse(c); !errors.Is(err, pass.ErrMalformed) {
				t.Errorf("%s: %v, want malformed", name, err)
			}
		}
	}
}

func TestEveryOtherCharacterIsMalformed(t *testing.T) {
	for _, at := range []int{0, 1, 2, 3, 77, 140} {
		for c := range 256 {
			code := []byte(bearerCode)
			if code[at] == byte(c) {
				continue
			}
			code[at] = byte(c)
			p, err := pass.Parse(string(code))
			if err == nil && p.IssuerSigned(issuerKey) {
				t.Errorf("character %d may be %q as well", at, byte(c))
			}
		}
	}
}

func TestParseAllocatesOnceAndLittle(t *testing.T) {
	for name, code := range map[string]string{
		"bearer": bearerCode, "bound": boundCode, "a megabyte": "G1:" + strings.Repeat("A", 1<<20), "noise": strings.Repeat("\xff", 512),
	} {
		// One for the body, and two for the words of an error.
		if n := testing.AllocsPerRun(100, func() { _, _ = pass.Parse(code) }); n > 3 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = pass.Parse(boundCode) }); n != 1 {
		t.Errorf("a good code takes %v allocations, want 1", n)
	}
}

func TestHolderCannotGrowIntoTheSignature(t *testing.T) {
	p, err := pass.Parse(boundCode)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(p.Holder, bytes.Repeat([]byte{0}, 64)...)
	if !p.IssuerSigned(issuerKey) {
		t.Error("appending to Holder overwrote what the issuer signed")
	}
}

func TestPrintingAPassGivesNothingAway(t *testing.T) {
	p, err := pass.Parse(bearerCode)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%s"} {
		if got := fmt.Sprintf(format, p); got != "pass 257/1" {
			t.Errorf("%s prints %q", format, got)
		}
	}
}
