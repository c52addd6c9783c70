package gate

import "time"

// watch is what the door's contact tells, and what follows from it. The zero
// value has not heard the contact.
type watch struct {
	heard, open bool
	forced      bool      // it opened without a cause, and has not been shut since
	since       time.Time // from when the open door is counted
	told        Event     // PreAlarm or HeldOpen, once said of this opening
	expected    time.Time // until when an opening has its cause
}

// report takes in what the contact says.
func (w *watch) report(now time.Time, open bool) {
	if w.heard && w.open == open {
		return
	}
	w.heard, w.open = true, open
	w.forced, w.told, w.since = false, "", now
}

// restart counts an open door from now on: somebody may be walking through. An
// alarm stays until the door is shut.
func (w *watch) restart(now time.Time) {
	if w.told != HeldOpen {
		w.told, w.since = "", now
	}
}

// excuse ends an alarm: the door may be open.
func (w *watch) excuse() { w.forced, w.told = false, "" }

// next is when the open door becomes a fault, or a worse one.
func (w *watch) next(cfg DoorConfig) (time.Time, bool) {
	switch {
	case !w.open || w.told == HeldOpen:
		return time.Time{}, false
	case w.told == PreAlarm || cfg.PreAlarm >= cfg.HeldOpen:
		return w.since.Add(cfg.HeldOpen), true
	default:
		return w.since.Add(cfg.PreAlarm), true
	}
}

// due says what has become of an open door by now.
func (w *watch) due(now time.Time, cfg DoorConfig) (told []Event) {
	for {
		at, ok := w.next(cfg)
		if !ok || now.Before(at) {
			return told
		}
		w.told = pick(at.Equal(w.since.Add(cfg.HeldOpen)), HeldOpen, PreAlarm)
		told = append(told, w.told)
	}
}

// fault is the worst of what is wrong.
func (w *watch) fault() Event {
	if w.forced {
		return DoorForced
	}
	return w.told
}
