package sync_test

import (
	"testing"
	"time"

	"gated/sync"
)

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	for attempt := range 100 {
		most := 60 * time.Second
		if attempt < 7 {
			most = 500 * time.Millisecond << attempt
		}
		var low, high int
		for range 200 {
			d := sync.Backoff(attempt)
			if d < 0 || d > most {
				t.Fatalf("attempt %d: %v, want 0 to %v", attempt, d, most)
			}
			if d < most/2 {
				low++
			} else {
				high++
			}
		}
		// Full jitter: both halves come up. By chance one does not once in 10^33.
		if low < 20 || high < 20 {
			t.Errorf("attempt %d: %d of 200 pauses in the lower half of %v, %d in the upper", attempt, low, most, high)
		}
	}
}
