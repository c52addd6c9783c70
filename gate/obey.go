package gate

import (
	"context"
	"time"
)

// obey takes one order from its record to the door. Like an opening by code it
// is recorded, then done; what is refused is recorded too.
func (c *Controller) obey(ctx context.Context, o Order) error {
	defer c.yield()
	at := c.cfg.Moment()
	r := Record{
		Kind: KindCommand, At: at, Lane: c.cfg.Lane.Name, Reason: c.against(o, at),
		Source: o.Source, Ref: o.ID, Event: Event(o.Verb), Detail: o.Facts,
	}
	if r.Reason != OK {
		r.Verdict = Refused
		c.commit(r)
		c.answer(o.Reply, r.Verdict, r.Reason)
		return nil
	}
	lasts := LongestStay
	if !o.Until.IsZero() {
		lasts = min(lasts, o.Until.Sub(at.Time))
	}
	var do func(now time.Time)
	switch o.Verb {
	case VerbHoldOpen:
		r.Verdict, do = Open, func(now time.Time) { c.door.HoldOpen(now, now.Add(lasts)) }
	case VerbLockdown: // kept in the transaction of the record
		c.memory.Locked = at.Time.Add(lasts).Unix()
		do = func(now time.Time) { c.door.Lockdown(now, now.Add(lasts)) }
	case VerbRelease:
		c.memory.Locked = 0
		do = c.door.Release
	default:
		r.Verdict, do = Open, c.door.Admit
	}
	if o.Verb == VerbHoldOpen || o.Verb == VerbLockdown {
		r.Detail = "until " + at.Time.Add(lasts).UTC().Format(time.RFC3339)
	}
	done, err := c.admit(ctx, r, do)
	if done {
		c.answer(o.Reply, r.Verdict, r.Reason)
	}
	return err
}

// against is the reason not to obey; OK if there is none. A lockdown and its
// release are always possible.
func (c *Controller) against(o Order, at Moment) Reason {
	switch {
	case o.Refuse != "" && o.Refuse != OK:
		return o.Refuse
	case time.Since(o.At) > scanLife, !o.Expires.IsZero() && at.Time.After(o.Expires):
		return Expired
	}
	switch o.Verb {
	case VerbHoldOpen:
		if r := c.door.RefuseHold(); r != "" {
			return r
		}
		if !o.Until.IsZero() && !o.Until.After(at.Time) {
			return Expired
		}
	case VerbLockdown:
		if !o.Until.IsZero() && !o.Until.After(at.Time) {
			return Expired
		}
		return OK
	case VerbRelease:
		return OK
	case VerbOpen:
	default:
		return Unsupported
	}
	if r := c.doorState().Refuse; r != "" {
		return r
	}
	return OK
}

// answer tells whoever asked.
func (c *Controller) answer(to chan<- Answer, v Verdict, r Reason) {
	reply(to, Answer{Lane: c.cfg.Lane.Name, Verdict: v, Reason: r})
}

// restoreLockdown takes up a lockdown from before the start.
func (c *Controller) restoreLockdown(now time.Time) {
	if c.memory.Locked == 0 {
		return
	}
	until := time.Unix(c.memory.Locked, 0)
	left := until.Sub(c.cfg.Moment().Time)
	if left <= 0 {
		c.memory.Locked = 0
		return
	}
	c.door.Lockdown(now, now.Add(left))
	c.tell(Record{Event: LockdownKept, Detail: "until " + until.UTC().Format(time.RFC3339)})
}

// limitLockdown lets a lockdown end by the box's clock, which may have been found
// to be wrong since it began.
func (c *Controller) limitLockdown() error {
	if c.memory.Locked == 0 {
		return nil
	}
	now := time.Now()
	c.door.LimitLockdown(now, now.Add(time.Unix(c.memory.Locked, 0).Sub(c.cfg.Moment().Time)))
	return c.settle(now)
}
