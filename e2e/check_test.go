package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/stage"
)

// brokenConfigs are a change each of a good configuration, the line that is then
// wrong, and words of what to do that must be said.
var brokenConfigs = []struct {
	name     string
	old, new string
	says     []string
}{
	{
		"an unknown key is named with the nearest that exists",
		`state_dir = `, `statedir = `,
		[]string{"statedir", `"state_dir"`},
	},
	{
		"a string that does not end is found",
		`prefix = "gated/v1"`, `prefix = "gated/v1`,
		[]string{"string", "docs/configuration.md"},
	},
	{
		"a direction that does not exist is answered with those that do",
		`direction = "in"`, `direction = "inwards"`,
		[]string{"inwards", `"in"`, `"out"`, `"both"`},
	},
	{
		"a pulse that would leave the gate open is refused with the limit",
		`pulse = "1s"`, `pulse = "5m"`,
		[]string{"5m", "1m"},
	},
	{
		"a broker without a scheme is answered with an address as it should be",
		`broker = "tcp://`, `broker = "`,
		[]string{"tls://"},
	},
}

// Story 5: five broken configurations, five sentences that say file, line and
// what to do.
func TestBrokenConfigurationsAreExplained(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, err := s.NewCentral(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := c.Do(soon(t), "roots")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stage.BoxConfig{ID: stage.GateID, Site: stage.Site, Roots: roots, Broker: "127.0.0.1:1883", Pulse: 1e9}
	b, err := s.NewBox(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Do(soon(t), "check"); err != nil {
		t.Fatalf("the configuration is good, and check says: %v", err)
	}
	good, err := os.ReadFile(b.Config)
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range brokenConfigs {
		t.Run(tt.name, func(t *testing.T) {
			before, _, found := strings.Cut(string(good), tt.old)
			if !found {
				t.Fatalf("the good configuration has no %q", tt.old)
			}
			file := filepath.Join(b.Dir, fmt.Sprintf("broken-%d.toml", i))
			if err := os.WriteFile(file, []byte(strings.Replace(string(good), tt.old, tt.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			at := fmt.Sprintf("%s:%d: ", file, 1+strings.Count(before, "\n"))
			for _, verb := range []string{"check", "run"} {
				r, err := s.Exec(soon(t), programs.Gated, verb, "-c", file)
				if err != nil {
					t.Fatal(err)
				}
				said := r.Stdout + r.Stderr
				if r.Code != 1 {
					t.Errorf("%s: exit status %d, want 1; it said:\n%s", verb, r.Code, said)
				}
				for _, want := range append(tt.says, at) {
					if !strings.Contains(said, want) {
						t.Errorf("%s does not say %q:\n%s", verb, want, said)
					}
				}
			}
		})
	}
}
