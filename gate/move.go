package gate

import (
	"fmt"
	"time"
)

// end leaves the door shut, whatever state the controller is in, and keeps what
// is not yet kept. The relay comes first, and is told even if we believe it off.
func (c *Controller) end() error {
	err := c.set(false)
	if err == nil {
		err = c.cfg.Relay.Set(false)
	}
	c.keep(append(c.after, c.refused.rest(time.Now())...)...)
	c.after = nil
	return err
}

// move carries the door's machine to now and the relay to what it says.
func (c *Controller) move() error {
	c.door.Advance(time.Now())
	if err := c.set(c.door.On()); err != nil {
		return err
	}
	if at, ok := c.door.Next(); ok {
		c.timer.Reset(time.Until(at))
	}
	if !c.on && len(c.after) > 0 {
		c.keep(c.after...)
		c.after = nil
	}
	return nil
}

// set moves the relay if it has to move, and notes the edge.
func (c *Controller) set(on bool) error {
	if c.on == on {
		return nil
	}
	if err := c.cfg.Relay.Set(on); err != nil {
		return fmt.Errorf("switch relay of lane %s: %w", c.cfg.Lane.Name, err)
	}
	c.on = on
	event := RelayOff
	if on {
		event = RelayOn
	}
	c.after = append(c.after, Record{Kind: KindDoor, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Event: event})
	c.mu.Lock()
	c.last.Relay = on
	c.mu.Unlock()
	return nil
}

// note keeps the picture for State.
func (c *Controller) note(d Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last.At, c.last.Verdict, c.last.Reason = d.At.Time, d.Verdict, d.Reason
}
