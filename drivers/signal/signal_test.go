package signal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
)

func TestSimTracesWhatARiderWouldNotice(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	s, err := signal.Open(signal.Config{Kind: "sim", Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.OK})
	read := func() string {
		b, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	drivertest.Eventually(t, "the first line is there while it runs", func() bool { return strings.Contains(read(), " open ok\n") })
	s.Show(gate.Decision{Verdict: gate.Ignored, Reason: gate.Repeat})
	s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.StaleCode})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.OnHold})
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	const at = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z`
	want := `^` + at + ` open ok\n` + at + ` refused stale-code\n` + at + ` refused on-hold\n$`
	if got := read(); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("the trace is\n%s", got)
	}
}

func TestNoSignalAtAll(t *testing.T) {
	s, err := signal.Open(signal.Config{Kind: "none"})
	if err != nil {
		t.Fatal(err)
	}
	s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.OK})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errors.Join(s.Run(ctx), s.Close()); err != nil {
		t.Error(err)
	}
}

func TestEachKindPassesTheSuite(t *testing.T) {
	for _, kind := range []string{"sim", "none", "gpio", "voice", "gpio+voice", "sim+voice"} {
		t.Run(kind, func(t *testing.T) {
			drivertest.TestSignal(t, func(t *testing.T) signal.Signal { return opened(t, signal.Config{Kind: kind}) })
		})
	}
}

// opened is a signal; one with a voice gets a port that is never there.
func opened(t *testing.T, c signal.Config) signal.Signal {
	t.Helper()
	if strings.Contains(c.Kind, "voice") {
		c.Device, c.Module, c.Language = t.TempDir()+"/voice", "xfs5152", gate.Chinese
		c.Port = scanner.OpenPort
	}
	if strings.Contains(c.Kind, "gpio") {
		c.Green, c.Red, c.Buzzer = "GPIO23", "GPIO24", "GPIO25"
		c.Lamp = func(string, string) (signal.Lamp, error) { return new(drivertest.Door), nil }
	}
	s, err := signal.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lit is a signal of kind gpio with these lamps, and what they did.
func lit(t *testing.T, c signal.Config) (signal.Signal, map[string]*drivertest.Door) {
	t.Helper()
	c.Kind = "gpio"
	lamps := map[string]*drivertest.Door{}
	c.Lamp = func(chip, line string) (signal.Lamp, error) {
		if line == "GPIO99" {
			return nil, os.ErrNotExist
		}
		lamps[line] = new(drivertest.Door)
		return lamps[line], nil
	}
	s, err := signal.Open(c)
	if c.Buzzer == "GPIO99" {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a lamp that is not there: %v", err)
		}
		return nil, lamps
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, lamps
}

// lights says whether a lamp is on, by its last edge.
func lights(lamp *drivertest.Door) bool {
	edges := lamp.Edges()
	return len(edges) > 0 && edges[len(edges)-1].On
}

func TestLampsShowAVerdictAndAreOffAtTheEnd(t *testing.T) {
	s, lamps := lit(t, signal.Config{Green: "GPIO23", Red: "GPIO24", Buzzer: "GPIO25"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.OK})
	drivertest.Eventually(t, "green and buzzer go on", func() bool { return lights(lamps["GPIO23"]) && len(lamps["GPIO25"].Edges()) > 0 })
	if len(lamps["GPIO24"].Edges()) > 0 {
		t.Error("red was on to come in")
	}
	cancel()
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Error(err)
	}
	for line, lamp := range lamps {
		if lights(lamp) || lamp.Set(true) == nil {
			t.Errorf("%s is on, or was not given back", line)
		}
	}
}

func TestOneLampShowsWhatEitherWould(t *testing.T) {
	for _, c := range []signal.Config{{Red: "GPIO24"}, {Green: "GPIO24"}} {
		for _, v := range []gate.Verdict{gate.Open, gate.Refused} {
			s, lamps := lit(t, c)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- s.Run(ctx) }()
			s.Show(gate.Decision{Verdict: v})
			drivertest.Eventually(t, "the lamp is on for "+string(v), func() bool { return len(lamps["GPIO24"].Edges()) > 0 })
			cancel()
			if err := errors.Join(<-done, s.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLampsAreGivenBackIfOneIsMissing(t *testing.T) {
	_, lamps := lit(t, signal.Config{Green: "GPIO23", Buzzer: "GPIO99"})
	if lamps["GPIO23"].Set(true) == nil {
		t.Error("the first lamp was kept")
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    signal.Config
		want string // part of the error; empty: fine
	}{
		{"a simulated one", signal.Config{Kind: "sim"}, ""},
		{"all three lines", signal.Config{Kind: "gpio", Green: "GPIO23", Red: "GPIO24", Buzzer: "GPIO25"}, ""},
		{"a buzzer alone", signal.Config{Kind: "gpio", Buzzer: "GPIO25"}, ""},
		{"no line", signal.Config{Kind: "gpio"}, "no line is named"},
		{"one line for two", signal.Config{Kind: "gpio", Green: "GPIO23", Buzzer: "GPIO23"}, "GPIO23 is named twice"},
		{"a kind that is not known", signal.Config{Kind: "lamp"}, "gpio, none, sim, voice"},
		{"lights and a voice", signal.Config{Kind: "gpio+voice", Green: "GPIO23", Device: "/dev/x", Module: "syn6288", Language: gate.Chinese}, ""},
		{"the same kind twice", signal.Config{Kind: "gpio+gpio", Green: "GPIO23"}, "gpio cannot stand beside"},
		{"nothing beside something", signal.Config{Kind: "sim+none"}, "none cannot stand beside"},
		{"a lamp that is wired to nothing", signal.Config{Kind: "none", Green: "GPIO23"}, `read green "GPIO23": kind "none" has no such thing`},
		{"a voice's port without a voice", signal.Config{Kind: "gpio", Green: "GPIO23", Device: "/dev/x"}, "read device"},
		{"a trace without a simulation", signal.Config{Kind: "gpio", Green: "GPIO23", Trace: "x"}, "read trace"},
		{"a voice without a port", signal.Config{Kind: "voice", Module: "xfs5152"}, "read device"},
		{"a voice of no make", signal.Config{Kind: "voice", Device: "/dev/x"}, "syn6288, xfs5152"},
		{"a speed that the voice lacks", signal.Config{Kind: "voice", Device: "/dev/x", Module: "syn6288", Baud: "115200"}, "9600 19200 38400"},
		{"a voice that only spells English", signal.Config{Kind: "voice", Device: "/dev/x", Module: "syn6288", Language: gate.English}, "letter by letter"},
		{"a voice that speaks English", signal.Config{Kind: "voice", Device: "/dev/x", Module: "xfs5152", Language: gate.English}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := signal.Check(tc.c)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestSimSaysWhenItCannotTrace(t *testing.T) {
	if _, err := signal.Open(signal.Config{Kind: "sim", Trace: filepath.Join(t.TempDir(), "no", "trace")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
