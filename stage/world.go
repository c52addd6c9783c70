package stage

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The one network that every story plays in.
const (
	Site      = 1001 // the gate's community
	OtherSite = 2002 // another community of the same network
	Kid       = "257"
	GateID    = "east"
)

// World is a network with one issuer, two communities, and one gate box that
// is ready for riders. Between box and broker there is a line.
type World struct {
	*Stage
	Central *Central
	Broker  *Mosquitto // nil: the broker inside the central server
	Line    *Line
	Box     *Box
}

// WorldConfig says which parts a world is made of.
type WorldConfig struct {
	Mosquitto bool          // against a real Mosquitto instead of the embedded broker
	Pulse     time.Duration // of the relay
}

// NewWorld sets everything up in s and starts it. With an error, what was
// started is ended by s.Close.
func (s *Stage) NewWorld(ctx context.Context, cfg WorldConfig) (*World, error) {
	w, err := s.NewNetwork(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := w.raiseBox(ctx, cfg); err != nil {
		return nil, fmt.Errorf("set up the gate box: %w", err)
	}
	return w, nil
}

// NewNetwork is a world that still lacks its box, for whoever brings one of
// another kind: [World.AddGate] makes it known.
func (s *Stage) NewNetwork(ctx context.Context, cfg WorldConfig) (*World, error) {
	w := &World{Stage: s}
	if err := w.raiseCentral(ctx, cfg); err != nil {
		return nil, fmt.Errorf("set up the central server: %w", err)
	}
	return w, nil
}

func (w *World) raiseCentral(ctx context.Context, cfg WorldConfig) (err error) {
	if w.Central, err = w.NewCentral(ctx); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"issuer", "add", "--id", "1", "--name", "Swift Delivery"},
		{"key", "add", "--issuer", "1", "--kid", Kid},
		{"site", "set", "--site", fmt.Sprint(Site), "--name", "East Garden"},
		{"site", "set", "--site", fmt.Sprint(OtherSite), "--name", "West Garden"},
	} {
		if _, err := w.Central.Do(ctx, args...); err != nil {
			return err
		}
	}
	if !cfg.Mosquitto {
		if err := w.Central.Listen(ctx); err != nil {
			return err
		}
		w.Line, err = w.NewLine(w.Central.Addr)
		return err
	}
	if w.Broker, err = w.NewMosquitto(ctx); err != nil {
		return err
	}
	if err := w.Central.Connect(ctx, w.Broker.Addr); err != nil {
		return err
	}
	w.Line, err = w.NewLine(w.Broker.Addr)
	return err
}

func (w *World) raiseBox(ctx context.Context, cfg WorldConfig) error {
	roots, err := w.Central.Do(ctx, "roots")
	if err != nil {
		return err
	}
	w.Box, err = w.NewBox(BoxConfig{ID: GateID, Site: Site, Roots: roots, Broker: w.Line.Addr, Pulse: cfg.Pulse})
	if err != nil {
		return err
	}
	key, err := w.Box.Do(ctx, "key", "show")
	if err != nil {
		return err
	}
	if err := w.AddGate(ctx, key); err != nil {
		return err
	}
	if err := w.Box.Start(); err != nil {
		return err
	}
	return w.Box.Ready(ctx)
}

// AddGate tells the central server the box's key, as `gated key show` printed it.
func (w *World) AddGate(ctx context.Context, key string) error {
	_, err := w.Central.Do(ctx, "gate", "add", GateID, "--site", fmt.Sprint(Site), "--key", lastField(key))
	return err
}

// lastField is the last word of what a command printed.
func lastField(s string) string {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1]
}
