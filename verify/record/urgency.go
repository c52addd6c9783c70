package record

import (
	"bytes"

	"gated/gate"
)

// Urgency says how soon a record is wanted at the central server.
type Urgency int

// The urgencies, the least first.
const (
	Routine  Urgency = iota // what a door does after an admission: relay and contact
	Told                    // who came, and what he was told
	Pressing                // all else: commands, alarms, the box itself
)

// UrgencyOf reads it off a leaf as Encode writes it. Within a string the quotes
// would be escaped, so what is looked for are names and values.
func UrgencyOf(leaf []byte) Urgency {
	switch {
	case bytes.Contains(leaf, kindAccess), bytes.Contains(leaf, exitButton):
		return Told
	case !bytes.Contains(leaf, kindDoor):
		return Pressing
	}
	for _, event := range routine {
		if bytes.Contains(leaf, event) {
			return Routine
		}
	}
	return Pressing
}

func pair(name, value string) []byte { return []byte(`"` + name + `":"` + value + `"`) }

var (
	kindAccess = pair("kind", string(gate.KindAccess))
	kindDoor   = pair("kind", string(gate.KindDoor))
	exitButton = pair("event", string(gate.ExitButton))
	routine    = [][]byte{
		pair("event", string(gate.RelayOn)), pair("event", string(gate.RelayOff)), pair("event", string(gate.DoorOpened)), pair("event", string(gate.DoorShut)),
	}
)
