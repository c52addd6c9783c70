package sync

import (
	"context"
	"fmt"
	"time"

	"gated/verify/record"
)

const (
	// sealPoll is how often it is looked whether there is a key by now to seal
	// persons to, if no document has come that may have brought it.
	sealPoll = 5 * time.Second
	// outboxPause is how long an outbox that cannot be read is left alone. The
	// documents go on coming down meanwhile.
	outboxPause = 30 * time.Second
)

// upload sends the records of one connection. It is owned by one goroutine.
type upload struct {
	*session
	tail   *tail
	window window
	flying []flight  // oldest first
	began  mark      // where this connection began
	broken time.Time // until when the outbox is left alone
}

// flight is a message on its way to the broker.
type flight struct {
	sending
	bytes int
	at    time.Time
	upTo  mark // records: what has been sent once it has landed
}

func (s *session) newUpload() *upload {
	u := &upload{session: s, window: newWindow()}
	u.begin(s.resume)
	return u
}

// begin takes up the log that is being written, at from or later.
func (u *upload) begin(from mark) {
	id, size := u.out.Log()
	u.tail = newTail(u.cfg.Pace, id, size, u.out.Cosigned(), from, time.Now())
	u.began = mark{id, u.tail.lowest()}
}

// loop sends what there is to send until ctx or the connection ends.
func (u *upload) loop(ctx context.Context) error {
	for {
		again, err := u.advance(ctx, false)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-u.out.Grown():
		case <-u.nudge:
		case size := <-u.acks:
			u.observe(time.Now())
			u.tail.acknowledged(size, time.Now())
		case <-u.first():
			if err := u.land(); err != nil {
				return err
			}
		case <-until(sooner(again, u.patience())):
			if p := u.patience(); !p.IsZero() && !time.Now().Before(p) {
				u.conn.drop(errSilent)
				return errSilent
			}
		}
	}
}

// patience is until when the oldest message may stay without its answer.
func (u *upload) patience() time.Time {
	if len(u.flying) == 0 {
		return time.Time{}
	}
	return u.flying[0].at.Add(answerTimeout)
}

// advance does all that can be done now and says when to come again; zero: when
// something happens. In haste it waits for no quiet. It ends with the connection
// or ctx, and the error says so.
func (u *upload) advance(ctx context.Context, haste bool) (time.Time, error) {
	for {
		if err := ctx.Err(); err != nil { // what is read for it fails from now on
			return time.Time{}, err
		}
		now := time.Now()
		u.observe(now)
		if u.tail.overdue(now) {
			u.cfg.Log.WarnContext(ctx, "no cosignature: sending again", "waited", u.tail.wait)
			u.tail.rewind(u.central.Load(), now)
			u.began, u.resume = mark{u.tail.log, u.tail.lowest()}, mark{}
		}
		if now.Before(u.broken) {
			return u.broken, nil
		}
		do, again := u.tail.step(now)
		if haste && do == rest && u.tail.next < u.tail.size {
			do = sendFresh
		}
		switch {
		case do == rest:
			return again, nil
		case u.cfg.Seal() == nil:
			return now.Add(sealPoll), nil
		case u.full(do):
			return again, nil // Until something has landed.
		}
		if err := u.do(ctx, do); err != nil {
			return time.Time{}, err
		}
	}
}

// full says whether that has to wait until something has landed.
func (u *upload) full(do step) bool {
	if do == sendFresh {
		return u.window.fullForFresh()
	}
	return u.window.full()
}

// observe looks at the log. Another log than before begins anew.
func (u *upload) observe(now time.Time) {
	id, size := u.out.Log()
	if id != u.tail.log {
		u.begin(mark{})
		return
	}
	u.tail.observe(size, u.out.Newest(u.hurry()), u.out.Cosigned(), now)
}

// hurry is from what urgency on a record does not wait for the checkpoint that
// will cover it. On a metered line each message more costs a third of what it
// carries; alarms are told in the status too.
func (u *upload) hurry() record.Urgency {
	if u.cfg.Metered {
		return record.Pressing
	}
	return record.Told
}

// do does what the tail asks for.
func (u *upload) do(ctx context.Context, do step) error {
	if do == sendCheckpoint {
		return u.checkpoint(ctx)
	}
	return u.records(ctx, do)
}

// records sends a message of them.
func (u *upload) records(ctx context.Context, do step) error {
	msg, b, err := u.encode(ctx, do, u.window.batch())
	if err != nil {
		u.fail(ctx, err)
		return nil
	}
	u.tail.sent(do, b.First+uint64(len(b.Entries)), time.Now())
	if msg == nil {
		return nil
	}
	return u.send(ctx, Message{Topic: u.topics.records(), Payload: msg}, mark{b.Log, u.tail.lowest()})
}

// encode reads records of at most so many bytes of message; none, and no message,
// if what was to be sent again was dropped meanwhile. The outbox may count a
// little differently, so what does not fit is read again, less of it.
func (u *upload) encode(ctx context.Context, do step, most int) ([]byte, record.Batch, error) {
	begin, end := u.tail.begin(do)
	for {
		b, err := u.out.Batch(ctx, begin, most)
		if err != nil {
			return nil, b, fmt.Errorf("read records from %d: %w", begin, err)
		}
		if len(b.Entries) == 0 || b.Log != u.tail.log {
			return nil, b, fmt.Errorf("read records from %d of log %s: got %d of log %s", begin, u.tail.log, len(b.Entries), b.Log)
		}
		if b.First >= end {
			return nil, record.Batch{Log: b.Log, First: end}, nil
		}
		b.Entries = b.Entries[:min(uint64(len(b.Entries)), end-b.First)]
		msg, err := b.Encode(u.cfg.Seal())
		if err == nil {
			return msg, b, nil
		}
		if len(b.Entries) == 1 {
			return nil, b, fmt.Errorf("encode records from %d: %w", begin, err)
		}
		most /= 2
	}
}

// checkpoint sends the log's signed state, retained, and before it the records that
// its making has put on stable storage: the server can do nothing with one that
// covers more than it has.
func (u *upload) checkpoint(ctx context.Context) error {
	msg, err := u.out.Checkpoint(ctx)
	if err != nil {
		u.fail(ctx, fmt.Errorf("sign checkpoint: %w", err))
		return nil
	}
	log := u.tail.log
	u.observe(time.Now())
	for u.tail.log == log && u.tail.next < u.tail.size {
		before := u.tail.next
		if err := u.records(ctx, sendFresh); err != nil {
			return err
		}
		if u.tail.next == before { // it cannot be read: all that is asked for again
			return nil
		}
	}
	if u.tail.log != log {
		return nil
	}
	size := u.tail.size
	if err := u.send(ctx, Message{Topic: u.topics.checkpoint(), Payload: msg, Retained: true}, mark{}); err != nil {
		return err
	}
	u.tail.checkpointed(size, time.Now())
	return nil
}

// fail notes that the outbox does not work. The records stay where they are.
func (u *upload) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	u.cfg.Log.ErrorContext(ctx, "records not sent", "err", err)
	u.broken = time.Now().Add(outboxPause)
}

func (u *upload) send(ctx context.Context, m Message, upTo mark) error {
	at := time.Now()
	s, err := u.conn.send(ctx, m)
	if err != nil {
		return err
	}
	u.window.left(len(m.Payload))
	u.flying = append(u.flying, flight{sending: s, bytes: len(m.Payload), at: at, upTo: upTo})
	return nil
}

// first is ready when the oldest message has landed.
func (u *upload) first() <-chan struct{} {
	if len(u.flying) == 0 {
		return nil
	}
	return u.flying[0].landed()
}

// land takes the oldest message out of the air.
func (u *upload) land() error {
	f := u.flying[0]
	u.flying = u.flying[1:]
	u.window.landed(f.bytes, time.Since(f.at))
	if err := f.err(); err != nil {
		return fmt.Errorf("send records: %w", err)
	}
	if f.upTo.log == u.began.log {
		u.resume = u.began.after(f.upTo.next)
	}
	return nil
}

// finish sends what is left and waits until the broker has it, as far as ctx
// allows. It is called when loop has returned.
func (u *upload) finish(ctx context.Context) error {
	for {
		if _, err := u.advance(ctx, true); err != nil {
			return err
		}
		if len(u.flying) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-u.conn.Done():
			return u.conn.Err()
		case <-u.first():
			if err := u.land(); err != nil {
				return err
			}
		}
	}
}

// last sends a checkpoint over all that there is, sent or not: nobody can then
// take records away from a box that is off.
func (u *upload) last(ctx context.Context) error {
	u.observe(time.Now())
	if u.tail.covered >= u.tail.size {
		return nil
	}
	msg, err := u.out.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("sign checkpoint: %w", err)
	}
	u.observe(time.Now())
	if u.tail.next < u.tail.size && u.cfg.Seal() != nil { // what signing has put on stable storage goes before
		if err := u.records(ctx, sendFresh); err != nil {
			return err
		}
	}
	return u.conn.Publish(ctx, Message{Topic: u.topics.checkpoint(), Payload: msg, Retained: true})
}
