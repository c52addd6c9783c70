package gate

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// find begins: it takes up what the door remembers, hears the inputs for the
// first time, and records what relay and contact say, and what the contact had
// said before the box was away.
func (c *Controller) find() error {
	now := time.Now()
	c.restoreLockdown(now)
	said := "no contact"
	if c.cfg.Inputs != nil {
		l, err := c.cfg.Inputs.Read()
		if err != nil {
			return fmt.Errorf("read inputs of lane %s: %w", c.cfg.Lane.Name, err)
		}
		c.levels = l
		c.door.Fire(now, l.Fire)
	}
	if c.cfg.Door.Contact {
		c.door.Contact(now, c.levels.Open)
		said = contactSays + openOrShut(c.levels.Open)
		switch before := c.memory.Open; {
		case before == nil:
		case *before == c.levels.Open:
			said += ", as before"
		default:
			said += "; before the box was away it said " + openOrShut(*before) + ": the door has moved"
		}
		open := c.levels.Open
		c.memory.Open = &open
	}
	c.tell(Record{Event: DoorFound, Detail: c.relaySays() + "; " + said})
	c.keep(c.takeAfter()...) // now: a door that stands open may do so all day, and who moved it is asked today
	return c.settle(now)
}

// contactSays begins what a record of DoorFound says of the contact.
const contactSays = "the contact says "

// Found is what the contact said by the detail of a [DoorFound] record; known is
// false if there was none.
func Found(detail string) (open, known bool) {
	_, rest, _ := strings.Cut(detail, contactSays)
	return strings.HasPrefix(rest, openOrShut(true)), rest != ""
}

// relaySays reads the relay back, which was switched off.
func (c *Controller) relaySays() string {
	on, err := c.cfg.Relay.On()
	switch {
	case err != nil:
		return fmt.Sprintf("relay switched off, and cannot be read back: %v", err)
	case on:
		return "relay on although it was switched off: something else drives its line, and the gate may be open"
	default:
		return "relay off"
	}
}

func openOrShut(open bool) string { return pick(open, "open", "shut") }

// sense hears the inputs. A press of the button is only noted: see press.
func (c *Controller) sense() error {
	if c.cfg.Inputs == nil {
		return nil
	}
	l, err := c.cfg.Inputs.Read()
	if err != nil {
		return fmt.Errorf("read inputs of lane %s: %w", c.cfg.Lane.Name, err)
	}
	was, now := c.levels, time.Now()
	c.levels = l
	if l == was {
		c.yield()
		return nil
	}
	if l.Fire != was.Fire {
		c.door.Fire(now, l.Fire)
	}
	if l.Exit && !was.Exit {
		c.pressed = true
		c.door.Expect(now)
	}
	if c.cfg.Door.Contact && l.Open != was.Open {
		c.door.Contact(now, l.Open)
	}
	return c.settle(now)
}

// press opens for the exit button, in a lockdown too: nobody is locked in. It is
// recorded first, like every opening.
func (c *Controller) press(ctx context.Context) error {
	if !c.pressed {
		return nil
	}
	c.pressed = false
	_, err := c.admit(ctx, Record{
		Kind: KindDoor, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Source: FromButton, Event: ExitButton,
	}, c.door.Admit)
	return err
}
