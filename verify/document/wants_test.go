package document_test

import (
	"testing"

	"gated/verify/document"
)

func TestWantsNone(t *testing.T) {
	if !(document.Wants{Snapshot: 5}).None() {
		t.Error("a snapshot without parts is wanted")
	}
	for _, w := range []document.Wants{{Trust: []int64{1}}, {Rotations: true}, {Deltas: []int64{1}}, {Parts: []int64{1}}} {
		if w.None() {
			t.Errorf("%+v wants nothing", w)
		}
	}
}
