package record_test

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gated/gate"
	"gated/verify/record"
)

const largest = 1<<53 - 1 // the largest integer of a leaf or document

// padded is a leaf of a newer version, of exactly that many bytes.
func padded(seq uint64, size int) record.Entry {
	head, tail := fmt.Sprintf(`{"log":%q,"seq":%d,"x":"`, log1, seq), `"}`
	return record.Entry{Leaf: []byte(head + strings.Repeat("a", size-len(head)-len(tail)) + tail)}
}

func TestALeafMayBeAsLongAsTheLimit(t *testing.T) {
	l := record.Leaf{Log: log1, Clock: "synced", Kind: "system"}
	for _, c := range []struct {
		size int
		ok   bool
	}{{record.MaxLeaf, true}, {record.MaxLeaf + 1, false}} {
		l.Detail = ""
		short, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		l.Detail = strings.Repeat("a", c.size-len(short)-len(`,"detail":""`))
		leaf, err := json.Marshal(l)
		if err != nil || len(leaf) != c.size {
			t.Fatalf("%d bytes, %v", len(leaf), err)
		}
		if _, err := record.ParseLeaf(leaf); (err == nil) != c.ok {
			t.Errorf("a leaf of %d bytes: %v", c.size, err)
		}
		msg, err := record.Batch{Log: log1, First: 4, Entries: []record.Entry{padded(4, c.size)}}.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := record.DecodeBatch(msg, nil); (err == nil) != c.ok {
			t.Errorf("a batch with a leaf of %d bytes: %v", c.size, err)
		}
	}
}

// Nobody cuts a lane's name: it is the box's own.
func TestARecordMayBeAsLongAsTheLimit(t *testing.T) {
	of := func(lane int) gate.Record {
		return gate.Record{Kind: gate.KindDoor, Lane: strings.Repeat("a", lane)}
	}
	room := record.MaxLeaf - len(encode(t, 1, of(1)).Leaf) + 1
	if got := len(encode(t, 1, of(room)).Leaf); got != record.MaxLeaf {
		t.Errorf("%d bytes", got)
	}
	if _, err := record.Encode(log1, 1, of(room+1)); err == nil {
		t.Error("a byte above the limit is encoded")
	}
}

func TestABatchMayBeAsLongAsTheLimit(t *testing.T) {
	const size = 7530 // 13 of these are a little less than a batch
	b := record.Batch{Log: log1, First: 1000}
	for i := range uint64(13) {
		b.Entries = append(b.Entries, padded(1000+i, size))
	}
	msg, err := b.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Entries[0] = padded(1000, size+record.MaxBatch-len(msg))
	if msg, err = b.Encode(nil); err != nil || len(msg) != record.MaxBatch {
		t.Fatalf("%d bytes, want %d: %v", len(msg), record.MaxBatch, err)
	}
	if _, err := record.DecodeBatch(msg, nil); err != nil {
		t.Error(err)
	}
	b.Entries[1] = padded(1001, size+1)
	if _, err := b.Encode(nil); err == nil {
		t.Error("a byte above the limit is encoded")
	}
}

func TestIntegersMayBeAsLargeAsTheLimit(t *testing.T) {
	for _, c := range []struct {
		n  uint64
		ok bool
	}{{largest, true}, {largest + 1, false}} {
		leaf := fmt.Appendf(nil, `{"log":%q,"seq":%d,"time_ms":0,"clock":"rtc","boot":0,"kind":"door"}`, log1, c.n)
		if _, err := record.ParseLeaf(leaf); (err == nil) != c.ok {
			t.Errorf("a leaf with number %d: %v", c.n, err)
		}
		msg := fmt.Appendf(nil, "{\"log\":%q,\"first\":%d,\"count\":0,\"persons\":\"\"}\n", log1, c.n)
		if _, err := record.DecodeBatch(msg, nil); (err == nil) != c.ok {
			t.Errorf("a batch from number %d: %v", c.n, err)
		}
		signer, verifier := key(t, "east-1")
		point := checkpoint()
		point.Size = c.n
		note, err := point.Sign(signer)
		if (err == nil) != c.ok {
			t.Errorf("a checkpoint of size %d: %v", c.n, err)
		}
		if c.ok {
			if _, _, err := record.OpenCheckpoint(note, verifier); err != nil {
				t.Errorf("a checkpoint of size %d: %v", c.n, err)
			}
		}
	}
}

func TestNumbersOfALeafHaveARange(t *testing.T) {
	good := record.Leaf{Log: log1, Clock: "synced", Kind: "door", Fresh: -1}
	for name, change := range map[string]func(*record.Leaf){
		"fresh below -1": func(l *record.Leaf) { l.Fresh = -2 }, "time below 0": func(l *record.Leaf) { l.TimeMS = -1 },
		"took below 0": func(l *record.Leaf) { l.TookUS = -1 }, "no clock": func(l *record.Leaf) { l.Clock = "" },
		"no kind": func(l *record.Leaf) { l.Kind = "" }, "a short who": func(l *record.Leaf) { l.Who = make([]byte, 31) },
	} {
		bad := good
		change(&bad)
		for _, c := range []struct {
			leaf record.Leaf
			ok   bool
		}{{good, true}, {bad, false}} {
			line, err := json.Marshal(c.leaf)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := record.ParseLeaf(line); (err == nil) != c.ok {
				t.Errorf("%s: %s: %v", name, line, err)
			}
		}
	}
}

func TestIdsOfLogsAndGates(t *testing.T) {
	for c := range 256 {
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		for _, id := range []struct {
			text string
			ok   bool
		}{{string([]byte{byte(c)}), ok}, {string([]byte{'x', byte(c)}), ok || c == '-'}} {
			if _, _, _, err := record.ParseOrigin(record.Origin(1, id.text, log1)); (err == nil) != id.ok {
				t.Errorf("gate %q: %v", id.text, err)
			}
		}
	}
	for _, n := range []int{1, 63, 64} {
		if _, _, _, err := record.ParseOrigin(record.Origin(1, strings.Repeat("x", n), log1)); (err == nil) != (n < 64) {
			t.Errorf("a gate's id of %d characters: %v", n, err)
		}
	}
}

// A note of exactly the limit holds one long signature of somebody unknown.
func TestACheckpointMayBeAsLongAsTheLimit(t *testing.T) {
	const limit = 16 << 10
	signer, verifier := key(t, "east-1")
	msg, err := checkpoint().Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	room := limit - len(msg) - len("— x \n")
	name := strings.Repeat("x", 1+room%4)
	msg = fmt.Appendf(msg, "— %s %s\n", name, base64.StdEncoding.EncodeToString(make([]byte, room/4*3)))
	if len(msg) != limit {
		t.Fatalf("%d bytes", len(msg))
	}
	if _, _, err := record.OpenCheckpoint(msg, verifier); err != nil {
		t.Error(err)
	}
	longer := bytes.Replace(msg, []byte("— x"), []byte("— xx"), 1)
	if _, _, err := record.OpenCheckpoint(longer, verifier); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("a byte above the limit: %v", err)
	}
}

// What others chose is cut, not refused, and never within a character.
func TestLongTextIsCutBetweenCharacters(t *testing.T) {
	whole := func(detail string) string {
		l, err := record.ParseLeaf(encode(t, 1, gate.Record{Kind: gate.KindSystem, Detail: detail}).Leaf)
		if err != nil {
			t.Fatal(err)
		}
		return l.Detail
	}
	limit := len(whole(strings.Repeat("a", record.MaxLeaf)))
	if limit < 100 || limit >= record.MaxLeaf {
		t.Fatalf("cut at %d bytes", limit)
	}
	for ahead := range 4 {
		exact := strings.Repeat("b", limit-ahead)
		if got := whole(exact); got != exact {
			t.Errorf("%d bytes became %d", len(exact), len(got))
		}
		want := exact // of the next character, which has three bytes, all must fit
		if ahead >= 3 {
			want += "门"
		}
		if got := whole(exact + "门门"); got != want {
			t.Errorf("%d bytes and two characters were cut to %d bytes, want %d: ends in %q", len(exact), len(got), len(want), got[len(got)-4:])
		}
	}
	if got := whole(strings.Repeat("\x80", record.MaxLeaf)); got != "" {
		t.Errorf("text without one character became %q", got)
	}
}

// Size is a promise about Encode and no more than that: what it wastes is sent less.
func TestSizeOfAnEntry(t *testing.T) {
	e := record.Entry{Leaf: make([]byte, 10), Person: strings.Repeat("p", 30)}
	// The leaf and its end; the person with salt, space and end, sealed, in base64,
	// whose last group may be begun.
	if got, want := e.Size(), 10+1+(30+24+1+1)*4/3+1; got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// Whoever reads an error finds the record or the line.
func TestErrorsNameTheLine(t *testing.T) {
	b := batch(t)
	for i := range b.Entries {
		b.Entries[i].Person, b.Entries[i].Salt = "", nil
	}
	good, err := b.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(good), "\n")
	for name, c := range map[string]struct {
		bad  string
		want string
	}{
		"not JSON":     {"{", "line 3:"},
		"another seq":  {lines[3], "line 3: record 12"},
		"far too long": {string(padded(11, record.MaxLeaf+1).Leaf), "line 3:"},
	} {
		msg := strings.Join([]string{lines[0], lines[1], c.bad, lines[3], ""}, "\n")
		if _, err := record.DecodeBatch([]byte(msg), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	b.Entries[1].Leaf = []byte("\n{}")
	if _, err := b.Encode(nil); err == nil || !strings.Contains(err.Error(), "record 11 is not one line") {
		t.Errorf("a leaf that begins with a line's end: %v", err)
	}
}

func TestErrorsNameThePersonsLine(t *testing.T) {
	private := sealKey(t)
	public, err := hpke.NewDHKEMPublicKey(private.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	// The second record names somebody who is nobody: its person is "x".
	salt := make([]byte, record.SaltSize)
	who := sha256.Sum256([]byte(string(salt) + "x"))
	leaf := fmt.Sprintf(`{"log":%q,"seq":2,"who":%q}`, log1, base64.StdEncoding.EncodeToString(who[:]))
	door := encode(t, 1, gate.Record{Kind: gate.KindDoor}).Leaf
	spelt := base64.StdEncoding.EncodeToString(salt)
	for name, c := range map[string]struct{ persons, want string }{
		"no space":        {"\nx\n", "open persons: line 2 "},
		"no person":       {"\n" + spelt + " \n", "open persons: line 2 "},
		"other salt":      {"\n" + strings.Repeat("B", 21) + "A== x\n", "line 3: check person"},
		"other person":    {"\n" + spelt + " y\n", "line 3: check person"},
		"nobody's person": {spelt + " x\n\n", "line 2: check person"},
		"not a person":    {"\n" + spelt + " x\n", "line 3: parse person"},
		"a line too few":  {"\n", "not one line a record"},
	} {
		enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("gated:persons:v1"))
		if err != nil {
			t.Fatal(err)
		}
		box, err := sender.Seal(fmt.Appendf(nil, `{"log":%q,"first":1,"count":2}`, log1), []byte(c.persons))
		if err != nil {
			t.Fatal(err)
		}
		msg := fmt.Sprintf("{\"log\":%q,\"first\":1,\"count\":2,\"persons\":%q}\n%s\n%s\n", log1,
			base64.StdEncoding.EncodeToString(append(enc, box...)), door, leaf)
		if _, err := record.DecodeBatch([]byte(msg), private); !errors.Is(err, record.ErrMalformed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
