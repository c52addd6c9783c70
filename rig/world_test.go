package rig_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"strings"
	stdsync "sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/drivers/drivertest"
	"gated/stage"
)

// world is some boxes, a real Mosquitto behind a middleman, and the real
// gate-central, each in a process of its own.
type world struct {
	*stage.Stage
	central *stage.Central
	broker  *stage.Mosquitto
	liar    *middleman
	door    *stage.Line // to the middleman
	far     *stage.Line // the server's, to it
	lines   []*stage.Line
	orders  []orders

	mu    stdsync.Mutex
	boxes []*stage.Process   // the newest of each
	lives [][]*stage.Process // all of each

	backups []string // folders of the server, oldest first; of whoever kills it
	copies  int
	rnd     *mrand.Rand
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	s, err := stage.New(stage.Programs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Programs.Central = s.Path("gate-central")
	ctx := t.Context()
	if err := stage.BuildOne(ctx, s.Programs.Central, "./cmd/gate-central"); err != nil {
		t.Fatal(err)
	}
	w := &world{
		Stage: s, liar: newMiddleman(seed), rnd: mrand.New(mrand.NewPCG(seed, 2)),
		boxes: make([]*stage.Process, gates), lives: make([][]*stage.Process, gates),
	}
	if err := w.raise(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// raise starts everything.
func (w *world) raise(ctx context.Context) (err error) {
	if w.broker, err = w.NewMosquitto(ctx); err != nil {
		return err
	}
	if w.door, err = w.NewMiddleman(w.broker.Addr, w.liar.join); err != nil {
		return err
	}
	if w.far, err = w.NewLine(w.door.Addr); err != nil {
		return err
	}
	if w.central, err = w.NewCentral(ctx); err != nil {
		return err
	}
	if _, err := w.central.Do(ctx, "site", "set", "--site", fmt.Sprint(stage.Site), "--name", "East Garden"); err != nil {
		return err
	}
	network, err := central.Open(ctx, central.Options{Dir: w.central.Dir})
	if err != nil {
		return err
	}
	roots, threshold, err := network.Roots(ctx)
	if err := errors.Join(err, network.Close()); err != nil {
		return err
	}
	for i := range gates {
		o := orders{ID: fmt.Sprintf("gate-%d", i), Roots: roots, Threshold: threshold, Every: 40 * time.Millisecond}
		if err := w.addBox(ctx, o); err != nil {
			return err
		}
	}
	if err := w.central.Connect(ctx, w.far.Addr); err != nil {
		return err
	}
	for i := range gates {
		if err := w.startBox(i); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addBox(ctx context.Context, o orders) (err error) {
	line, err := w.NewLine(w.door.Addr)
	if err != nil {
		return err
	}
	secret, public, err := note.GenerateKey(rand.Reader, o.ID)
	if err != nil {
		return err
	}
	o.Dir, o.Key, o.Broker = w.Path(o.ID), secret, line.Addr
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	w.lines, w.orders = append(w.lines, line), append(w.orders, o)
	if err := os.WriteFile(o.Dir+".json", text, 0o600); err != nil {
		return err
	}
	_, err = w.central.Do(ctx, "gate", "add", o.ID, "--site", fmt.Sprint(stage.Site), "--key", public)
	return err
}

func (w *world) startBox(i int) error {
	p, err := w.Start(w.orders[i].ID, os.Args[0], "-child", w.orders[i].Dir+".json")
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.boxes[i] = p
	w.lives[i] = append(w.lives[i], p)
	return nil
}

// settle ends all that is wrong and waits until every box has heard that the
// server has everything.
func (w *world) settle(t *testing.T) {
	t.Helper()
	w.liar.set(honest)
	for _, l := range w.lines {
		l.Mend()
	}
	w.far.Cut() // the server publishes again what a lying broker has dropped
	w.far.Mend()
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	for _, b := range w.boxes {
		// One that was just started would not hear the signal yet.
		if _, err := b.WaitLine(ctx, "up "); err != nil {
			t.Error(err)
		}
		b.Signal(syscall.SIGUSR1)
	}
	for i, b := range w.boxes {
		if _, err := b.WaitLine(ctx, "all "); err != nil {
			t.Errorf("LOST: the server never has all of gate %d: %v", i, err)
		}
	}
	ending, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for _, b := range w.boxes {
		if err := b.Stop(ending); err != nil {
			t.Error(err)
		}
	}
	w.central.Process().Kill()
	<-w.central.Process().Done()
}

// promised are the passes whose records a box was promised to be on disk.
func (w *world) promised(i int) (serials []string) {
	for _, p := range w.lives[i] {
		lines, _ := p.Out.From(0)
		for _, l := range lines {
			if s, ok := strings.CutPrefix(l, "kept "); ok {
				serials = append(serials, s)
			}
		}
	}
	return serials
}
