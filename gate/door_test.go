package gate_test

import (
	"strings"
	"testing"
	"time"

	"gated/gate"
)

func TestDoorTimingThatCannotBeMeant(t *testing.T) {
	tests := []struct {
		name string
		cfg  gate.DoorConfig
		want string // part of the sentence; empty: fine
	}{
		{"defaults", gate.DoorConfig{}, ""},
		{"longest possible pulse", gate.DoorConfig{Pulse: time.Minute}, ""},
		{"a pulse of over a minute", gate.DoorConfig{Pulse: 61 * sec}, "the gate would stay open"},
		{"a negative pulse", gate.DoorConfig{Pulse: -1}, "not between"},
		{"longest shorter than the pulse", gate.DoorConfig{Pulse: 5 * sec, Longest: 4 * sec}, "longest pulse"},
		{"longest over a minute", gate.DoorConfig{Longest: 2 * time.Minute}, "longest pulse"},
		{"a mode that does not exist", gate.DoorConfig{Mode: "toggle"}, "neither"},
		{"a negative gap", gate.DoorConfig{Gap: -1}, "gap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.cfg.Check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Check() = %v, want a sentence with %q", err, tt.want)
			}
		})
	}
}

// TestRelayIsNeverOnLongerThanTheLongestPulse drives the machine with admissions
// at every tenth of a second, in both modes.
func TestRelayIsNeverOnLongerThanTheLongestPulse(t *testing.T) {
	for _, cfg := range []gate.DoorConfig{
		{Mode: gate.Hold, Pulse: 3 * sec, Longest: 10 * sec},
		{Mode: gate.Impulse, Pulse: sec, Longest: 10 * sec},
	} {
		d, now := gate.NewDoorMachine(cfg), time.Unix(0, 0)
		var onSince time.Time
		pulses := 0
		for range 10_000 {
			d.Advance(now)
			d.Admit(now)
			switch {
			case !d.On():
				onSince = time.Time{}
			case onSince.IsZero():
				onSince, pulses = now, pulses+1
			case now.Sub(onSince) > cfg.Longest:
				t.Fatalf("%s: on for %s", cfg.Mode, now.Sub(onSince))
			}
			now = now.Add(sec / 10)
		}
		if pulses < 50 {
			t.Errorf("%s: %d pulses in 1000 s of riders; the test drives nothing", cfg.Mode, pulses)
		}
	}
}
