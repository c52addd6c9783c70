package verifytest

import (
	"fmt"
	"sync"
	"time"

	"gated/gate"
)

// Clock is a clock that moves when it is told to. It begins at Begin, in state
// synced, in the first boot and the first start. Safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	m  gate.Moment
}

// NewClock makes a clock.
func NewClock() *Clock {
	return &Clock{m: gate.Moment{
		Time: time.Unix(Begin, 0).UTC(), State: gate.ClockSynced, Up: time.Hour, Boot: "boot-1", Start: 1,
	}}
}

// Now is one reading.
func (c *Clock) Now() gate.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.Time, c.m.Up = c.m.Time.Add(d), c.m.Up+d
}

// Set puts the clock on a time and a state, forwards or back. The boot clock
// does not notice.
func (c *Clock) Set(at time.Time, state gate.ClockState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.Time, c.m.State = at.UTC(), state
}

// Restart starts the process anew.
func (c *Clock) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.Start++
}

// Reboot starts the machine anew: its boot clock begins at 20 s.
func (c *Clock) Reboot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.Start++
	c.m.Boot, c.m.Up = fmt.Sprintf("boot-%d", c.m.Start), 20*time.Second
}
