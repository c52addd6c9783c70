package examples_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// page reads a page of the folder above.
func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block is the fenced block of protocol.md that begins with ```text and its name.
func block(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)\n```text "+name+"\n(.*?)```\n").FindAllStringSubmatch(page(t, "protocol.md"), -1)
	if len(m) != 1 {
		t.Fatalf("%d blocks named %s", len(m), name)
	}
	return m[0][1]
}

// dump is a block of lines `offset hex words`, put together. The offsets are
// those of the bytes.
func dump(t *testing.T, name string) []byte {
	t.Helper()
	var b []byte
	for line := range strings.Lines(block(t, name)) {
		f := strings.Fields(line)
		part, err := hex.DecodeString(f[1])
		if err != nil || f[0] != fmt.Sprint(len(b)) {
			t.Errorf("block %s, line %q: offset %d, %v", name, line, len(b), err)
		}
		b = append(b, part...)
	}
	return b
}

func TestPageHasTheWorkedExamplesByteForByte(t *testing.T) {
	text := page(t, "protocol.md")
	for name, code := range map[string]string{"bearer": bearerCode, "bound": boundCode} {
		body, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimPrefix(code, "G1:"))
		if err != nil {
			t.Fatal(err)
		}
		if got := dump(t, name); !bytes.Equal(got, body) {
			t.Errorf("%s: the page has %x, want %x", name, got, body)
		}
		if strings.Count(text, code) != 1 {
			t.Errorf("%s: the page has not the code", name)
		}
	}
	credential := sha256.Sum256(dump(t, "bound")[:118])
	want := fmt.Sprintf("%x%x%s%s%s", "gated:show:v1\x00", credential, "6b49d458", "000003e9", "0003")
	if got := hex.EncodeToString(dump(t, "show")); got != want {
		t.Errorf("what the phone signs: %s, want %s", got, want)
	}
	for _, domain := range []string{"gated:pass:v1\x00", "gated:cred:v1\x00"} {
		if !strings.Contains(text, fmt.Sprintf("`%x`", domain)) {
			t.Errorf("the page has not %x", domain)
		}
	}
}

func TestPageHasTheStateAndItsHeartbeat(t *testing.T) {
	text := page(t, "protocol.md")
	encoded := dump(t, "state")
	set, err := revocation.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range []revocation.Section{{Kind: 1, ID: 1}, {Kind: 1, ID: 1, Class: 1}, {Kind: 2, ID: 257}} {
		if set.Len(section) == 0 {
			t.Errorf("the state has no section %v", section)
		}
	}
	m := regexp.MustCompile("adds\n`([0-9a-f]+)` and removes `([0-9a-f]+)`").FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the page has no delta")
	}
	add, _ := hex.DecodeString(m[1])
	remove, _ := hex.DecodeString(m[2])
	before := &revocation.State{Epoch: 1, Seq: 8, Hash: revocation.Sum(encoded), Set: set}

	d, err := document.Parse([]byte(block(t, "heartbeat")))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.SignedBy(keyOf(t, text, "revocation"))) != 1 {
		t.Error("the heartbeat is not signed by the key of the page")
	}
	beat, err := revocation.ParseHeartbeat(d)
	if err != nil {
		t.Fatal(err)
	}
	after, err := revocation.Delta{Epoch: 1, From: 8, To: 9, Add: add, Remove: remove, Hash: beat.Hash}.Apply(before)
	if err != nil || !after.Same(beat.Epoch, beat.Seq, beat.Hash) {
		t.Errorf("the delta does not lead to the heartbeat's state: %v", err)
	}
	for _, hash := range [][32]byte{before.Hash, beat.Hash} {
		if !strings.Contains(text, fmt.Sprintf("`%x`", hash)) {
			t.Errorf("the page has not the hash %x", hash)
		}
	}
}

// keyOf is the verifier key of that name on the page.
func keyOf(t *testing.T, text, name string) document.Key {
	t.Helper()
	m := regexp.MustCompile("`(" + name + "[+][0-9a-f]{8}[+][A-Za-z0-9+/]{44})`").FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the page has no key named %s", name)
	}
	k, err := document.ParseKey(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestPageHasALogAndItsCheckpoint(t *testing.T) {
	text := page(t, "protocol.md")
	salt := make([]byte, record.SaltSize)
	for i := range salt {
		salt[i] = byte(i)
	}
	const person = `{"issuer":1,"kid":257,"serial":1,"rider":42}`
	if !strings.Contains(text, "`"+person+"`") {
		t.Error("the page has not the person")
	}
	var hashes []tlog.Hash
	for line := range strings.Lines(block(t, "leaves")) {
		e := record.Entry{Leaf: []byte(strings.TrimSuffix(line, "\n"))}
		l, err := record.ParseLeaf(e.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		if l.Who != nil {
			e.Person, e.Salt = person, salt
		}
		if err := e.Check(); err != nil {
			t.Error(err)
		}
		h := record.Hash(e.Leaf)
		if hashes = append(hashes, h); !strings.Contains(text, fmt.Sprintf("`%x`", h[:])) {
			t.Errorf("the page has not the hash %x", h[:])
		}
	}
	gateKey, cosigner := keyOf(t, text, "guanggu-huijing-east").Verifier(), keyOf(t, text, "cosign").Verifier()
	c, signers, err := record.OpenCheckpoint([]byte(block(t, "checkpoint")), gateKey, cosigner)
	if err != nil || len(signers) != 2 {
		t.Fatalf("the checkpoint has %d true signatures, %v", len(signers), err)
	}
	if c.Size != 2 || len(hashes) != 2 || c.Root != tlog.NodeHash(hashes[0], hashes[1]) {
		t.Errorf("the checkpoint is %+v, not that of the leaves", c)
	}
}

func TestPageHasTheNamesOfTheDocuments(t *testing.T) {
	m := regexp.MustCompile("(?s)\n```json\n(.*?)```\n").FindAllStringSubmatch(page(t, "protocol.md"), -1)
	into := []any{&trust.ListJSON{}, &trust.SiteJSON{}}
	if len(m) != len(into) {
		t.Fatalf("%d documents, want %d", len(m), len(into))
	}
	for i, v := range into {
		dec := json.NewDecoder(strings.NewReader(m[i][1]))
		dec.DisallowUnknownFields()
		if err := dec.Decode(v); err != nil {
			t.Errorf("document %d: %v", i+1, err)
		}
	}
	if _, err := into[1].(*trust.SiteJSON).Rules.Rules(); err != nil {
		t.Errorf("the rules of the page: %v", err)
	}
}

func TestPagesNameEveryReason(t *testing.T) {
	for _, name := range []string{"protocol.md", "phone.md"} {
		text := page(t, name)
		for _, r := range gate.Reasons() {
			if !strings.Contains(text, "`"+string(r)+"`") {
				t.Errorf("%s does not name %s", name, r)
			}
		}
	}
}

func TestPagesLinkToWhatIsThere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	for _, name := range []string{"protocol.md", "issuing.md", "phone.md", "proofs.md"} {
		for _, m := range link.FindAllStringSubmatch(page(t, name), -1) {
			target := name
			if m[1] != "" {
				target = m[1]
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s links to %s: %v", name, target, err)
			} else if m[2] != "" && !anchors(page(t, target))[m[2]] {
				t.Errorf("%s links to %s%s, and there is no such heading", name, target, m[2])
			}
		}
	}
}

// anchors are the links to a page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all["#"+strings.ReplaceAll(kept, " ", "-")] = true
	}
	return all
}
