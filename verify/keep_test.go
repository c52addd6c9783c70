package verify_test

import (
	"testing"

	"gated/verify"
	"gated/verify/revocation"
)

func TestAStateOfUpTo256KiBIsKeptTwice(t *testing.T) {
	t.Parallel()
	for size, once := range map[int]bool{262_144: false, 262_145: true} {
		if all := verify.Written(size, 0); len(all) != 1 || all[0].Once != once {
			t.Errorf("%d bytes: %d written, once %t", size, len(all), all[0].Once)
		}
	}
}

func TestPartsOfALongerStateAreEmptiedAndNoMore(t *testing.T) {
	t.Parallel()
	all := verify.Written(10, 3)
	if len(all) != 3 || len(all[0].Body) != 10 || len(all[1].Body)+len(all[2].Body) != 0 {
		t.Errorf("one part over three: %+v", all)
	}
}

func TestOfDeltasFromOnePlaceTheShortestIsNext(t *testing.T) {
	t.Parallel()
	waiting := []revocation.Delta{{From: 1, To: 4}, {From: 1, To: 2}, {From: 1, To: 3}, {From: 2, To: 5}}
	for range 20 { // they come in any order
		if d, ok := verify.Next(1, waiting...); !ok || d.From != 1 || d.To != 2 {
			t.Fatalf("from 1: %d.%d, %t", d.From, d.To, ok)
		}
	}
}
