package main

import (
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"

	"gated/stage"
	"gated/verify/pass"
)

func TestForgedCodeIsWellFormedAndFalse(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	code, err := pass.SignBearer(pass.Header{Type: pass.Bearer, Kid: 257, Site: 1001, Serial: 1, NotBefore: 1, TTL: 90, Rider: 42}, private)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := forge(code)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pass.Parse(forged)
	if err != nil {
		t.Fatalf("a forged code must be a pass in form, else it proves nothing: %v", err)
	}
	if p.Rider != 43 || p.IssuerSigned(public) {
		t.Errorf("rider %d, signature true: %v; want rider 43 and a false signature", p.Rider, p.IssuerSigned(public))
	}
	for _, bad := range []string{"", "G1:", "hello", code[:70]} {
		if _, err := forge(bad); err == nil {
			t.Errorf("%q was forged", bad)
		}
	}
}

func TestTableNamesWhatWasNotSeen(t *testing.T) {
	var out strings.Builder
	good := []result{{"fresh", "relay on 1 ms after the last byte", nil}, {"hold", "refused after 50 ms", nil}}
	if !table(&out, good) || !strings.Contains(out.String(), "All 2 steps were seen to happen.") {
		t.Errorf("a good morning ends with:\n%s", out.String())
	}
	out.Reset()
	bad := append(good, result{"kill", "", errors.New("the relay stayed on\nand on")})
	if table(&out, bad) {
		t.Error("a morning with a step that was not seen is fine")
	}
	for _, want := range []string{"Not seen to happen: kill.", "FAIL", "the relay stayed on\n"} {
		if got := strings.ReplaceAll(out.String(), "the relay stayed on ", "the relay stayed on\n"); !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

func TestFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		ok   bool
	}{
		{"none at all", nil, true},
		{"every step can be broken", []string{"-break", "hold"}, true},
		{"a step that does not exist cannot", []string{"-break", "holt"}, false},
		{"there is nothing but flags", []string{"hold"}, false},
		{"an unknown flag is refused", []string{"-brake", "hold"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse(tt.args, io.Discard); (err == nil) != tt.ok {
				t.Errorf("parse %q: %v", tt.args, err)
			}
		})
	}
}

func TestEveryStepCanBeToldApartAndBroken(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range new(morning).story() {
		if s.name == "" || seen[s.name] || s.english == "" || s.chinese == "" || s.cause == nil || s.see == nil {
			t.Errorf("step %q: a name of its own, both sentences, a cause and a way to see it are needed", s.name)
		}
		seen[s.name] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d steps, want the 10 of the story", len(seen))
	}
}

func TestProgramsThatAreMissingAreNamed(t *testing.T) {
	var errout strings.Builder
	if code := run([]string{"-gated", "/nonexistent/gated"}, io.Discard, &errout); code != 1 {
		t.Errorf("exit status %d, want 1", code)
	}
	if !strings.Contains(errout.String(), "/nonexistent/gated") {
		t.Errorf("the missing program is not named: %s", errout.String())
	}
	if _, err := (stage.Programs{Gated: t.TempDir()}).Find(); err == nil {
		t.Error("a folder was taken for a program")
	}
}
