package gated_test

import (
	"os/exec"
	"strings"
	"testing"

	"gated/drivers/drivertest"
)

// TestUnitsAreLockedDown is the budget of exposure, in tenths, as systemd counts
// it: what the daemon could touch if somebody took it over.
func TestUnitsAreLockedDown(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		drivertest.Missing(t, "systemd", err)
	}
	for unit, most := range map[string]string{
		"gated.service": "15", "gated-clock.service": "10", "gated-enrol.service": "30", "gate-central.service": "15",
	} {
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--no-pager", "--offline=true", "--threshold="+most, "systemd/"+unit).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Logf("%s: %s", unit, lines[len(lines)-1])
		if err != nil || !strings.Contains(string(out), "Overall exposure level for "+unit) {
			t.Errorf("%s is over %s tenths: %v\n%s", unit, most, err, out)
		}
	}
}
