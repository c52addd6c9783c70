package main

import (
	"strings"
	"testing"
)

func TestRevocationIsMeasured(t *testing.T) {
	var out strings.Builder
	if err := measureRevocation(&out, t.TempDir(), 1000); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CPU", "dense:", "clustered:", "sparse:", "Go map", "sorted slice", "Bloom filter", "BYTES AN ENTRY", "BYTES ON THE WIRE", "from bytes to enforced", "syncs until a delta of one is durable: 1 at the least",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
