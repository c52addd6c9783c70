package scanner_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/gate"
)

// moduleAt is a scanner of the profile gm65 on that cable.
func moduleAt(t *testing.T, c *drivertest.Cable) *scanner.Serial {
	t.Helper()
	s, err := scanner.New(scanner.Config{Device: c.Path(), Profile: "gm65"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reading runs s until the test ends, and returns the codes that it reads.
func reading(t *testing.T, s *scanner.Serial) <-chan gate.Scan {
	ctx, cancel := context.WithCancel(context.Background())
	out, ended := make(chan gate.Scan, 100), make(chan error, 1)
	go func() { ended <- s.Run(ctx, out) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return out
}

// wantCode waits for the next code.
func wantCode(t *testing.T, out <-chan gate.Scan, want string) {
	t.Helper()
	select {
	case got := <-out:
		if got.Code != want {
			t.Errorf("read %q, want %q", got.Code, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("waited 10 s in vain for the code %q", want)
	}
}

// isSet says whether the module is what a gate needs.
func isSet(g *drivertest.GM65) string {
	var wrong []string
	for _, r := range []struct {
		at         uint16
		mask, want byte
	}{{0x0000, 3, 2}, {0x0003, 0xff, 2}, {0x000d, 3, 0}, {0x0060, 0xff, 1}, {0x002a, 0xff, 0x1a}, {0x002b, 0xff, 0}} {
		if g.Reg(r.at)&r.mask != r.want {
			wrong = append(wrong, hex.EncodeToString([]byte{byte(r.at), g.Reg(r.at)}))
		}
	}
	return strings.Join(wrong, " ")
}

func TestGM65PassesTheSuite(t *testing.T) {
	t.Parallel()
	drivertest.TestScanner(t, func(t *testing.T, c *drivertest.Cable) (drivertest.Reader, func() bool) {
		drivertest.NewGM65(t, c)
		s := moduleAt(t, c)
		return s, func() bool { h := s.Health(); return h.Up && h.Module.Fault.EN == "" }
	})
}

func TestAFreshModuleIsFoundSetSavedAndReadFrom(t *testing.T) {
	t.Parallel()
	c := drivertest.NewCable(t)
	g := drivertest.NewGM65(t, c)
	lamp := g.Reg(0) &^ 3
	s := moduleAt(t, c)
	out := reading(t, s)
	drivertest.Eventually(t, "the module is set", func() bool { return s.Health().Up && s.Health().Module.Model != "" })
	h := s.Health()
	if wrong := isSet(g); wrong != "" || h.Baud != 115200 || h.Module.Fault.EN != "" || h.Module.Checked.IsZero() || h.Module.Drift != "" {
		t.Errorf("registers %s; health %+v, module %+v", wrong, h, h.Module)
	}
	if h.Module.Model != "GM65 class, model 0x07, hardware 0x64, software 0x87" || g.Reg(0)&^3 != lamp {
		t.Errorf("model %q, lamp %#02x", h.Module.Model, g.Reg(0))
	}
	g.Show("G1:AAAA")
	wantCode(t, out, "G1:AAAA")
	// With the power comes what was saved, and nothing is written a second time.
	_, saved := g.Asked()
	c.Pull()
	drivertest.Eventually(t, "the loss is noticed", func() bool { return !s.Health().Up })
	c.Plug()
	drivertest.Eventually(t, "the module is back", func() bool { return s.Health().Up })
	if _, again := g.Asked(); isSet(g) != "" || again != saved || s.Health().Counters["drifts"] != 0 {
		t.Errorf("after a power cut: registers %q, saved %d times, then %d, %v", isSet(g), saved, again, s.Health().Counters)
	}
	if n := s.Health().Counters["no-terminator"]; n != 0 {
		t.Errorf("%d codes without a suffix", n)
	}
}

func TestASetupCodeChangesNothingAndIsNoticed(t *testing.T) {
	t.Parallel()
	c := drivertest.NewCable(t)
	g := drivertest.NewGM65(t, c)
	s := moduleAt(t, c)
	out := reading(t, s)
	drivertest.Eventually(t, "the module is set", func() bool { return s.Health().Up })
	before, _ := g.Asked()
	g.ShowSetup("S_CMD_01MOFF", 0x0000, 0x00)
	wantCode(t, out, "S_CMD_01MOFF")
	drivertest.Eventually(t, "the module is asked at once", func() bool { asked, _ := g.Asked(); return asked > before })
	if h := s.Health(); h.Counters["setup-codes"] != 1 || h.Counters["drifts"] != 0 || isSet(g) != "" {
		t.Errorf("registers %q, counters %v", isSet(g), h.Counters)
	}
}

func TestADriftIsNoticedAndMended(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(g *drivertest.GM65)
		want  string
	}{
		"the setup codes' hole is open again": {func(g *drivertest.GM65) { g.Poke(0x0003, 0) }, "setup codes 0x00"},
		"two settings changed":                {func(g *drivertest.GM65) { g.Poke(0x0000, 0xd4); g.Poke(0x0060, 0x21) }, "reading mode 0xd4, suffix 0x21"},
		"it is back at the factory's speed": {func(g *drivertest.GM65) {
			g.Poke(0x002a, 0x39)
			g.Poke(0x002b, 0x01)
		}, "speed 0x0139"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := drivertest.NewCable(t)
			g := drivertest.NewGM65(t, c)
			s := moduleAt(t, c)
			s.SetReadBack(50*time.Millisecond, time.Hour)
			out := reading(t, s)
			drivertest.Eventually(t, "the module is set", func() bool { return s.Health().Up && isSet(g) == "" })
			tc.spoil(g)
			drivertest.Eventually(t, "the drift is counted and mended", func() bool {
				return s.Health().Counters["drifts"] >= 1 && isSet(g) == "" && s.Health().Up && s.Health().Module.Fault.EN == ""
			})
			if got := s.Health().Module.Drift; got != tc.want {
				t.Errorf("drift %q, want %q", got, tc.want)
			}
			g.Show("G1:AFTER")
			wantCode(t, out, "G1:AFTER")
		})
	}
}

func TestAModuleThatMisbehaves(t *testing.T) {
	start := func(t *testing.T, spoil func(g *drivertest.GM65)) (*drivertest.GM65, *scanner.Serial, <-chan gate.Scan) {
		t.Parallel()
		c := drivertest.NewCable(t)
		g := drivertest.NewGM65(t, c)
		spoil(g)
		s := moduleAt(t, c)
		s.SetReadBack(time.Hour, 200*time.Millisecond)
		return g, s, reading(t, s)
	}
	t.Run("the first answers are lost", func(t *testing.T) {
		g, s, _ := start(t, func(g *drivertest.GM65) { g.Mute(2) })
		drivertest.Eventually(t, "the module is set", func() bool { return s.Health().Up && isSet(g) == "" && s.Health().Module.Fault.EN == "" })
	})
	t.Run("it answers nothing at first: its codes are read, and it is found later", func(t *testing.T) {
		g, s, out := start(t, func(g *drivertest.GM65) {
			g.Mute(-1)
			g.Poke(0x0000, 0xd6)
		})
		drivertest.Eventually(t, "it is read from all the same", func() bool { return s.Health().Up })
		if h := s.Health(); !strings.Contains(h.Module.Fault.EN, "does not answer") || !h.Module.Checked.IsZero() {
			t.Errorf("module %+v", h.Module)
		}
		g.Show("G1:WHATEVER")
		wantCode(t, out, "G1:WHATEVER")
		g.Mute(0)
		drivertest.Eventually(t, "it is found", func() bool { return isSet(g) == "" && s.Health().Up && s.Health().Module.Fault.EN == "" })
	})
	t.Run("it does not let the hole be closed", func(t *testing.T) {
		_, s, _ := start(t, func(g *drivertest.GM65) { g.Stick(0x0003) })
		drivertest.Eventually(t, "the fault is named", func() bool { return s.Health().Up && s.Health().Module.Fault.EN != "" })
		if f := s.Health().Module.Fault.EN; !strings.Contains(f, "setup codes 0x00") || !s.Health().Module.Checked.IsZero() {
			t.Errorf("fault %q", f)
		}
	})
	t.Run("it keeps its speed", func(t *testing.T) {
		g, s, out := start(t, func(g *drivertest.GM65) { g.Stick(0x002a); g.Stick(0x002b) })
		drivertest.Eventually(t, "the fault is named", func() bool { return s.Health().Up && s.Health().Module.Fault.EN != "" })
		if h := s.Health(); h.Baud != 9600 || !strings.Contains(h.Module.Fault.EN, "speed 0x0139") {
			t.Errorf("at %d baud: %q", h.Baud, h.Module.Fault.EN)
		}
		g.Show("G1:SLOW")
		wantCode(t, out, "G1:SLOW")
	})
	t.Run("it is not heard after the change of its speed: it is found there later", func(t *testing.T) {
		g, s, out := start(t, func(g *drivertest.GM65) { g.Stun() })
		var h scanner.Health
		drivertest.Eventually(t, "the fault is named", func() bool { h = s.Health(); return h.Up && h.Module.Fault.EN != "" })
		if h.Baud != 9600 || !strings.Contains(h.Module.Fault.EN, "codes that it sends at another speed are lost") || !h.Module.Checked.IsZero() {
			t.Errorf("at %d baud: module %+v", h.Baud, h.Module)
		}
		g.Mute(0)
		drivertest.Eventually(t, "it is found", func() bool {
			return isSet(g) == "" && s.Health().Up && s.Health().Baud == 115200 && s.Health().Module.Fault.EN == ""
		})
		g.Show("G1:FAST")
		wantCode(t, out, "G1:FAST")
	})
}

func TestProbe(t *testing.T) {
	c := drivertest.NewCable(t)
	g := drivertest.NewGM65(t, c)
	probe := func(profile string) scanner.Found {
		t.Helper()
		f, err := scanner.Probe(t.Context(), scanner.Config{Device: c.Path(), Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := probe("plain"); f.Profile != "gm65" || f.Baud != 9600 || f.Module.Model == "" || g.Reg(0x0003) != 0 {
		t.Errorf("plain: %+v, register 3 is %#02x", f, g.Reg(0x0003))
	}
	if f := probe("gm65"); f.Profile != "gm65" || f.Baud != 115200 || f.Module.Checked.IsZero() || isSet(g) != "" {
		t.Errorf("gm65: %+v, registers %s", f, isSet(g))
	}
	g.Mute(-1)
	if f := probe("gm65"); f.Profile != "" || !strings.Contains(f.Module.Fault.EN, "does not answer") {
		t.Errorf("silent: %+v", f)
	}
	if f := probe("plain"); f.Profile != "" || f.Module != nil {
		t.Errorf("silent and plain: %+v", f)
	}
	c.Pull()
	if _, err := scanner.Probe(t.Context(), scanner.Config{Device: c.Path(), Profile: "gm65"}); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("unplugged: %v", err)
	}
}

// Requests and replies as the maker's manuals and drivers in the field print
// them.
func TestGM65BytesAreThoseOfTheManual(t *testing.T) {
	for _, tc := range []struct {
		want string
		got  []byte
	}{
		{"7e000701002a02d80f", scanner.GMRequest(scanner.GMRead, 0x002a, 2)},
		{"7e000802002a3901a7ea", scanner.GMRequest(scanner.GMWrite, 0x002a, 0x39, 0x01)},
		{"7e000801" + "00d95081d3", scanner.GMRequest(scanner.GMWrite, 0x00d9, 0x50)},
		{"7e0009010000" + "00dec8", scanner.GMRequest(scanner.GMSave, 0, 0)},
	} {
		if got := hex.EncodeToString(tc.got); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
	for reply, want := range map[string]string{
		"02000001003331":   "00",
		"02000001012310":   "01",
		"020000023901c14c": "3901",
		"0200000142abcd":   "42",
		"02000001003332":   "no",
		"020000020033":     "no",
		"0200000139014c":   "no",
		"":                 "no",
	} {
		raw, err := hex.DecodeString(reply)
		if err != nil {
			t.Fatal(err)
		}
		body, ok := scanner.GMReply(raw)
		if got := hex.EncodeToString(body); ok && got != want || ok != (want != "no") {
			t.Errorf("%s: %s %v, want %s", reply, got, ok, want)
		}
	}
}

// babbler is a module that answers whatever it is asked with the next piece of
// a text, and otherwise is silent.
type babbler struct {
	pieces [][]byte
	out    bytes.Buffer
}

func (b *babbler) Write(request []byte) (int, error) {
	if len(b.pieces) > 0 && len(request) > 0 {
		b.out.Write(b.pieces[0])
		b.pieces = b.pieces[1:]
	}
	return len(request), nil
}

func (b *babbler) Read(p []byte) (int, error) { return b.out.Read(p[:min(len(p), 7)]) }
func (b *babbler) Close() error               { return nil }

// FuzzGM65 lets a module answer anything: the talk ends, and nobody is called
// set whose registers do not say so.
func FuzzGM65(f *testing.F) {
	good := func(values ...string) []byte {
		var all []byte
		for _, v := range values {
			raw, err := hex.DecodeString(v)
			if err != nil {
				f.Fatal(err)
			}
			all = append(append(all, byte(len(raw))), raw...)
		}
		return all
	}
	f.Add(good("02000001003331", "020000023901c14c"))
	f.Add(good("02000001"+"02abcd", "02000003"+"070809abcd", "02000001"+"d6abcd", "02000001"+"02abcd", "02000001"+"a0abcd", "02000001"+"01abcd", "02000002"+"3901abcd"))
	f.Add([]byte("\x09\x02\x00\x00\x20garbage"))
	f.Fuzz(func(t *testing.T, script []byte) {
		b := &babbler{}
		var said []byte
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			b.pieces = append(b.pieces, script[1:1+n])
			said = append(said, script[1:1+n]...)
			script = script[1+n:]
		}
		wrong, answered, err := scanner.Greet(b)
		if len(b.pieces) > 0 && !answered && err == nil {
			t.Error("it neither answered nor failed")
		}
		// To be found right it must have said the four settings and its speed.
		if answered && err == nil && len(wrong) == 0 {
			for _, must := range []string{"\x02\x00\x00\x01", "\x02\x00\x00\x02\x39\x01"} {
				if !bytes.Contains(said, []byte(must)) {
					t.Errorf("found right, and never said %q", must)
				}
			}
		}
		if err != nil && errors.Is(err, io.EOF) {
			t.Errorf("a silence is reported as %v", err)
		}
	})
}

// FuzzGM65Reply wants that a reply is taken apart without a fault, and only if
// it is whole.
func FuzzGM65Reply(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x01\x00\x33\x31"))
	f.Add([]byte("\x02\x00\x00\x02\x39\x01\xab\xcd"))
	f.Fuzz(func(t *testing.T, r []byte) {
		body, ok := scanner.GMReply(r)
		if !ok {
			return
		}
		if diff := cmp.Diff(int(r[3]), len(body)); diff != "" || len(r) != len(body)+6 {
			t.Error(diff)
		}
		var f scanner.Framer
		if frames := f.Feed(start, r); len(frames) > 0 {
			t.Errorf("a reply is read as the code %q", frames[0].Code)
		}
	})
}
