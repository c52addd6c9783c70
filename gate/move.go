package gate

import (
	"fmt"
	"time"
)

// afterLife is how long records of the door may wait for its rest: what follows
// an opening is one commit, but not one that comes only with the night.
const afterLife = 30 * time.Second

// move carries the door's machine to now and the relay to what it says.
func (c *Controller) move() error {
	now := time.Now()
	c.door.Advance(now)
	return c.settle(now)
}

// settle does what has become of the door: the relay, records, alarms, the timer.
func (c *Controller) settle(now time.Time) error {
	urgent := false
	for _, e := range c.door.Take() {
		c.tell(Record{Event: e})
		urgent = urgent || !routine(e)
	}
	if err := c.set(now, c.door.On()); err != nil {
		return err
	}
	if f := c.door.Fault(); f != c.fault {
		c.fault = f
		if c.cfg.Alarm != nil {
			c.cfg.Alarm(f)
		}
	}
	c.cfg.Airlock.set(c.cfg.Lane.Name, c.door.Shut(now))
	at, ok := c.door.Next()
	if len(c.after) > 0 {
		if urgent {
			c.keep(c.takeAfter()...)
		} else if c.door.Shut(now) || !now.Before(c.flush) {
			c.cfg.Journal.Follow(c.takeAfter()...)
		} else if !ok || c.flush.Before(at) {
			at, ok = c.flush, true
		}
	}
	if ok {
		c.timer.Reset(time.Until(at))
	}
	c.picture(func(s *LaneState) { c.door.picture(s) })
	return nil
}

// routine says whether an event is part of every passage. What is not is synced at
// once, and so is all that waits with it.
func routine(e Event) bool {
	return e == DoorOpened || e == DoorShut || e == AlreadyOpen || e == PreAlarm
}

// set moves the relay if it has to move, and notes the edge. The guard knows
// before the relay is on until when, and that it is off only once it is.
func (c *Controller) set(now time.Time, on bool) error {
	if on {
		c.guard.expect(now, true, c.door.Off())
	}
	if c.on == on {
		return nil
	}
	if err := c.cfg.Relay.Set(on); err != nil {
		return fmt.Errorf("switch relay of lane %s: %w", c.cfg.Lane.Name, err)
	}
	if !on {
		c.guard.expect(now, false, now)
	}
	c.on = on
	c.tell(Record{Event: pick(on, RelayOn, RelayOff)})
	return nil
}

// tell notes a record of the door, to be kept with those around it.
func (c *Controller) tell(r Record) {
	r.Kind, r.At, r.Lane = KindDoor, c.cfg.Moment(), c.cfg.Lane.Name
	if len(c.after) == 0 {
		c.flush = time.Now().Add(afterLife)
	}
	c.after = append(c.after, r)
	switch r.Event {
	case DoorOpened, DoorForced:
		open := true
		c.memory.Open, c.memory.Opened = &open, r.At
	case DoorShut:
		open := false
		c.memory.Open = &open
	case LockdownEnded:
		c.memory.Locked = 0
	default: // nothing to remember
	}
}

// takeAfter returns the records of the door that are to be kept now. What is
// remembered goes with them.
func (c *Controller) takeAfter() []Record {
	if c.memory.Locked != c.told && c.cfg.Remember != nil {
		c.cfg.Remember(c.memory.Locked)
	}
	c.told = c.memory.Locked
	recs := c.after
	c.after = nil
	return recs
}

// end leaves the door shut, whatever state the controller is in, and keeps what
// is not yet kept. The relay comes first, and is told even if we believe it off.
func (c *Controller) end() error {
	now := time.Now()
	err := c.set(now, false)
	if err == nil {
		err = c.cfg.Relay.Set(false)
	}
	c.keep(append(c.takeAfter(), c.refused.rest(now)...)...)
	c.picture(func(s *LaneState) { s.Relay = false })
	return err
}

// note keeps the picture for State.
func (c *Controller) note(d Decision) {
	c.picture(func(s *LaneState) { s.At, s.Verdict, s.Reason = d.At.Time, d.Verdict, d.Reason })
}

func (c *Controller) picture(change func(*LaneState)) {
	s := *c.last.Load()
	change(&s)
	c.last.Store(&s)
}
