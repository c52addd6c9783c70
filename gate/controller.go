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

// Run serves scans and orders until ctx ends, and then returns nil. The relay
// is off before the first is looked at and when Run returns or panics. An error
// means that the relay does not obey. Either channel may be nil.
func (c *Controller) Run(ctx context.Context, scans <-chan Scan, orders <-chan Order) (err error) {
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
		case o := <-orders:
			err = c.obey(ctx, o)
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
