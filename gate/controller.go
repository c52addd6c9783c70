package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Judge says yes or no to one scan. A use that it admits is consumed when it
// returns. Safe for concurrent use.
type Judge interface {
	Judge(s Scan, l Lane, d DoorState) Decision
}

// Journal keeps records. Commit returns at once; the receipt comes when all of
// recs, and the uses in them, are on stable storage, in one transaction. The
// channel has room for the receipt, so nobody need wait for it.
//
// Follow keeps what came of records before, for which nobody waits: in its turn,
// and to be read at once, but on stable storage only with the next commit, or when
// a minute has passed. A power cut may take it until then.
//
// Safe for concurrent use.
type Journal interface {
	Commit(recs ...Record) <-chan Receipt
	Follow(recs ...Record)
}

// Relay moves the door. Set returns when the line has changed, On reads it back
// and changes nothing. The controller that was given it calls it, and its guard
// beside it: safe for concurrent use.
type Relay interface {
	Set(on bool) error
	On() (bool, error)
}

// Inputs are what a lane's door is told by its wires. Read returns what they say
// now, debounced (DESIGN 6: 50 ms) and with their polarity resolved, without
// waiting for anything. It is called every 10 ms, and is safe for concurrent use.
type Inputs interface {
	Read() (Levels, error)
}

// Levels are a door's inputs at one instant. What is not wired is false.
type Levels struct {
	Open bool // the contact says that the door is not shut
	Exit bool // the exit button is pressed
	Fire bool // the fire input is active
}

// Signal tells the rider. Show never blocks.
type Signal interface {
	Show(d Decision)
}

// Limits of time in which a scan or an order is worth something, and the beats of
// the loop.
const (
	// DefaultWait is how long an admission waits for the disk (DESIGN promise 2).
	DefaultWait = 150 * time.Millisecond
	// scanLife is how old a scan may be when its turn comes: nothing opens a
	// gate late.
	scanLife = 2 * time.Second
	// tallyEvery is the least time between two records of the same unsigned
	// refusal (PROTOCOL section 3).
	tallyEvery = time.Minute
	// InputsEvery is how often the inputs are read. Reading them in the loop
	// itself leaves nothing to be lost, and no other goroutine to be hung.
	InputsEvery = 10 * time.Millisecond
	// idleEvery is the loop's beat where no input is wired.
	idleEvery = 500 * time.Millisecond
)

// ControllerConfig is what one controller works with. What is marked optional may
// be left out.
type ControllerConfig struct {
	Lane    Lane
	Door    DoorConfig
	Judge   Judge
	Journal Journal
	Relay   Relay
	Signal  Signal
	Moment  func() Moment // all clocks, for records that no decision stamps
	Log     *slog.Logger
	Wait    time.Duration // for storage before the door opens all the same; 0: DefaultWait
	Inputs  Inputs        // optional
	Airlock *Airlock      // optional: shared with the lanes of which only one may be open
	Before  DoorMemory    // from before this start

	// Remember is optional, and told the end of the lockdown by the box's clock,
	// unix seconds, or 0 for none: at each change, before the commit that is to
	// make it durable. It never blocks.
	Remember func(lockdown int64)

	Alarm func(Event) // optional: DoorForced, HeldOpen or PreAlarm, or empty when that is over; never blocks

	// Opened is optional, and told how long it took from a code's last byte until
	// the relay was on for it, if it was not on already. It never blocks.
	Opened func(s Source, took time.Duration)
}

// DoorMemory is what a door remembers across restarts. The zero value remembers
// nothing. What the contact said stands in the records already; the lockdown is
// what Remember was told last.
type DoorMemory struct {
	Open   *bool  // what the contact said last; nil: nothing
	Opened Moment // when it last reported that the door opened
	Locked int64  // end of the lockdown by the box's clock, unix seconds; 0: none
}

// Controller runs one lane: it alone owns the lane's door.
type Controller struct {
	cfg   ControllerConfig
	door  *DoorMachine
	guard guard
	began time.Time
	beat  atomic.Int64 // when the loop last came round, since began

	// Owned by Run.
	on      bool // what the relay was last set to
	timer   *time.Timer
	tick    *time.Ticker
	levels  Levels
	pressed bool // the exit button, and nobody has opened yet
	memory  DoorMemory
	told    int64    // what Remember was last told
	fault   Event    // what Alarm was last told
	after   []Record // of the door, kept together when it is at rest again
	flush   time.Time
	late    []lateReceipt
	refused tally

	last atomic.Pointer[LaneState] // what State answers; Run alone changes it
}

// LaneState is a picture of the lane for whoever looks.
type LaneState struct {
	Relay   bool // on
	Serving bool // somebody was let in and waits for his record: the relay is about to go on
	At      time.Time
	Verdict Verdict // of the last scan that was not ignored; empty: none yet
	Reason  Reason
	Door    string // open or shut, by its contact; empty: it has none
	Fault   Event  // DoorForced, HeldOpen or PreAlarm; empty: none
	Held    bool   // a hold-open is in force
	Locked  bool   // a lockdown is in force
	Fire    bool   // the fire input is active
}

// NewController makes a controller and starts nothing.
func NewController(cfg ControllerConfig) *Controller {
	if cfg.Wait == 0 {
		cfg.Wait = DefaultWait
	}
	c := &Controller{
		cfg: cfg, door: NewDoorMachine(cfg.Door), guard: guard{relay: cfg.Relay, inputs: cfg.Inputs},
		began: time.Now(), memory: cfg.Before, told: cfg.Before.Locked, refused: newTally(),
	}
	c.last.Store(&LaneState{})
	return c
}

// Beat is when the loop last came round. It comes round at least every half
// second while all is well, also while it waits for the disk. Safe to call at
// any time.
func (c *Controller) Beat() time.Time { return c.began.Add(time.Duration(c.beat.Load())) }

// alive is one beat of the loop.
func (c *Controller) alive() { c.beat.Store(int64(time.Since(c.began))) }

// State is safe to call at any time.
func (c *Controller) State() LaneState { return *c.last.Load() }

// Run serves scans and orders until ctx ends, and then returns nil. The relay
// is off before the first is looked at and when Run returns or panics. An error
// means that the relay or an input does not obey. Either channel may be nil.
func (c *Controller) Run(ctx context.Context, scans <-chan Scan, orders <-chan Order) (err error) {
	defer func() { err = errors.Join(err, c.end()) }()
	if err := c.cfg.Relay.Set(false); err != nil {
		return fmt.Errorf("switch relay of lane %s off: %w", c.cfg.Lane.Name, err)
	}
	c.timer = time.NewTimer(time.Hour)
	defer c.timer.Stop()
	c.tick = time.NewTicker(pick(c.cfg.Inputs == nil, idleEvery, InputsEvery))
	defer c.tick.Stop()
	minute := time.NewTicker(tallyEvery)
	defer minute.Stop()
	for err = c.find(); err == nil; {
		c.alive()
		select {
		case <-ctx.Done():
			return nil
		case s := <-scans:
			err = c.serve(ctx, s)
		case o := <-orders:
			err = c.obey(ctx, o)
		case <-c.timer.C:
			err = c.move()
		case <-c.tick.C:
			err = errors.Join(c.sense(), c.press(ctx))
		case <-minute.C:
			c.keep(c.refused.due(time.Now())...)
			err = c.limitLockdown()
		case r := <-c.oldestLate():
			c.admitLate(r)
		}
	}
	return err
}
