package main

import (
	"strings"
	"testing"

	"gated/drivers/drivertest"
	"gated/stage"
)

// TestMemoryIsMeasured runs the measurement at a small scale, on the real daemon.
func TestMemoryIsMeasured(t *testing.T) {
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	var out strings.Builder
	if err := measureMemory(t.Context(), &out, t.TempDir(), 1000); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, want := range []string{
		"100 revocations, 100 records that wait", "1000 records that wait", "process start to ready", "without a network: last byte", "MB resident", "while it drains", "and cosigned",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
