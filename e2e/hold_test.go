package e2e_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// What make hold asks for. On a machine that is busy with other tests a time
// says nothing, so without a limit it is printed alone.
var (
	holds      = flag.Int("holds", 100, "riders to put on hold, one after another")
	holdWithin = flag.Duration("within", 0, "time in which each must be refused; 0: any")
)

// A hundred riders are put on hold, one after another, at a gate that is
// online: each is refused, and the time from the start of the command until
// then is printed. It is not run beside other stories, whose load it would measure.
func TestHoldIsEnforced100Times(t *testing.T) {
	w := newWorld(t)
	riders := *holds
	if riders < 1 {
		t.Fatal("-holds: at least one rider")
	}
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
		if *holdWithin > 0 && d > *holdWithin {
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
