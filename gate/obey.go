package gate

import (
	"context"
	"time"
)

// obey takes one order from its record to the door. Like an opening by code it
// is recorded, then done; what is refused is recorded too.
func (c *Controller) obey(ctx context.Context, o Order) error {
	reason := c.against(o)
	r := Record{
		Kind: KindCommand, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Verdict: Open, Reason: reason,
		Source: o.Source, Ref: o.ID, Event: Event(o.Verb),
	}
	if reason != OK {
		r.Verdict = Refused
		c.keep(r)
		c.answer(o.Reply, r.Verdict, r.Reason)
		return nil
	}
	opened, err := c.admit(ctx, r)
	if opened {
		c.answer(o.Reply, r.Verdict, r.Reason)
	}
	return err
}

// against is the reason not to obey; OK if there is none.
func (c *Controller) against(o Order) Reason {
	state := c.doorState()
	switch {
	case o.Refuse != "" && o.Refuse != OK:
		return o.Refuse
	case time.Since(o.At) > scanLife, !o.Expires.IsZero() && c.cfg.Moment().Time.After(o.Expires):
		return Expired
	case state.Refuse != "":
		return state.Refuse
	case o.Verb != VerbOpen:
		return Unsupported
	default:
		return OK
	}
}

// answer tells whoever asked.
func (c *Controller) answer(to chan<- Answer, v Verdict, r Reason) {
	reply(to, Answer{Lane: c.cfg.Lane.Name, Verdict: v, Reason: r})
}
