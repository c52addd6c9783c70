package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// heldFloor is the floor as it is stored. Times are unix seconds with their
// nanoseconds apart, so that a restart within one boot loses nothing.
type heldFloor struct {
	Floor int64         `json:"floor"` // 0: none is known, which is stored too: a reset must outlive a restart
	Nanos int64         `json:"nanos"`
	Boot  string        `json:"boot"` // in which up, zero and kept mean something
	Up    time.Duration `json:"up"`   // boot clock when it was stored, in nanoseconds
	Zero  int64         `json:"zero"` // when that boot began by the clock believed; 0: none was
	Kept  bool          `json:"kept"` // and that clock was synchronised
}

// Held is the floor to store: with the next commit, at least every 5 minutes.
// It is never empty, and changes with every call.
func (c *Clock) Held() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.reading()
	h := heldFloor{Boot: k.Boot, Up: c.up, Kept: c.kept}
	if c.known {
		h.Floor, h.Nanos = c.floor.Unix(), int64(c.floor.Nanosecond())
	}
	if !c.zero.IsZero() {
		h.Zero = c.zero.Unix()
	}
	b, _ := json.Marshal(h) // numbers and one string: it cannot fail
	return b
}

// Restore takes up a stored floor: what Held gave, in this boot or an earlier
// one. It is called once, before the clock is used. After an error the clock
// knows what it knew before; the box then learns the time anew.
func (c *Clock) Restore(held []byte) error {
	var h heldFloor
	if err := json.Unmarshal(held, &h); err != nil {
		return fmt.Errorf("restore floor: %w", err)
	}
	if h.Floor < 0 || h.Nanos < 0 || h.Nanos >= int64(time.Second) || h.Up < 0 {
		return errors.New("restore floor: a number is out of range")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.reading()
	same := h.Boot != "" && h.Boot == k.Boot
	if h.Floor > 0 {
		c.raise(time.Unix(h.Floor, h.Nanos).UTC().Add(passed(h, k, same)))
	}
	if same {
		if h.Zero != 0 && c.zero.IsZero() {
			c.zero, c.kept = time.Unix(h.Zero, 0).UTC(), h.Kept
		}
	}
	return nil
}

// passed is the time that has certainly passed since h was stored.
func passed(h heldFloor, k Kernel, same bool) time.Duration {
	switch {
	case h.Boot == "" || k.Boot == "":
		return 0
	case same:
		return atLeast(max(0, k.Up-h.Up))
	default:
		return atLeast(max(0, k.Up))
	}
}
