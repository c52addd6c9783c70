package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gated/drivers/drivertest"
	"gated/stage"
)

// TestTheLineIsMeasured runs the measurement at a small scale: what it prints is
// read by people, and must be about what was asked.
func TestTheLineIsMeasured(t *testing.T) {
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	var out bytes.Buffer
	begin := time.Now()
	if err := measureNetwork(&out, t.TempDir(), 60); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", time.Since(begin).Round(time.Second), out.String())
	for _, want := range []string{"presented -> verdict", "a day at rest", "2,000 openings in 16 h", "with a neighbour that is told", "backlog of 1666 records", "one message a record"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing is said of %q", want)
		}
	}
}
