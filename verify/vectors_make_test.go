package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// update writes the vectors that are made here: go test ./verify -run Vectors -update.
var update = flag.Bool("update", false, "write the vectors and their documents anew")

// vectorNow is a minute after everything in the vectors was issued.
const vectorNow = verifytest.Begin + 60

// The keys of the vectors: PROTOCOL's worked examples, and the property's.
var (
	vectorIssuer   = countingKey(0x00)
	vectorPhone    = countingKey(0x20)
	vectorProperty = countingKey(0x40)
)

func countingKey(first byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = first + byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

// vectorCase is a file to be made. Fields left out are those of most.
type vectorCase struct {
	about string
	want  gate.Reason
	code  string

	at    int64           // vectorNow
	lane  string          // in
	clock gate.ClockState // synced
	door  gate.Reason     // it can open
	from  gate.Source     // scanner
	docs  []string        // none; a name after "!" must be refused
	tag   *uint16         // 3
	site  uint32          // 1001
	kids  []uint16        // 257
	named []namedCode     // instead of code
	scans []string        // instead of code, want, at and lane
}

type namedCode struct{ name, code string }

// text is the file.
func (c vectorCase) text() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, value) }
	line("about", c.about)
	if c.scans == nil {
		line("expect", wireWord(c.want))
		line("time", fmt.Sprint(or(c.at, vectorNow)))
	}
	line("site", fmt.Sprint(or(c.site, verifytest.SiteNumber)))
	line("tag", fmt.Sprint(*or(c.tag, new(uint16(verifytest.Tag)))))
	if c.scans == nil {
		line("lane", or(c.lane, "in"))
	}
	if c.clock != "" {
		line("clock", string(c.clock))
	}
	if c.door != "" {
		line("door", string(c.door))
	}
	if c.from != "" {
		line("source", string(c.from))
	}
	kids := c.kids
	if kids == nil {
		kids = []uint16{verifytest.Kid}
	}
	for _, kid := range kids {
		key := vectorIssuer
		if kid >= 32768 {
			key = vectorProperty
		}
		line("key", fmt.Sprintf("%d %s", kid, hex.EncodeToString(key.Public().(ed25519.PublicKey))))
	}
	for _, d := range c.docs {
		if name, refused := strings.CutPrefix(d, "!"); refused {
			line("refused", name)
			continue
		}
		line("document", d)
	}
	b.WriteString("\n")
	switch {
	case c.scans != nil:
		b.WriteString(strings.Join(c.scans, "\n") + "\n")
	case c.named != nil:
		for _, n := range c.named {
			line("code "+n.name, spelt(n.code))
		}
	default:
		line("code", spelt(c.code))
	}
	return b.String()
}

func or[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// late and noted are what stands in a file for an admission whose record names
// another reason too.
func late(entrance gate.Reason) gate.Reason  { return gate.ExitLate + "/" + entrance }
func noted(entrance gate.Reason) gate.Reason { return "open/" + entrance }

func wireWord(r gate.Reason) string {
	if r == gate.OK || r == "" {
		return "open"
	}
	return string(r)
}

// spelt is a code as it stands in a file: a JSON string if it is not plain text.
func spelt(code string) string {
	plain := code != "" && strings.IndexFunc(code, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) < 0
	if plain {
		return code
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(code); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// scanAt is a line of a sequence.
func scanAt(at int64, lane string, want gate.Reason, code string) string {
	return fmt.Sprintf("scan: %d %s %s %s", at, lane, wireWord(want), spelt(code))
}

// change is a change to the header of most vectors.
type change = func(*pass.Header)

func vectorHeader(changes []change) pass.Header {
	h := pass.Header{Kid: verifytest.Kid, Site: verifytest.SiteNumber, Serial: 1, NotBefore: verifytest.Begin, TTL: 90, Rider: verifytest.Rider}
	for _, c := range changes {
		c(&h)
	}
	return h
}

func vectorSigner(h pass.Header) ed25519.PrivateKey {
	if h.Kid >= 32768 {
		return vectorProperty
	}
	return vectorIssuer
}

// bearerCode is PROTOCOL's bearer pass, but for the direction, with changes.
func bearerCode(changes ...change) string {
	h := vectorHeader(changes)
	return mustMake(pass.SignBearer(h, vectorSigner(h)))
}

// boundCode is a code of PROTOCOL's phone, drawn at that second for that tag,
// of a credential for a day with a window of 30 s.
func boundCode(shown int64, tag uint16, changes ...change) string {
	h := vectorHeader(append([]change{func(h *pass.Header) { h.Serial, h.TTL, h.Window = 2, 8640, 1 }}, changes...))
	c := mustMake(pass.SignCredential(h, vectorPhone.Public().(ed25519.PublicKey), vectorSigner(h)))
	return mustMake(c.Show(uint32(shown), verifytest.SiteNumber, tag, vectorPhone))
}

// rawHeader is the 22 bytes of a header that need not make sense.
func rawHeader(kind, flags byte, ttl uint16) []byte {
	b := []byte{kind, 1, 1, 0, 0, 3, 0xe9, 0, 0, 0, 1}
	b = binary.BigEndian.AppendUint32(b, verifytest.Begin)
	b = binary.BigEndian.AppendUint16(b, ttl)
	return binary.BigEndian.AppendUint32(append(b, flags), verifytest.Rider)
}

// rawBearer signs a header as an issuer who knows no rules.
func rawBearer(header []byte) string {
	return spellBody(append(header, ed25519.Sign(vectorIssuer, append([]byte("gated:pass:v1\x00"), header...))...))
}

// rawBound does so for a credential with that holder key; the phone's signature
// is the one that Go's own verifier takes for a key of small order.
func rawBound(header, holder []byte) string {
	b := slices.Concat(header, holder)
	b = append(b, ed25519.Sign(vectorIssuer, append([]byte("gated:cred:v1\x00"), b...))...)
	b = binary.BigEndian.AppendUint32(b, vectorNow)
	return spellBody(slices.Concat(b, []byte{1}, make([]byte, 63)))
}

func spellBody(body []byte) string {
	return "G1:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(body)
}

// bodyOf undoes spellBody.
func bodyOf(code string) []byte {
	return mustMake(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(code[3:]))
}

func mustMake[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestVectorsAreWhatIsMadeHere compares the files with what makes them, so that
// nobody changes one by hand; with -update it writes them.
func TestVectorsAreWhatIsMadeHere(t *testing.T) {
	files := map[string]string{}
	for name, c := range vectorCases() {
		files[filepath.Join(vectors, name+".txt")] = c.text()
	}
	for name, raw := range vectorDocuments(t) {
		files[filepath.Join(vectors, "documents", name)] = string(raw)
	}
	if *update {
		if err := os.MkdirAll(filepath.Join(vectors, "documents"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if *update {
			if err := os.WriteFile(name, []byte(files[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if held, err := os.ReadFile(name); err != nil || string(held) != files[name] {
			t.Errorf("%s is not what is made here (%v): see -update", name, err)
		}
	}
	held, err := filepath.Glob(vectors + "/documents/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range held {
		if files[name] == "" {
			t.Errorf("%s is made by nobody", name)
		}
	}
}
