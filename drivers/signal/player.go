package signal

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"gated/gate"
)

// lights are what a player plays on.
type lights interface {
	set(l light) error
	close() error
}

// player plays patterns, the newest only.
type player struct {
	lights lights
	log    *slog.Logger
	next   chan []step // has room for the one pattern to play next
	rest   chan []step // the same for what is played when there is none

	mu     sync.Mutex // guards sending to next and rest, and what follows
	health Health
	closed bool
}

func newPlayer(l lights, log *slog.Logger) *player {
	return &player{lights: l, log: log, next: make(chan []step, 1), rest: make(chan []step, 1)}
}

// Show replaces what is being played, unless there is nothing to show for d.
func (p *player) Show(d gate.Decision) {
	pattern := patterns[d.Verdict]
	if len(pattern) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	replace(p.next, pattern)
}

// Idle changes what is played while there is nothing to show.
func (p *player) Idle(h Health) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h != p.health {
		p.health = h
		replace(p.rest, idle[h])
	}
}

// replace puts the newest into a channel with room for one, of which the caller
// is the only sender.
func replace[T any](c chan T, newest T) {
	select {
	case <-c:
	default:
	}
	c <- newest
}

// Run plays until ctx ends. A light that fails is logged when it begins to.
func (p *player) Run(ctx context.Context) error {
	var pattern, rest []step
	failing, resting, since := false, true, time.Now() // since when rest is played
	for ctx.Err() == nil {
		if len(pattern) == 0 {
			pattern, resting = rest, true
		}
		var now light
		var over <-chan time.Time
		if len(pattern) > 0 {
			now, over = pattern[0].light, time.After(pattern[0].lasts)
			pattern = pattern[1:]
		}
		if resting && time.Since(since) > loud {
			now &^= buzzer
		}
		err := p.lights.set(now)
		if err != nil && !failing {
			p.log.Warn("signal does not answer", "err", err)
		}
		failing = err != nil
		for waiting := true; waiting; {
			waiting = false
			select {
			case <-ctx.Done():
			case <-over:
			case pattern = <-p.next:
				resting = false
			case rest = <-p.rest:
				since = time.Now()
				if waiting = !resting; resting {
					pattern = nil
				}
			}
		}
	}
	if err := p.lights.set(0); err != nil && !failing {
		p.log.Warn("signal does not answer", "err", err)
	}
	return nil
}

// Close switches everything off.
func (p *player) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return errors.Join(p.lights.set(0), p.lights.close())
}

var _ Signal = (*player)(nil)
