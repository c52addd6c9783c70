package gate

// Picture is what State would show of the machine.
func (d *DoorMachine) Picture() (s LaneState) {
	d.picture(&s)
	return s
}

// Pulse says whether a pulse is on, beside what else holds the relay.
func (d *DoorMachine) Pulse() bool { return d.on }

// Waiting says whether an admission waits for its pulse.
func (d *DoorMachine) Waiting() bool { return d.waiting > 0 }
