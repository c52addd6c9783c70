package document_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/verify/document"
)

type inner struct {
	Name string `json:"name"`
}

type sample struct {
	Version int64            `json:"version"`
	Small   uint16           `json:"small,omitempty"`
	Text    string           `json:"text,omitempty"`
	Yes     bool             `json:"yes,omitempty"`
	Bytes   []byte           `json:"bytes,omitempty"`
	List    []inner          `json:"list,omitzero"`
	Map     map[string]inner `json:"map,omitempty"`
	Maybe   *int64           `json:"maybe,omitempty"`
	Own     own              `json:"own,omitzero"`
	Untold  string
}

// own reads its own JSON.
type own struct{ got string }

func (o *own) UnmarshalJSON(b []byte) error {
	if string(b) == `"bad"` {
		return errors.New("bad")
	}
	o.got = string(b)
	return nil
}

func decode(text string) (sample, error) {
	var s sample
	err := document.Document{Type: document.Site, JSON: []byte(text)}.Decode(&s)
	return s, err
}

func TestDecode(t *testing.T) {
	seven := int64(7)
	for name, tt := range map[string]struct {
		text string
		want sample
	}{
		"everything": {
			`{"version":9007199254740991,"small":65535,"text":"光","yes":true,"bytes":"AAE=","list":[{"name":"a"}],"map":{"k":{"name":"b"}},"maybe":7,"own":[1]}`,
			sample{
				Version: 1<<53 - 1, Small: 65535, Text: "光", Yes: true, Bytes: []byte{0, 1},
				List: []inner{{"a"}}, Map: map[string]inner{"k": {"b"}}, Maybe: &seven, Own: own{"[1]"},
			},
		},
		"optional names left out":   {`{"version":1}`, sample{Version: 1}},
		"optional names null":       {`{"version":1,"list":null,"text":null,"maybe":null}`, sample{Version: 1}},
		"an empty list is no nil":   {`{"version":1,"list":[]}`, sample{Version: 1, List: []inner{}}},
		"unknown names are ignored": {`{"version":1,"later":{"x":-1.5e9},"Untold":"x"}`, sample{Version: 1}},
		"another case is another":   {`{"version":1,"TEXT":"x","Small":3}`, sample{Version: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decode(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(own{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a missing name":             `{}`,
		"null for it":                `{"version":null}`,
		"its name in another case":   `{"Version":1}`,
		"a string for a number":      `{"version":"1"}`,
		"a negative number":          `{"version":-1}`,
		"minus zero":                 `{"version":-0}`,
		"a fraction":                 `{"version":1.0}`,
		"an exponent":                `{"version":1e3}`,
		"2^53":                       `{"version":9007199254740992}`,
		"more than 64 bits":          `{"version":99999999999999999999}`,
		"more than the field":        `{"version":1,"small":65536}`,
		"a number for a string":      `{"version":1,"text":1}`,
		"a string for a bool":        `{"version":1,"yes":"true"}`,
		"base64 without padding":     `{"version":1,"bytes":"AAE"}`,
		"base64 with stray bits":     `{"version":1,"bytes":"AAF="}`,
		"base64 with a line break":   `{"version":1,"bytes":"AA\nE="}`,
		"base64 of the URL kind":     `{"version":1,"bytes":"__8="}`,
		"an object for a list":       `{"version":1,"list":{}}`,
		"a missing name below":       `{"version":1,"list":[{}]}`,
		"a null below":               `{"version":1,"list":[null]}`,
		"a wrong type in a map":      `{"version":1,"map":{"k":1}}`,
		"what reads itself, and not": `{"version":1,"own":"bad"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := decode(text); !errors.Is(err, document.ErrMalformed) {
				t.Errorf("got %+v, %v; want ErrMalformed", got, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	s, _ := key(f, "a", "a")
	raw, err := document.Sign(document.Site, map[string]any{"version": 1, "list": []any{map[string]string{"name": "x"}}}, s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(signed(f, "gated/v1/site\n{\"a\":1,\"A\":2}\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := document.Parse(raw)
		if err != nil {
			if !errors.Is(err, document.ErrMalformed) {
				t.Fatalf("got %v, want ErrMalformed", err)
			}
			return
		}
		if strings.Contains(string(d.Type)+string(d.JSON), "\n") || !json.Valid(d.JSON) {
			t.Fatalf("two readings: %q, %q", d.Type, d.JSON)
		}
		var v sample
		if err := d.Decode(&v); err == nil && v.Version > 1<<53-1 {
			t.Fatalf("version %d", v.Version)
		}
		// One JSON reader must come to what any other comes to.
		again, err := document.Parse(d.Raw)
		if err != nil || !again.SameText(d) {
			t.Fatalf("not the same the second time: %v", err)
		}
	})
}

// FuzzNames holds the check for names against the plainest way to say it.
func FuzzNames(f *testing.F) {
	f.Add("a", "A")
	f.Add("kid", "\u212Aid")
	f.Add("ß", "ẞ")
	f.Fuzz(func(t *testing.T, a, b string) {
		object, err := json.Marshal(struct {
			A json.RawMessage `json:"x"`
		}{pair(t, a, b)})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := key(t, "a", "a")
		_, err = document.Sign(document.Site, json.RawMessage(object), s)
		// What JSON makes of a name is what counts: bytes that are no UTF-8 are one.
		if twice := strings.EqualFold(through(t, a), through(t, b)); (err != nil) != twice {
			t.Errorf("%q and %q: twice %t, got %v", a, b, twice, err)
		}
	})
}

func pair(t *testing.T, a, b string) []byte {
	t.Helper()
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	return []byte("{" + string(x) + ":1," + string(y) + ":2}")
}

func through(t *testing.T, s string) (out string) {
	t.Helper()
	b, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
