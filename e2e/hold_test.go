package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// A hundred riders are put on hold, one after another, at a gate that is
// online: each is refused within a second, counted from the start of the
// command. It is not run beside other stories, whose load it would measure.
func TestHoldIsEnforced100Times(t *testing.T) {
	w := newWorld(t)
	const riders = 100
	var codes []string
	for i := range riders {
		codes = append(codes, issue(t, w, 1000+i))
	}
	var took []time.Duration
	for i, code := range codes {
		took = append(took, holdAndShow(t, w, 1000+i, code))
	}
	slices.Sort(took)
	t.Logf("hold, from the start of the command to the refusal seen, %d times: min %s, p50 %s, p90 %s, max %s",
		riders, ms(took[0]), ms(took[riders/2]), ms(took[riders*9/10]), ms(took[riders-1]))
	for _, d := range took {
		if d > time.Second {
			t.Errorf("refused only %s after the command's start", ms(d))
		}
	}
}

// holdAndShow puts the rider on hold, shows his code as soon as the box says
// that it has the next list, and returns the time until he was refused.
func holdAndShow(t *testing.T, w *stage.World, rider int, code string) time.Duration {
	t.Helper()
	before, err := w.Box.Status(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := w.Central.Do(soon(t), "hold", "--issuer", "1", "--rider", strconv.Itoa(rider)); err != nil {
		t.Fatal(err)
	}
	status(t, w, func(s stage.Status) bool { return s.Rev > before.Rev })
	return show(t, w, code, gate.OnHold).At.Sub(begin)
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
