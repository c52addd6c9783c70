package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gated/verify/pass"
	"gated/verify/verifytest"
)

// The bench itself must work; its figures decide nothing.
func TestEveryRowIsMeasured(t *testing.T) {
	var out, errout strings.Builder
	if code := run([]string{"-n", "3", "-dir", t.TempDir()}, &out, &errout); code != 0 {
		t.Fatalf("exit status %d: %s", code, errout.String())
	}
	for _, want := range []string{"CPU", "kernel", "file system", "Go ", "WITHIN BUDGET", "type 1", "type 2", "p50", "p90", "p99", "durable", "verification alone", "ON THE WIRE", "9600", "115200"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

// Neither side is always the one that comes second, to warm caches.
func TestBothSidesComeFirstInTurn(t *testing.T) {
	var order string
	side := func(name string, took time.Duration) func() (time.Duration, error) {
		return func() (time.Duration, error) { order += name; return took, nil }
	}
	for i := range 4 {
		ours, floor, err := inTurn(i, side("o", 1), side("f", 2))
		if err != nil || ours != 1 || floor != 2 {
			t.Errorf("sample %d: ours %d, floor %d: %v", i, ours, floor, err)
		}
	}
	if order != "offooffo" {
		t.Errorf("order %s", order)
	}
	bad := func() (time.Duration, error) { return 0, errors.New("not admitted") }
	for i := range 2 {
		if _, _, err := inTurn(i, side("o", 1), bad); err == nil {
			t.Errorf("sample %d: a floor that fails is measured", i)
		}
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-n", "0"}, {"-n", "x"}, {"all"}} {
		var out, errout strings.Builder
		if code := run(args, &out, &errout); code != 2 {
			t.Errorf("%q: exit status %d, want 2", args, code)
		}
	}
	var out, errout strings.Builder
	if code := run([]string{"-dir", "/nonexistent"}, &out, &errout); code != 1 {
		t.Errorf("a folder that is not there: exit status %d, want 1", code)
	}
}

// The floor must verify what the product verifies, no less.
func TestFloorVerifiesWhatTheProductVerifies(t *testing.T) {
	w := verifytest.New(t)
	for i, k := range kinds {
		c := k.draw(w)
		if err := c.verify(); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		p, err := pass.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if !p.IssuerSigned(c.checks[0].key) || len(c.checks) != i+1 {
			t.Errorf("%s: the floor makes %d verifications with another key", k.name, len(c.checks))
		}
		c.checks[len(c.checks)-1].proof[0] ^= 1
		if c.verify() == nil {
			t.Errorf("%s: the floor takes a false signature", k.name)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var samples []time.Duration
	for i := range 100 {
		samples = append(samples, time.Duration(100-i))
	}
	for p, want := range map[int]time.Duration{50: 51, 90: 91, 99: 100} {
		if got := at(samples, p); got != want {
			t.Errorf("p%d is %d, want %d", p, got, want)
		}
	}
	if samples[0] != 100 {
		t.Error("the samples were put in order: their order is the run's")
	}
	if got := at(samples[:1], 99); got != 100 {
		t.Errorf("p99 of one sample is %d", got)
	}
}

func TestFileSystemIsThatOfTheFolder(t *testing.T) {
	if kind, _ := fileSystem("/proc"); kind != "proc" {
		t.Errorf("/proc lies on %s", kind)
	}
	if kind, source := fileSystem(t.TempDir()); kind == "unknown" || source == "unknown" {
		t.Errorf("the temporary folder lies on %s, %s", kind, source)
	}
}
