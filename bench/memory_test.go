package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gated/drivers/drivertest"
	"gated/stage"
)

// TestMemoryIsMeasured runs the measurement at a small scale, on the real daemon. With
// GATED_LONG a million records wait, and the budget decides.
func TestMemoryIsMeasured(t *testing.T) {
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	var out strings.Builder
	scale := 1000
	if os.Getenv("GATED_LONG") != "" {
		scale = 1
	}
	if err := measureMemory(t.Context(), &out, t.TempDir(), scale); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	if scale == 1 && strings.Contains(out.String(), "budget 40 MB: no") {
		t.Error("the daemon takes more than its budget")
	}
	for _, want := range []string{
		fmt.Sprintf("%d revocations, %[1]d records that wait", 100_000/scale), fmt.Sprintf("%d records that wait", 1_000_000/scale), "process start to ready", "without a network: last byte", "MB resident", "while it drains", "and cosigned",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
