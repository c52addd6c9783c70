package scanner

import (
	"context"
	"maps"
	"slices"

	"gated/gate"
)

// Found is what a probe of a port came to.
type Found struct {
	Profile string `json:"profile"` // that the module answers to; empty: it answers to none
	Health
}

// Probe looks once at the port of a scanner that nobody else is reading. A
// module of the configured profile is found at any speed, set, saved and read
// back, as [Serial.Run] does. With the profile "plain" a module is looked for
// under every profile, and nothing is set. The error says what to do.
func Probe(ctx context.Context, c Config) (Found, error) {
	s, err := New(c)
	if err != nil {
		return Found{}, err
	}
	if s.profile != nil {
		p, greeted, err := s.connect(ctx)
		if err != nil {
			return Found{}, trouble(s.device, err)
		}
		f := Found{Health: s.Health()}
		if greeted {
			f.Profile = c.Profile
		}
		f.Up, f.Error, f.Cause = true, gate.Text{}, ""
		return f, p.Close()
	}
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		if s.profile = profiles[name]; s.profile == nil {
			continue
		}
		q, model, baud, err := s.find(func(baud int) (*quiet, error) { return s.listen(ctx, baud) })
		if err != nil {
			return Found{}, trouble(s.device, err)
		}
		if q != nil {
			h := Health{Up: true, Device: s.device, Baud: baud, Module: &Module{Model: model}, Counters: s.Health().Counters}
			return Found{Profile: name, Health: h}, q.Close()
		}
	}
	return Found{Health: Health{Up: true, Device: s.device, Counters: s.Health().Counters}}, nil
}
