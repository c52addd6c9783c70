package record_test

import (
	"testing"

	"gated/gate"
	"gated/verify/record"
)

func TestUrgency(t *testing.T) {
	for _, row := range []struct {
		what string
		rec  gate.Record
		want record.Urgency
	}{
		{"an admission", admission(), record.Told},
		{"a refusal", gate.Record{Kind: gate.KindAccess, Verdict: gate.Refused, Reason: gate.Expired}, record.Told},
		{"an exit button", gate.Record{Kind: gate.KindDoor, Event: gate.ExitButton}, record.Told},
		{"relay on", gate.Record{Kind: gate.KindDoor, Event: gate.RelayOn}, record.Routine},
		{"relay off", gate.Record{Kind: gate.KindDoor, Event: gate.RelayOff}, record.Routine},
		{"opened", gate.Record{Kind: gate.KindDoor, Event: gate.DoorOpened}, record.Routine},
		{"shut", gate.Record{Kind: gate.KindDoor, Event: gate.DoorShut}, record.Routine},
		{"forced", gate.Record{Kind: gate.KindDoor, Event: gate.DoorForced}, record.Pressing},
		{"held open", gate.Record{Kind: gate.KindDoor, Event: gate.HeldOpen}, record.Pressing},
		{"fire", gate.Record{Kind: gate.KindDoor, Event: gate.Fire}, record.Pressing},
		{"a command", gate.Record{Kind: gate.KindCommand, Event: gate.Event(gate.VerbOpen)}, record.Pressing},
		{"an alarm", gate.Record{Kind: gate.KindSystem, Event: gate.Alarm}, record.Pressing},
		{
			"an alarm whose sentence speaks of a relay",
			gate.Record{Kind: gate.KindDoor, Event: gate.DoorForced, Detail: `after "event":"relay-off","kind":"access"`},
			record.Pressing,
		},
	} {
		if got := record.UrgencyOf(encode(t, 1, row.rec).Leaf); got != row.want {
			t.Errorf("%s: %d, want %d", row.what, got, row.want)
		}
	}
}
