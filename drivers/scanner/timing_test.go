package scanner_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/scanner"
	"gated/gate"
)

// line is a port in the time of synctest. It behaves as tarm does on Linux: a
// read takes all there is, or waits at most 100 ms and then says EOF; once the
// device is gone it says EOF at once, and only a write tells.
type line struct {
	began time.Time
	burst []burst
	gone  time.Duration // after the opening; 0: never
	stall time.Duration // how long the machine stands still before it returns bytes
}

// burst is bytes that reach the port at a time after its opening.
type burst struct {
	at   time.Duration
	text string
}

func (l *line) Read(b []byte) (int, error) {
	now := time.Since(l.began)
	wait := 100 * time.Millisecond
	if len(l.burst) > 0 {
		wait = min(wait, l.burst[0].at-now)
	}
	if l.gone > 0 {
		wait = min(wait, l.gone-now)
	}
	if wait > 0 {
		<-time.After(wait)
	}
	now = time.Since(l.began)
	n := 0
	for len(l.burst) > 0 && now >= l.burst[0].at && (l.gone == 0 || now < l.gone) {
		n += copy(b[n:], l.burst[0].text)
		l.burst = l.burst[1:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	<-time.After(l.stall)
	return n, nil
}

func (l *line) Write(b []byte) (int, error) {
	if l.gone > 0 && time.Since(l.began) >= l.gone {
		return 0, errors.New("input/output error")
	}
	return len(b), nil
}

func (l *line) Close() error { return nil }

// simulate runs a scanner for a while on the ports that next gives, in the time
// of synctest, and says when each opening was tried.
func simulate(t *testing.T, baud string, d time.Duration, out chan gate.Scan, next func(i, baud int) (*line, error)) (*scanner.Serial, []time.Duration) {
	t.Helper()
	s, err := scanner.New(scanner.Config{Device: "/dev/x", Baud: baud})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var tried []time.Duration
	s.SetOpen(func(_ string, baud int) (io.ReadWriteCloser, error) {
		tried = append(tried, time.Since(began))
		l, err := next(len(tried)-1, baud)
		if l != nil {
			l.began = time.Now()
		}
		return l, err
	})
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Run(ctx, out); err != nil {
		t.Error(err)
	}
	return s, tried
}

func ms(n ...int) []time.Duration {
	var d []time.Duration
	for _, n := range n {
		d = append(d, time.Duration(n)*time.Millisecond)
	}
	return d
}

func TestAMissingPortIsTriedEverMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, tried := simulate(t, "9600", 25*time.Second, nil, func(int, int) (*line, error) { return nil, errors.New("gone") })
		if diff := cmp.Diff(ms(0, 200, 600, 1400, 3000, 6200, 11200, 16200, 21200), tried); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPortThatWasUpIsTriedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, tried := simulate(t, "9600", 5500*time.Millisecond, nil, func(i, _ int) (*line, error) {
			if i == 4 {
				return &line{gone: time.Second}, nil
			}
			return nil, errors.New("gone")
		})
		if diff := cmp.Diff(ms(0, 200, 600, 1400, 3000, 4200, 4600, 5400), tried); diff != "" {
			t.Error(diff)
		}
	})
}

// A port that opens but dies before it was ever up is no reason to hurry.
func TestAPortThatDiesAtOnceIsTriedEverMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, tried := simulate(t, "9600", time.Second, nil, func(int, int) (*line, error) {
			return &line{gone: time.Millisecond}, nil
		})
		if diff := cmp.Diff(ms(0, 201, 602), tried); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACodeIsStampedWithItsLastByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		out := make(chan gate.Scan, 2)
		simulate(t, "9600", time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{{310 * time.Millisecond, "ab"}, {350 * time.Millisecond, "c\r"}, {420 * time.Millisecond, "def"}}}, nil
		})
		want := []gate.Scan{
			{Code: "abc", At: began.Add(350 * time.Millisecond), Source: gate.FromScanner},
			{Code: "def", At: began.Add(420 * time.Millisecond), Source: gate.FromScanner},
		}
		for _, w := range want {
			if diff := cmp.Diff(w, <-out); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestWhatLayInThePortIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan gate.Scan, 3)
		s, _ := simulate(t, "9600", time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{{0, "old\rhal"}, {40 * time.Millisecond, "f an "}, {60 * time.Millisecond, "old one\rnew\r"}}}, nil
		})
		if got := <-out; got.Code != "new" || len(out) > 0 {
			t.Errorf("got %q, and %d more", got.Code, len(out))
		}
		if got := s.Health().Counters["before-opening"]; got != 19 {
			t.Errorf("%d bytes dropped, want 19", got)
		}
	})
}

func TestACodeIsDroppedRatherThanHandedOnLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The lane takes nothing until three seconds are over. Meanwhile the
		// first code waits, and the others lie in the port unread.
		out := make(chan gate.Scan)
		lane := make(chan []string)
		go func() {
			var got []string
			<-time.After(3100 * time.Millisecond)
			for s := range out {
				got = append(got, s.Code)
				if age := time.Since(s.At); age > 2*time.Second {
					t.Errorf("%s was handed on after %v", s.Code, age)
				}
			}
			lane <- got
		}()
		s, _ := simulate(t, "9600", 6*time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{
				{time.Second, "first\r"},
				{1100 * time.Millisecond, "second\r"},
				{1200 * time.Millisecond, "third\r"},
				{5 * time.Second, "fresh\r"},
			}}, nil
		})
		close(out)
		if diff := cmp.Diff([]string{"fresh"}, <-lane); diff != "" {
			t.Error(diff)
		}
		if late := s.Health().Counters["late"]; late != 3 {
			t.Errorf("%d codes counted as late, want 3", late)
		}
	})
}

func TestACodeIsOldAfterTheMachineStoodStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan gate.Scan, 1)
		s, _ := simulate(t, "9600", 5*time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{{time.Second, "abc\r"}}, stall: 2200 * time.Millisecond}, nil
		})
		if late := s.Health().Counters["late"]; late != 1 || len(out) != 0 {
			t.Errorf("%d codes counted as late, want 1; %d were handed on", late, len(out))
		}
	})
}

func TestACodeWaitsForItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan gate.Scan)
		got := make(chan gate.Scan, 1)
		go func() {
			<-time.After(2900 * time.Millisecond)
			got <- <-out
		}()
		simulate(t, "9600", 4*time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{{time.Second, "abc\r"}}}, nil
		})
		if s := <-got; s.Code != "abc" {
			t.Errorf("got %q", s.Code)
		}
	})
}

func TestAutoTriesTheOtherSpeedAfterGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		garbage := strings.Repeat("\xf8\x00\x1b~\xe0", 20)
		out := make(chan gate.Scan, 10)
		var speeds []int
		s, _ := simulate(t, "auto", 5*time.Second, out, func(_, baud int) (*line, error) {
			speeds = append(speeds, baud)
			if baud == 9600 {
				return &line{burst: []burst{{time.Second, garbage}}}, nil
			}
			return &line{burst: []burst{{time.Second, "G1:AEAQCAAA\r"}, {2 * time.Second, garbage}}}, nil
		})
		if diff := cmp.Diff([]int{9600, 115200}, speeds); diff != "" {
			t.Error(diff)
		}
		if h := s.Health(); h.Baud != 115200 {
			t.Errorf("at the end: %+v", h)
		}
	})
}

func TestOneSpeedIsKeptWhateverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan gate.Scan, 10)
		_, tried := simulate(t, "9600", 5*time.Second, out, func(int, int) (*line, error) {
			return &line{burst: []burst{{time.Second, strings.Repeat("\x00", 500)}}}, nil
		})
		if len(tried) != 1 {
			t.Errorf("opened at %v", tried)
		}
	})
}

func TestHealthIsSafeWhileTheScannerRuns(t *testing.T) {
	c := make(chan gate.Scan, 100)
	s, err := scanner.New(scanner.Config{Device: "/dev/x", Baud: "9600"})
	if err != nil {
		t.Fatal(err)
	}
	s.SetOpen(func(string, int) (io.ReadWriteCloser, error) {
		return &line{began: time.Now(), burst: []burst{{60 * time.Millisecond, "abc\r"}}, gone: 70 * time.Millisecond}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, c) }()
	for len(c) == 0 {
		_ = s.Health()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if h := s.Health(); h.Up {
		t.Errorf("up after the end: %+v", h)
	}
}

func TestHalfACodeIsNotCompletedAfterTheCableWasPulled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan gate.Scan, 2)
		s, _ := simulate(t, "9600", 3*time.Second, out, func(i, _ int) (*line, error) {
			if i == 0 {
				return &line{burst: []burst{{time.Second, "half"}}, gone: 1050 * time.Millisecond}, nil
			}
			return &line{burst: []burst{{60 * time.Millisecond, "whole\r"}}}, nil
		})
		if got := <-out; got.Code != "whole" || len(out) > 0 {
			t.Errorf("got %q, and %d more", got.Code, len(out))
		}
		if c := s.Health().Counters; c["partial"] != 4 || c["openings"] != 2 {
			t.Errorf("counted %v", c)
		}
	})
}
