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

	mu     sync.Mutex // guards sending to next, and closed
	closed bool
}

func newPlayer(l lights, log *slog.Logger) *player {
	return &player{lights: l, log: log, next: make(chan []step, 1)}
}

// Show replaces what is being played, unless there is nothing to show for d.
func (p *player) Show(d gate.Decision) {
	pattern := patterns[d.Verdict]
	if len(pattern) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.next:
	default:
	}
	p.next <- pattern // there is room: only we send, and we have just made it
}

// Run plays until ctx ends. A light that fails is logged when it begins to.
func (p *player) Run(ctx context.Context) error {
	var pattern []step
	failing := false
	for ctx.Err() == nil {
		var now light
		var over <-chan time.Time
		if len(pattern) > 0 {
			now, over = pattern[0].light, time.After(pattern[0].lasts)
			pattern = pattern[1:]
		}
		err := p.lights.set(now)
		if err != nil && !failing {
			p.log.Warn("signal does not answer", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-over:
		case pattern = <-p.next:
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
