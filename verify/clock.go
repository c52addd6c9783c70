package verify

import (
	"sync"
	"time"

	"gated/gate"
)

// Limits of DESIGN section 4.
const (
	belowFloor   = 60 * time.Second // how far below the floor a kept clock may be
	stepLimit    = time.Hour        // by how much a clock may leave the boot clock unconfirmed
	confirmation = 5 * time.Minute  // how near to the clock a heartbeat must be to confirm it
)

// Kernel is one reading of what the kernel knows of the time, taken at once.
type Kernel struct {
	Wall   time.Time     // CLOCK_REALTIME; a monotonic reading in it is ignored
	Synced bool          // adjtimex says that somebody keeps it
	RTC    bool          // it was set at boot from a battery-backed clock synchronised within 60 days
	Up     time.Duration // CLOCK_BOOTTIME: since the kernel started, sleep included
	Boot   string        // boot id; empty: not known
}

// Clock says what time it is on a box whose clock may be wrong, and how far that
// may be believed. It knows a floor, a time that has certainly passed, which
// signed documents raise and boot time carries on; the wall clock never raises
// it, and only a new epoch lowers it. Safe for concurrent use.
type Clock struct {
	read   func() Kernel
	always bool
	build  time.Time
	start  uint64

	mu    sync.Mutex
	known bool          // a document has ever told the time
	floor time.Time     // if known: has certainly passed when the boot clock showed up
	up    time.Duration // see floor
	zero  time.Time     // when this boot began, by the clock that is believed; zero: none was
	kept  bool          // zero comes from a synchronised clock, not from an RTC
	doubt doubt         // of the last reading
	alarm gate.Text     // what it was when that doubt began: it does not change from one reading to the next
}

// doubt is why a wall clock that counts is not believed.
type doubt byte

const (
	noDoubt doubt = iota
	tooEarly
	stepped
)

// NewClock makes a clock that knows no floor later than the build. Read takes
// one reading of the kernel and must not call back; always is [clock] trust =
// "always" of the configuration: somebody else keeps the clock. Start is the
// box's counter of starts, for the moments it gives.
func NewClock(read func() Kernel, always bool, build time.Time, start uint64) *Clock {
	return &Clock{read: read, always: always, build: build.UTC(), start: start}
}

// Skew is how far a clock in state s may be off, in seconds: what the judgement
// allows on either side. In state floor it is the grace after a pass's end.
func Skew(s gate.ClockState) int64 {
	if s == gate.ClockRTC {
		return 120
	}
	return 30
}

// Now is one reading of all clocks. It allocates nothing.
func (c *Clock) Now() gate.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.look(c.reading())
}

// Floor is a time that has certainly passed, whatever the wall clock says: what
// ended before it has ended for ever.
func (c *Clock) Floor() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading()
	if c.known && c.floor.After(c.build) {
		return c.floor
	}
	return c.build
}

// Alarm is for whoever looks after the box, or empty: the wall
// clock says something that is not believed.
func (c *Clock) Alarm() gate.Text {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look(c.reading())
	return c.alarm
}

// Raise takes the issued_at of a heartbeat that was accepted, in unix seconds,
// at most 2^53-1.
// It raises the floor if it is above it, and confirms a wall clock that it
// agrees with.
func (c *Clock) Raise(issuedAt int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.reading()
	at := time.Unix(issuedAt, 0).UTC()
	c.raise(at)
	if k.Wall.Sub(at).Abs() <= confirmation {
		c.zero, c.kept = k.Wall.Add(-k.Up), c.kept || k.Synced
	}
}

// Reset takes the issued_at of a trust list with a new epoch, in unix seconds:
// the floor is set to it, downwards too, but not below the build time. It is the
// cure for a central clock that was wrong.
func (c *Clock) Reset(issuedAt int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading()
	c.known = false
	c.raise(time.Unix(issuedAt, 0).UTC())
}

// reading takes one reading and carries the floor on to it.
func (c *Clock) reading() Kernel {
	k := c.read()
	k.Wall = k.Wall.UTC() // which drops Go's monotonic reading too
	k.Synced = k.Synced || c.always
	if k.Up > c.up {
		c.floor, c.up = c.floor.Add(atLeast(k.Up-c.up)), k.Up
	}
	return k
}

// raise moves the floor to at, if that is later than what is known. What is
// earlier than the build is kept too: boot time may yet carry it past it.
func (c *Clock) raise(at time.Time) {
	if !c.known || at.After(c.floor) {
		c.known, c.floor = true, at
	}
}

// atLeast is the time that has certainly passed while the boot clock counted d:
// a crystal may be fast by 200 millionths. It rounds down.
func atLeast(d time.Duration) time.Duration { return d - (d+4999)/5000 }

// look says what a reading is worth.
func (c *Clock) look(k Kernel) gate.Moment {
	m := gate.Moment{Time: c.build, State: gate.ClockLost, Up: k.Up, Boot: k.Boot, Start: c.start}
	if c.known && c.floor.After(c.build) {
		m.Time, m.State = c.floor, gate.ClockFloor
	}
	state, why, by := c.believe(k, m.Time)
	c.warn(why, k, by)
	if state != "" {
		m.Time, m.State = k.Wall, state
	}
	return m
}

// believe says whether the wall clock counts, and as what; empty: it does not,
// and if it ought to, why not and by how much. The first synchronisation of a
// boot is believed unless it is below the floor, by more than a kept clock and
// the central server's may differ; a later step is not, until a heartbeat
// confirms it or the clock steps back.
func (c *Clock) believe(k Kernel, floor time.Time) (s gate.ClockState, why doubt, by time.Duration) {
	s, slack := gate.ClockSynced, belowFloor
	if !k.Synced {
		s, slack = gate.ClockRTC, 0
	}
	if !k.Synced && !k.RTC {
		return "", noDoubt, 0
	}
	if behind := floor.Sub(k.Wall); behind > belowFloor {
		return "", tooEarly, behind
	} else if behind > slack {
		return "", noDoubt, 0
	}
	zero := k.Wall.Add(-k.Up)
	if c.zero.IsZero() || k.Synced && !c.kept {
		c.zero, c.kept = zero, k.Synced
	}
	if step := zero.Sub(c.zero); step.Abs() > stepLimit {
		return "", stepped, step
	}
	return s, noDoubt, 0
}

// warn keeps the sentence for Alarm. It is written once for each doubt.
func (c *Clock) warn(why doubt, k Kernel, by time.Duration) {
	if why == c.doubt {
		return
	}
	shown, by := k.Wall.Format(time.RFC3339), by.Round(time.Second)
	switch c.doubt = why; why {
	case tooEarly:
		c.alarm = gate.Say("时钟不可信：它显示 %s，比确知已过去的时间还早 %s。盒子按已知的时间下限判断，可能拒绝刚生效的码。请接上能校时的网络，或看中心的时钟是否超前。",
			"the clock is not believed: it shows %s, %s before a time that has certainly passed. The box judges by that time, and may refuse passes that have just begun. "+
				"Give it a network that sets its clock, and see that the central server's is not ahead.", shown, by)
	case stepped:
		c.alarm = gate.Say("时钟跳变 %[2]s，显示 %[1]s，在心跳证实之前不可信。盒子按跳变前的时间判断。请看校时服务器是否正确；与中心连上后会自动证实。",
			"the clock is not believed until a heartbeat confirms it: it shows %s, a step of %s. The box judges by its time before. "+
				"See that the time server is right; a heartbeat of the central server settles it by itself.", shown, by)
	default:
		c.alarm = gate.Text{}
	}
}
