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

// The gpio kind needs a chip: that its lines move is tested on the emulated
// boards.

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

func TestSimAndNonePassTheSuite(t *testing.T) {
	for _, kind := range []string{"sim", "none", "sim+voice"} {
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
	s, err := signal.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
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

func TestWithoutAChipTheErrorSaysSo(t *testing.T) {
	if files, err := filepath.Glob("/dev/gpiochip*"); err != nil || len(files) > 0 {
		t.Skipf("this machine has GPIO chips: %v %v", files, err)
	}
	_, err := signal.Open(signal.Config{Kind: "gpio", Green: "GPIO23"})
	if err == nil || !strings.Contains(err.Error(), "no GPIO chip") {
		t.Errorf("got %v", err)
	}
}

func TestSimSaysWhenItCannotTrace(t *testing.T) {
	if _, err := signal.Open(signal.Config{Kind: "sim", Trace: filepath.Join(t.TempDir(), "no", "trace")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
