package scanner

import (
	"context"
	"io"
	"time"

	"gated/gate"
)

// session is one opening of the port. It is a line: a module is asked while
// codes are read.
type session struct {
	*Serial
	io.ReadWriteCloser
	hand    func(Frame)  // takes a code
	ended   func() error // not nil: give up
	greeted bool         // the module has answered, and its speed is known
	wasUp   bool
	speed   autobaud
	seen    time.Time  // when the port was last read
	settled time.Time  // until then it gives what it held before
	buf     [4096]byte // all that the kernel keeps for one line
}

// session opens the port and reads it until it is lost or ctx ends. It says
// whether the port ever was up.
func (s *Serial) session(ctx context.Context, out chan<- gate.Scan) (wasUp bool, err error) {
	p, greeted, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	// The descriptor goes at once: while we hold that of a lost device, the
	// kernel gives the device that comes back another name.
	defer func() { _ = p.Close() }()
	defer s.drop()

	o := &session{
		Serial: s, ReadWriteCloser: p, greeted: greeted, ended: ctx.Err, seen: time.Now(),
		hand:  func(f Frame) { s.deliver(ctx, out, f) },
		speed: autobaud{single: greeted || len(s.bauds) == 1},
	}
	if !greeted { // whoever was greeted has been drained
		o.settled = o.seen.Add(settle)
	}
	for ctx.Err() == nil {
		n, err := o.step()
		switch {
		case err != nil:
			return o.wasUp, err
		case n > 0:
		case o.speed.wrong():
			return o.wasUp, errSpeed
		case s.profile != nil && s.framer.Pending() == 0 && !time.Now().Before(s.next):
			if err := o.check(); err != nil {
				return o.wasUp, err
			}
		}
	}
	return o.wasUp, nil
}

// step reads once and hands on what was completed.
func (o *session) step() (int, error) {
	if err := o.ended(); err != nil {
		return 0, err
	}
	start := time.Now()
	n, err := o.Read(o.buf[:])
	now := time.Now()
	at := arrived(o.seen, start, now)
	o.seen = now
	if err := alive(o, n, err); err != nil {
		return 0, err
	}
	if now.Before(o.settled) {
		o.framer.Skip(now, o.buf[:n])
		return n, nil
	}
	frames := o.take(at, now, o.buf[:n], &o.speed)
	if !o.wasUp {
		o.wasUp = true
		o.found()
	}
	for _, f := range frames {
		o.suspect(f)
		o.remember(f)
		o.hand(f)
	}
	return n, nil
}

func (o *session) reply() []byte { return o.framer.Reply() }

// suspect takes note of a code that means to change the module, and has the
// module asked what came of it.
func (o *session) suspect(f Frame) {
	if !setupCode.MatchString(f.Code) {
		return
	}
	o.mu.Lock()
	o.setups++
	o.mu.Unlock()
	o.next = f.At
	o.log.Warn("somebody showed the scanner a setup code", "device", o.device)
}

// take gives the framer the bytes b, or the news that there were none, and
// publishes what it counted.
func (s *Serial) take(at, now time.Time, b []byte, speed *autobaud) []Frame {
	before := s.framer.Counts()[Noise]
	var frames []Frame
	if len(b) > 0 {
		frames = s.framer.Feed(at, b)
	} else {
		frames = s.framer.Tick(now)
	}
	counts := s.framer.Counts()
	speed.saw(frames, counts[Noise]-before)
	s.mu.Lock()
	s.counts = counts
	s.mu.Unlock()
	return frames
}

// arrived is when bytes came that were read by a call which began at start and
// returned at now; seen is when the call before it returned.
//
// Nobody knows when bytes came that lay in the port while the lane was busy or
// the machine stood still, so they count as old as they can be: an old code
// must not look fresh.
func arrived(seen, start, now time.Time) time.Time {
	if start.Sub(seen) > brief && now.Sub(start) < brief {
		return seen
	}
	if most := start.Add(tick); now.After(most) {
		return most // the kernel lets no read wait longer
	}
	return now
}

// deliver sends one code, unless it grows too old meanwhile.
func (s *Serial) deliver(ctx context.Context, out chan<- gate.Scan, f Frame) {
	left := time.NewTimer(longest - time.Since(f.At))
	defer left.Stop()
	if time.Since(f.At) < longest {
		select {
		case out <- gate.Scan{Code: f.Code, At: f.At, Source: gate.FromScanner}:
			return
		case <-left.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	s.late++
	s.mu.Unlock()
}
