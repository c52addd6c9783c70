package record_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify/record"
)

const log1 = "abcdefghij0123456789"

func rider() *gate.Person { return &gate.Person{Issuer: 1, Kid: 257, Serial: 7, Rider: 42} }

// admission is a record with every field of an opening filled.
func admission() gate.Record {
	about := uint64(0)
	return gate.Record{
		Kind: gate.KindAccess, Lane: "in", Verdict: gate.Open, Reason: gate.ExitLate, Entrance: gate.Expired,
		At:     gate.Moment{Time: time.UnixMilli(1800000000123), State: gate.ClockSynced, Start: 3},
		Source: gate.FromScanner, Ref: "r-1", Fresh: 12, Rev: 9, Trust: 7, Took: 250 * time.Microsecond,
		Event: gate.RelayOn, About: &about, Count: 2, Detail: `a "sentence" <b> & 门`, Person: rider(),
	}
}

func encode(t testing.TB, seq uint64, r gate.Record) record.Entry {
	t.Helper()
	e, err := record.Encode(log1, seq, r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEncodeIsOneLineInAFixedOrder(t *testing.T) {
	r := admission()
	r.Person = nil
	got := string(encode(t, 5, r).Leaf)
	want := `{"log":"abcdefghij0123456789","seq":5,"time_ms":1800000000123,"clock":"synced","boot":3,"lane":"in",` +
		`"kind":"access","verdict":"open","reason":"exit-late","entrance":"expired","source":"scanner","ref":"r-1",` +
		`"fresh":12,"rev":9,"trust":7,"took_us":250,"event":"relay-on","about":0,"count":2,"detail":"a \"sentence\" <b> & 门"}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	small := string(encode(t, 0, gate.Record{Kind: gate.KindSystem, Fresh: -1}).Leaf)
	want = `{"log":"abcdefghij0123456789","seq":0,"time_ms":0,"clock":"unknown","boot":0,"kind":"system","fresh":-1,"rev":0,"trust":0}`
	if diff := cmp.Diff(want, small); diff != "" {
		t.Error(diff)
	}
}

func TestPersonStandsBesideTheLeaf(t *testing.T) {
	e := encode(t, 1, admission())
	if want := `{"issuer":1,"kid":257,"serial":7,"rider":42}`; e.Person != want {
		t.Errorf("person %s, want %s", e.Person, want)
	}
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(append(bytes.Clone(e.Salt), e.Person...))
	if len(e.Salt) != record.SaltSize || !bytes.Equal(l.Who, sum[:]) {
		t.Errorf("who %x is not SHA-256(salt ‖ person) with 16 bytes of salt", l.Who)
	}
	if again := encode(t, 1, admission()); bytes.Equal(again.Salt, e.Salt) || bytes.Equal(again.Leaf, e.Leaf) {
		t.Error("two records of one rider can be linked: the salt is not fresh")
	}
	if strings.Contains(string(e.Leaf), `"rider"`) || strings.Contains(string(e.Leaf), `"kid"`) {
		t.Errorf("the leaf says who: %s", e.Leaf)
	}
}

// What the door did was judged by no list: two of three records are of doors, and
// each byte of them is paid for.
func TestADoorRecordNamesNoList(t *testing.T) {
	on := gate.Record{Kind: gate.KindDoor, Event: gate.RelayOn, Lane: "in", Detail: `,"fresh":0,"rev":0,"trust":0`}
	for _, c := range []struct {
		change func(*gate.Record)
		named  bool
	}{
		{func(*gate.Record) {}, false},
		{func(r *gate.Record) { r.Fresh = -1 }, true},
		{func(r *gate.Record) { r.Trust = 7 }, true},
		{func(r *gate.Record) { r.Kind = gate.KindSystem }, true},
	} {
		r := on
		c.change(&r)
		e := encode(t, 3, r)
		if named := strings.Contains(string(e.Leaf), `"fresh":`); named != c.named {
			t.Errorf("%s", e.Leaf)
		}
		l, err := record.ParseLeaf(e.Leaf)
		if err != nil || l.Detail != on.Detail || l.Fresh != r.Fresh || l.Trust != r.Trust {
			t.Errorf("%s reads back as %+v: %v", e.Leaf, l, err)
		}
	}
	long := strings.Replace(string(encode(t, 3, on).Leaf), `,"event"`, `,"fresh":0,"rev":0,"trust":0,"event"`, 1)
	if _, err := record.ParseLeaf([]byte(long)); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("another spelling was read: %v", err)
	}
}

func TestCheck(t *testing.T) {
	e, nobody := encode(t, 1, admission()), encode(t, 2, gate.Record{Kind: gate.KindDoor})
	salt := bytes.Clone(e.Salt)
	salt[3] ^= 1
	for _, c := range []struct {
		name string
		e    record.Entry
		ok   bool
	}{
		{"as made", e, true},
		{"erased", record.Entry{Leaf: e.Leaf}, true},
		{"nobody", nobody, true},
		{"another rider", record.Entry{Leaf: e.Leaf, Person: strings.Replace(e.Person, "42", "43", 1), Salt: e.Salt}, false},
		{"another salt", record.Entry{Leaf: e.Leaf, Person: e.Person, Salt: salt}, false},
		{"no salt", record.Entry{Leaf: e.Leaf, Person: e.Person}, false},
		{"no person", record.Entry{Leaf: e.Leaf, Salt: e.Salt}, false},
		{"short salt", record.Entry{Leaf: e.Leaf, Person: e.Person, Salt: e.Salt[:15]}, false},
		{"a person where the leaf names nobody", record.Entry{Leaf: nobody.Leaf, Person: e.Person, Salt: e.Salt}, false},
		{"a person without a leaf", record.Entry{Person: e.Person, Salt: e.Salt}, false},
		{"a leaf of a newer version", record.Entry{Leaf: append(bytes.TrimSuffix(bytes.Clone(e.Leaf), []byte("}")), `,"zone":1}`...), Person: e.Person, Salt: e.Salt}, true},
	} {
		err := c.e.Check()
		if (err == nil) != c.ok || err != nil && !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestEncodeRecordsWhatIsOdd(t *testing.T) {
	r := admission()
	r.Ref, r.Detail = strings.Repeat("x", 5000), strings.Repeat("门\x00", 5000)+"\xff"
	r.Lane = "in\xff\n"
	r.Fresh, r.Took = -77, -time.Second
	e := encode(t, 1, r)
	if len(e.Leaf) > record.MaxLeaf || bytes.Contains(e.Leaf, []byte("\n")) || !utf8.Valid(e.Leaf) {
		t.Fatalf("leaf of %d bytes: %q", len(e.Leaf), e.Leaf)
	}
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Ref) != 128 || len(l.Detail) > 1024 || !strings.HasSuffix(l.Detail, "门\x00") && !strings.HasSuffix(l.Detail, "门") {
		t.Errorf("ref %d, detail %d bytes ending %q", len(l.Ref), len(l.Detail), l.Detail[len(l.Detail)-4:])
	}
	if l.Fresh != -1 || l.TookUS != 0 || l.Lane != "in\uFFFD\n" {
		t.Errorf("fresh %d, took %d, lane %q", l.Fresh, l.TookUS, l.Lane)
	}
	if _, err := record.Encode("Not An Id", 0, r); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("a log without an id: %v", err)
	}
	if _, err := record.Encode(log1, 1<<53, r); !errors.Is(err, record.ErrMalformed) {
		t.Errorf("a number that a double cannot hold: %v", err)
	}
}

func TestParseLeafRefusesEverySecondSpelling(t *testing.T) {
	good := string(encode(t, 5, admission()).Leaf)
	if _, err := record.ParseLeaf([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":              "",
		"a space":            strings.Replace(good, `"seq":5`, `"seq": 5`, 1),
		"a line end":         good + "\n",
		"another order":      strings.Replace(good, `"rev":9,"trust":7`, `"trust":7,"rev":9`, 1),
		"a name twice":       strings.Replace(good, `"rev":9`, `"rev":8,"rev":9`, 1),
		"a name in capitals": strings.Replace(good, `"rev"`, `"Rev"`, 1),
		"an unknown name":    strings.Replace(good, `"rev":9`, `"rev":9,"x":1`, 1),
		"an empty name":      strings.Replace(good, `"ref":"r-1"`, `"ref":""`, 1),
		"an escape":          strings.Replace(good, "<", `\u003c`, 1),
		"an exponent":        strings.Replace(good, `"rev":9`, `"rev":9e0`, 1),
		"a negative number":  strings.Replace(good, `"rev":9`, `"rev":-9`, 1),
		"a number above":     strings.Replace(good, `"rev":9`, `"rev":9007199254740992`, 1),
		"no clock":           strings.Replace(good, `"synced"`, `""`, 1),
		"a log in capitals":  strings.Replace(good, "abcdef", "ABCDEF", 1),
		"a short who":        good[:strings.Index(good, `"who"`)] + `"who":"AAAA"}`,
		"two values":         good + good,
		"an array":           "[" + good + "]",
		"too long":           strings.Replace(good, "sentence", strings.Repeat("x", record.MaxLeaf), 1),
	} {
		if bad == good {
			t.Errorf("%s: the test changed nothing", name)
		}
		if _, err := record.ParseLeaf([]byte(bad)); !errors.Is(err, record.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewLogID(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		id := record.NewLogID()
		if len(id) != 10 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || seen[id] {
			t.Fatalf("log id %q", id)
		}
		seen[id] = true
	}
}

func FuzzLeaf(f *testing.F) {
	f.Add([]byte(`{"log":"a","seq":0,"time_ms":0,"clock":"unknown","boot":0,"kind":"system","fresh":-1,"rev":0,"trust":0}`))
	e, err := record.Encode(log1, 5, admission())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Leaf)
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := record.ParseLeaf(b)
		if err != nil {
			return
		}
		if bytes.ContainsAny(b, "\n\r") || len(b) > record.MaxLeaf || l.Kind == "" {
			t.Errorf("accepted %q", b)
		}
		if err := (record.Entry{Leaf: b}).Check(); err != nil {
			t.Errorf("a leaf that parses does not check: %v", err)
		}
	})
}

// FuzzEncode: whatever happened can be recorded, and reads back.
func FuzzEncode(f *testing.F) {
	f.Add("in", "ref", "detail", int64(1800000000), int64(3), uint64(4))
	f.Fuzz(func(t *testing.T, lane, ref, detail string, at, fresh int64, n uint64) {
		r := gate.Record{Kind: gate.KindSystem, Lane: lane, Ref: ref, Detail: detail, Fresh: fresh, Rev: n, Person: rider()}
		r.At.Time = time.Unix(at, 0)
		e, err := record.Encode(log1, 1, r)
		if err != nil {
			return
		}
		if _, err := record.ParseLeaf(e.Leaf); err != nil {
			t.Errorf("%q: %v", e.Leaf, err)
		}
		if err := e.Check(); err != nil {
			t.Error(err)
		}
	})
}
