package store_test

import (
	"testing"

	"gated/gate"
)

func TestACarriedUseGoesWithTheNextCommit(t *testing.T) {
	o := options(t)
	b := start(t, o)
	told := func(serial uint32, entered int64) gate.Use {
		return gate.Use{Pass: gate.PassID{Kid: 257, Serial: serial}, Entered: entered, Until: 1_800_000_900}
	}
	entered := func(want map[uint32]int64) {
		t.Helper()
		uses, err := b.Uses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[uint32]int64)
		for _, u := range uses {
			got[u.Pass.Serial] = u.Entered
		}
		if len(got) != len(want) {
			t.Errorf("uses %v, want %v", got, want)
		}
		for serial, at := range want {
			if got[serial] != at {
				t.Errorf("pass %d entered at %d, want %d", serial, got[serial], at)
			}
		}
	}
	b.CarryUse(told(1, 10))
	b.CarryUse(told(1, 11)) // replaces it
	b.CarryUse(told(2, 20))
	entered(nil)
	own := admission(2) // of the same pass, judged later than it was told of
	own.Use = &gate.Use{Pass: gate.PassID{Kid: 257, Serial: 2}, Entered: 21, Until: 1_800_000_900}
	b.commit(t, own)
	entered(map[uint32]int64{1: 11, 2: 21})
	b.CarryUse(told(3, 30))
	b.mustStop(t)
	b = start(t, o)
	entered(map[uint32]int64{1: 11, 2: 21, 3: 30})
}
