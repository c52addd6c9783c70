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

	mu  sync.Mutex
	all []error
}

func newGroup() *group { return &group{failed: make(chan error, 1)} }

// start runs one part. A panic is not caught: the process ends, and what must
// be shut is shut by whoever comes after it.
func (g *group) start(ctx context.Context, name string, run func(context.Context) error) {
	g.wg.Go(func() {
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
