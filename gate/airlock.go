package gate

import "sync"

// Airlock is a set of doors of which only one may be open at a time. It holds
// codes and commands ([Interlock]), never the exit button or fire. Safe for
// concurrent use by the controllers that share it; nil holds nothing.
type Airlock struct {
	mu   sync.Mutex
	open map[string]bool // lanes whose door is not shut, or about to open
}

// NewAirlock makes one for doors that are taken for shut.
func NewAirlock() *Airlock { return &Airlock{open: make(map[string]bool)} }

// take claims the right to open; false if another door is not shut.
func (a *Airlock) take(lane string) bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.open) > 1 || len(a.open) == 1 && !a.open[lane] {
		return false
	}
	a.open[lane] = true
	return true
}

// set says whether a lane's door is shut, whatever the others are.
func (a *Airlock) set(lane string, shut bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if shut {
		delete(a.open, lane)
	} else {
		a.open[lane] = true
	}
}
