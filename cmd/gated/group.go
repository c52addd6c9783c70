package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// group is some of the daemon's long-lived parts, which end together.
type group struct {
	wg     sync.WaitGroup
	failed chan error // the first part that ended with an error, if one did
	broken func()     // called when a part panics, before the process ends

	mu  sync.Mutex
	all []error
}

func newGroup(broken func()) *group { return &group{failed: make(chan error, 1), broken: broken} }

// start runs one part. A panic ends the process, whose other parts then do
// nothing more: what must be shut is shut by broken.
func (g *group) start(ctx context.Context, name string, run func(context.Context) error) {
	g.wg.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				g.broken()
				panic(p)
			}
		}()
		err := run(ctx)
		if err == nil {
			return
		}
		err = fmt.Errorf("%s: %w", name, err)
		select {
		case g.failed <- err:
		default:
			g.mu.Lock()
			g.all = append(g.all, err)
			g.mu.Unlock()
		}
	})
}

// wait returns when all parts have ended, with the errors that nobody has taken
// from failed.
func (g *group) wait() error {
	g.wg.Wait()
	select {
	case err := <-g.failed:
		g.all = append(g.all, err)
	default:
	}
	return errors.Join(g.all...)
}
