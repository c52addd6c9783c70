package door_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gated/drivers/door"
	"gated/drivers/drivertest"
)

// TestAWireThatRattlesIsSeenToRattle: the single readings are told beside what
// they are taken for.
func TestAWireThatRattlesIsSeenToRattle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "contact")
		in, err := door.OpenInput(door.InputConfig{Kind: "sim", Line: file, Active: "high"})
		if err != nil {
			t.Fatal(err)
		}
		read := func(level string, times int) {
			t.Helper()
			if err := os.WriteFile(file, []byte(level), 0o600); err != nil {
				t.Fatal(err)
			}
			for range times {
				time.Sleep(10 * time.Millisecond) // synctest's clock
				if _, err := in.Active(); err != nil {
					t.Fatal(err)
				}
			}
		}
		read("0", 10)
		begun := time.Now()
		for range 50 {
			read("1", 1)
			read("0", 1)
		}
		raw, taken := in.Stories()
		if raw.Count != 100 || raw.Second < 99 || taken.Count != 0 || taken.On {
			t.Errorf("while it rattles: raw %d changes, %d within a second; taken %d, on %v", raw.Count, raw.Second, taken.Count, taken.On)
		}
		if len(raw.Last) != 16 || raw.Last[15].On || !raw.Last[15].At.Equal(time.Now()) {
			t.Errorf("the newest changes: %v", raw.Last)
		}
		read("1", 200)
		raw, taken = in.Stories()
		if raw.Count != 101 || raw.Second != 0 || taken.Count != 1 || !taken.On {
			t.Errorf("after it: raw %+v; taken %+v", raw, taken)
		}
		if at := taken.Last[0].At.Sub(begun); at != time.Second+60*time.Millisecond {
			t.Errorf("taken for on after %s, want 50 ms after the first reading", at)
		}
	})
}

// TestAWatchedRelayTellsWhatItDid, and passes what every relay passes.
func TestAWatchedRelayTellsWhatItDid(t *testing.T) {
	w := door.Watch(&drivertest.Door{})
	for _, on := range []bool{false, true, true, false} {
		if err := w.Set(on); err != nil {
			t.Fatal(err)
		}
	}
	if s := w.Story(); s.Count != 2 || s.On || len(s.Last) != 2 || !s.Last[0].On || s.Last[1].On {
		t.Errorf("story %+v, want on and off", s)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Set(true); err == nil || w.Story().Count != 2 {
		t.Errorf("an order that failed is a change: %v, %+v", err, w.Story())
	}
}
