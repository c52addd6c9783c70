package record_test

import (
	"testing"

	"gated/verify/record"
)

func BenchmarkEncode(b *testing.B) {
	r := admission()
	for b.Loop() {
		if _, err := record.Encode(log1, 5, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseLeaf(b *testing.B) {
	leaf := encode(b, 5, admission()).Leaf
	for b.Loop() {
		if _, err := record.ParseLeaf(leaf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	e := encode(b, 5, admission())
	for b.Loop() {
		if err := e.Check(); err != nil {
			b.Fatal(err)
		}
	}
}
