package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Judge says yes or no to one scan. A use that it admits is consumed when it
// returns. Safe for concurrent use.
type Judge interface {
	Judge(s Scan, l Lane, d DoorState) Decision
}

// Journal keeps records. Commit returns at once; the receipt comes when all of
// recs, and the uses in them, are on stable storage, in one transaction. The
// channel has room for the receipt, so nobody need wait for it. Safe for
// concurrent use.
type Journal interface {
	Commit(recs ...Record) <-chan Receipt
}

// Relay moves the door. Set returns when the line has changed. Only the
// controller that was given it calls it.
type Relay interface {
	Set(on bool) error
}

// Signal tells the rider. Show never blocks.
type Signal interface {
	Show(d Decision)
}

// Limits of time in which a scan is worth something.
const (
	// DefaultWait is how long an admission waits for the disk (DESIGN promise 2).
	DefaultWait = 150 * time.Millisecond
	// scanLife is how old a scan may be when its turn comes: nothing opens a
	// gate late.
	scanLife = 2 * time.Second
	// tallyEvery is the least time between two records of the same unsigned
	// refusal (PROTOCOL section 3).
	tallyEvery = time.Minute
)

// ControllerConfig is what one controller works with. All but Wait are needed.
type ControllerConfig struct {
	Lane    Lane
	Door    DoorConfig
	Judge   Judge
	Journal Journal
	Relay   Relay
	Signal  Signal
	Moment  func() Moment // all clocks, for records that no decision stamps
	Wait    time.Duration // for storage before the door opens all the same; 0: DefaultWait
	Log     *slog.Logger
}

// Controller runs one lane: it alone owns the lane's door.
type Controller struct {
	cfg  ControllerConfig
	door *DoorMachine

	// Owned by Run.
	on      bool // what the relay was last set to
	timer   *time.Timer
	after   []Record // of the door, kept in one commit when the relay is off again
	late    []<-chan Receipt
	refused tally

	mu   sync.Mutex
	last LaneState // what State answers
}

// LaneState is a picture of the lane for whoever looks.
type LaneState struct {
	Relay   bool // on
	At      time.Time
	Verdict Verdict // of the last scan that was not ignored; empty: none yet
	Reason  Reason
}

// NewController makes a controller and starts nothing.
func NewController(cfg ControllerConfig) *Controller {
	if cfg.Wait == 0 {
		cfg.Wait = DefaultWait
	}
	return &Controller{cfg: cfg, door: NewDoorMachine(cfg.Door), refused: newTally()}
}

// State is safe to call at any time.
func (c *Controller) State() LaneState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Run serves scans until ctx ends, and then returns nil. The relay is off
// before the first scan is looked at and when Run returns or panics. An error
// means that the relay does not obey.
func (c *Controller) Run(ctx context.Context, scans <-chan Scan) (err error) {
	defer func() { err = errors.Join(err, c.end()) }()
	if err := c.cfg.Relay.Set(false); err != nil {
		return fmt.Errorf("switch relay of lane %s off: %w", c.cfg.Lane.Name, err)
	}
	c.timer = time.NewTimer(time.Hour)
	defer c.timer.Stop()
	minute := time.NewTicker(tallyEvery)
	defer minute.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case s := <-scans:
			err = c.serve(ctx, s)
		case <-c.timer.C:
			err = c.move()
		case <-minute.C:
			c.keep(c.refused.due(time.Now())...)
		case r := <-c.oldestLate():
			c.admitLate(r)
		}
	}
	return err
}

// serve takes one scan from judgement to door.
func (c *Controller) serve(ctx context.Context, s Scan) error {
	if time.Since(s.At) > scanLife {
		c.cfg.Log.Warn("scan dropped: the lane was busy too long", "lane", c.cfg.Lane.Name)
		return nil
	}
	d := c.cfg.Judge.Judge(s, c.cfg.Lane, c.doorState())
	if d.Verdict == Ignored {
		return nil
	}
	r := c.record(s, d)
	c.note(d)
	if d.Verdict != Open {
		c.refuse(r)
		c.cfg.Signal.Show(d)
		return nil
	}
	if err := c.await(ctx, c.cfg.Journal.Commit(r)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil // we are being stopped: the record says open, and the door stays shut
	}
	c.door.Admit(time.Now())
	err := c.move()
	c.cfg.Signal.Show(d)
	return err
}

// await returns when the record is on disk, or when that has taken too long and
// the door must open all the same. A pulse that ends in the meantime ends on
// time.
func (c *Controller) await(ctx context.Context, receipt <-chan Receipt) error {
	limit := time.NewTimer(c.cfg.Wait)
	defer limit.Stop()
	for {
		select {
		case r := <-receipt:
			if r.Err != nil {
				c.cfg.Log.Error("record not on disk: the door opens all the same", "lane", c.cfg.Lane.Name, "err", r.Err)
			}
			return nil
		case <-limit.C:
			c.cfg.Log.Warn("storage is slow: the door opens before its record is on disk", "lane", c.cfg.Lane.Name, "wait", c.cfg.Wait)
			c.late = append(c.late, receipt)
			return nil
		case <-c.timer.C:
			if err := c.move(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// oldestLate is the receipt that has been waited for the longest; nil, which
// never delivers, if there is none.
func (c *Controller) oldestLate() <-chan Receipt {
	if len(c.late) == 0 {
		return nil
	}
	return c.late[0]
}

// admitLate says in a record of its own that the record r came after its door.
func (c *Controller) admitLate(r Receipt) {
	c.late = c.late[1:]
	if r.Err != nil {
		c.cfg.Log.Error("record of an opening is lost", "lane", c.cfg.Lane.Name, "err", r.Err)
		return
	}
	c.keep(Record{
		Kind: KindSystem, At: c.cfg.Moment(), Lane: c.cfg.Lane.Name, Event: LateRecord, About: &r.First,
		Detail: fmt.Sprintf("the disk took longer than %s; the door had opened", c.cfg.Wait),
	})
}

// doorState is what the judgement must know.
func (c *Controller) doorState() DoorState {
	if c.door.Busy() {
		return DoorState{Refuse: DoorFault}
	}
	return DoorState{}
}

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

// keep commits records that nobody waits for.
func (c *Controller) keep(recs ...Record) {
	if len(recs) > 0 {
		c.cfg.Journal.Commit(recs...)
	}
}

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
