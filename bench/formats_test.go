package main

import (
	"strings"
	"testing"

	"gated/verify/pass"
	"gated/verify/verifytest"
)

// All formats carry the same claims, or the table compares nothing.
func TestFormatsCarryTheSameClaims(t *testing.T) {
	made, err := makeFormats()
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != len(formats) || len(made) != 8 {
		t.Fatalf("%d formats", len(made))
	}
	want := map[pass.Type]claims{}
	for i, f := range made {
		got, err := f.read(f.text)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		kind := formats[i].kind
		if _, ok := want[kind]; !ok {
			want[kind] = got
		}
		if got != want[kind] {
			t.Errorf("%s says %+v, ours %+v", f.name, got, want[kind])
		}
		if got.kid != verifytest.Kid || got.rider != verifytest.Rider || got.flags != byte(pass.In) || got.serial == 0 {
			t.Errorf("%s says %+v", f.name, got)
		}
		if (got.shownAt == verifytest.Begin) != (kind == pass.Bound) {
			t.Errorf("%s was shown at %d", f.name, got.shownAt)
		}
	}
}

// All formats are read by a reader that refuses: a change anywhere, and at
// another gate what one phone alone may show.
func TestFormatsAreVerified(t *testing.T) {
	made, err := makeFormats()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made {
		for i := range f.text {
			other := byte('A')
			if f.text[i] == other {
				other = 'B'
			}
			changed := f.text[:i] + string(other) + f.text[i+1:]
			if c, err := f.read(changed); err == nil {
				t.Errorf("%s, character %d changed: %+v", f.name, i, c)
			}
		}
		if _, err := f.read(f.text[:len(f.text)-2]); err == nil {
			t.Errorf("%s is read without its end", f.name)
		}
	}
	for _, make := range []func(*parties) (format, error){ownBound, coseBound, pasetoBound, jwtBound} {
		p, err := newParties(verifytest.New(t), pass.Bound)
		if err != nil {
			t.Fatal(err)
		}
		f, err := make(p)
		if err != nil {
			t.Fatal(err)
		}
		p.tag++
		if _, err := f.read(f.text); err == nil {
			t.Errorf("%s is read at another gate", f.name)
		}
	}
}

func TestBase45(t *testing.T) {
	for plain, text := range map[string]string{"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0", "": ""} {
		if got := encode45([]byte(plain)); got != text {
			t.Errorf("%q is %q, want %q", plain, got, text)
		}
		if got, err := decode45(text); err != nil || string(got) != plain {
			t.Errorf("%q holds %q, want %q: %v", text, got, plain, err)
		}
	}
	for _, text := range []string{"A", "GGW", "::", "bb8", "BB8A"} {
		if got, err := decode45(text); err == nil {
			t.Errorf("%q holds %q", text, got)
		}
	}
}

func TestFormatsArePrinted(t *testing.T) {
	rows, err := measureFormats(3)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	printFormats(&out, rows)
	for _, want := range []string{"gated type 1", "gated type 2", "6-M", "10-M", "JWT", "PASETO", "COSE", "alphanumeric", "byte"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
