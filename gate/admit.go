package gate

import (
	"context"
	"fmt"
	"time"
)

// serve takes one scan from judgement to door.
func (c *Controller) serve(ctx context.Context, s Scan) error {
	if time.Since(s.At) > scanLife {
		c.cfg.Log.Warn("scan dropped: the lane was busy too long", "lane", c.cfg.Lane.Name)
		c.answer(s.Reply, Refused, DoorFault)
		return nil
	}
	defer c.yield()
	d := c.cfg.Judge.Judge(s, c.cfg.Lane, c.doorState())
	if d.Verdict == Ignored {
		c.answer(s.Reply, d.Verdict, d.Reason)
		return nil
	}
	r := c.record(s, d)
	c.note(d)
	if d.Verdict != Open {
		c.refuse(r)
		c.answer(s.Reply, d.Verdict, d.Reason)
		c.cfg.Signal.Show(d)
		return nil
	}
	on := c.on
	opened, err := c.admit(ctx, r, c.door.Admit)
	if opened && c.on && !on && c.cfg.Opened != nil {
		c.cfg.Opened(s.Source, time.Since(s.At))
	}
	if opened {
		c.answer(s.Reply, d.Verdict, d.Reason)
		c.cfg.Signal.Show(d)
	}
	return err
}

// admit keeps the record of what is done, and then does it. If we are being
// stopped the record says so, and nothing is done.
func (c *Controller) admit(ctx context.Context, r Record, do func(now time.Time)) (done bool, err error) {
	c.picture(func(s *LaneState) { s.Serving = true })
	defer c.picture(func(s *LaneState) { s.Serving = false })
	if err := c.await(ctx, c.commit(r)); err != nil || ctx.Err() != nil {
		return false, err
	}
	now := time.Now()
	do(now)
	err = c.settle(now)
	return err == nil, err
}

// await returns when the record is on disk, or when that has taken too long and
// the door must open all the same. A pulse that ends in the meantime ends on
// time, and the inputs are heard.
func (c *Controller) await(ctx context.Context, receipt lateReceipt) error {
	limit := time.NewTimer(c.cfg.Wait)
	defer limit.Stop()
	for {
		var err error
		select {
		case r := <-receipt.c:
			if r.Err != nil {
				c.cfg.Log.Error("record not on disk: the door opens all the same", "lane", c.cfg.Lane.Name, "err", r.Err)
			}
			return nil
		case <-limit.C:
			c.cfg.Log.Warn("storage is slow: the door opens before its record is on disk", "lane", c.cfg.Lane.Name, "wait", c.cfg.Wait)
			c.late = append(c.late, receipt)
			return nil
		case <-c.timer.C:
			err = c.move()
		case <-c.tick.C:
			c.alive()
			err = c.sense()
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lateReceipt is a receipt that is waited for, and the place in its commit of the
// record that matters.
type lateReceipt struct {
	c     <-chan Receipt
	place uint64
}

// commit keeps one record, and before it what happened before it.
func (c *Controller) commit(r Record) lateReceipt {
	recs := append(c.takeAfter(), r)
	return lateReceipt{c.cfg.Journal.Commit(recs...), uint64(len(recs) - 1)} //nolint:gosec // there is one at least
}

// oldestLate is the receipt that has been waited for the longest; nil, which
// never delivers, if there is none.
func (c *Controller) oldestLate() <-chan Receipt {
	if len(c.late) == 0 {
		return nil
	}
	return c.late[0].c
}

// admitLate says in a record of its own that the record r came after its door.
func (c *Controller) admitLate(r Receipt) {
	about := r.First + c.late[0].place
	c.late = c.late[1:]
	if r.Err != nil {
		c.cfg.Log.Error("record of an opening is lost", "lane", c.cfg.Lane.Name, "err", r.Err)
		return
	}
	c.keep(Record{
		Kind: KindSystem, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Event: LateRecord, About: &about,
		Detail: fmt.Sprintf("the disk took longer than %s; the door had opened", c.cfg.Wait),
	})
}

// doorState is what the judgement must know. If nothing stands against it the
// door has the right to open alone, until settle finds it shut.
func (c *Controller) doorState() DoorState {
	s := DoorState{Refuse: c.door.Refuse(), Opened: c.memory.Opened}
	if s.Refuse == "" && !c.levels.Fire && !c.cfg.Airlock.take(c.cfg.Lane.Name) {
		s.Refuse = Interlock
	}
	return s
}

// yield gives the right to open back if the door is shut.
func (c *Controller) yield() { c.cfg.Airlock.set(c.cfg.Lane.Name, c.door.Shut(time.Now())) }

// record is the access record of a decision.
func (c *Controller) record(s Scan, d Decision) Record {
	return Record{
		Kind: KindAccess, At: d.At, Lane: c.cfg.Lane.Name, Verdict: d.Verdict, Reason: d.Reason, Entrance: d.Entrance,
		Source: s.Source, Ref: s.Ref, Fresh: d.Fresh, Rev: d.Rev, Trust: d.Trust, Took: time.Since(s.At),
		Person: d.Person, Use: d.Use,
	}
}

// refuse keeps a refusal. Nobody waits for it. Refusals that cost their maker
// nothing are counted, so that a flood of them cannot wear out the card.
func (c *Controller) refuse(r Record) {
	if r.Person != nil && r.Reason != TooManyAttempts {
		c.keep(r)
		return
	}
	r.Person = nil
	c.keep(c.refused.count(r, time.Now())...)
}

// keep commits records that nobody waits for. Safe for concurrent use.
func (c *Controller) keep(recs ...Record) {
	if len(recs) > 0 {
		c.cfg.Journal.Commit(recs...)
	}
}
