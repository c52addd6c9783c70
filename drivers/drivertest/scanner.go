package drivertest

import (
	"context"
	"encoding/base32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
)

// Reader is what a scanner's driver promises, in the words of scanner.Serial.
type Reader interface {
	Run(ctx context.Context, out chan<- gate.Scan) error
}

// TestScanner is the suite that each kind of scanner on a serial line passes.
// It gets a way to make one for the end of a cable, which says with up whether
// codes that are shown now will be read.
func TestScanner(t *testing.T, open func(t *testing.T, c *Cable) (r Reader, up func() bool)) {
	t.Run("hands 2,000 codes on once each, however noisy the line is and however they are cut", func(t *testing.T) {
		testStream(t, open, 2000)
	})
	t.Run("is back after each time that the cable was pulled in mid-code", func(t *testing.T) {
		testPulled(t, open, 5)
	})
	t.Run("hands nothing on that lay in the port before it was opened", func(t *testing.T) {
		c, rnd := NewCable(t), random(t)
		c.Send([]byte(Code(rnd) + "\r\n" + Code(rnd)[:40]))
		l := listen(t, c, open)
		code := Code(rnd)
		c.Send([]byte(code + "\r"))
		l.wants(code)
	})
	t.Run("waits for a port that is missing", func(t *testing.T) {
		c, rnd := NewCable(t), random(t)
		c.Pull()
		r, up := open(t, c)
		l := start(t, r)
		if up() {
			t.Error("a scanner without a port is up")
		}
		c.Plug()
		Eventually(t, "the scanner finds its port", up)
		code := Code(rnd)
		c.Send([]byte(code + "\n"))
		l.wants(code)
	})
}

// Code is a text of the form of a pass, of either length, that no other call
// gives.
func Code(rnd *rand.Rand) string {
	body := make([]byte, []int{86, 186}[rnd.IntN(2)])
	for i := range body {
		body[i] = byte(rnd.Uint32())
	}
	return "G1:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(body)
}

// Noise is what scanners add of their own accord before a code: nothing, line
// noise, a reply, a failed read, an empty line, a symbology identifier.
func Noise(rnd *rand.Rand) string {
	return []string{
		"", "", "", "\x00", "\xff\xfe\x80\x00", "\x02\x00\x00\x01\x00\x33\x31", "\x02\x00\x00\x02\x0d\x03ab",
		"\x02\x02\x00", "%%NoRead\r\n", "\r\n", "\n\n", "]Q1", "\x1b\x00]Q3",
	}[rnd.IntN(13)]
}

func testStream(t *testing.T, open func(*testing.T, *Cable) (Reader, func() bool), n int) {
	c, rnd := NewCable(t), random(t)
	listen(t, c, open).stream(rnd, n)
}

func testPulled(t *testing.T, open func(*testing.T, *Cable) (Reader, func() bool), times int) {
	Storm(t, open, 10*times, times)
}

// Storm sends that many codes over a noisy line whose cable is pulled in mid-code
// that many times, at even distances, and wants each code once and in order. The
// code that was cut off is shown again, as a rider would.
func Storm(t *testing.T, open func(*testing.T, *Cable) (Reader, func() bool), codes, pulls int) {
	c, rnd := NewCable(t), random(t)
	r, up := open(t, c)
	l := start(t, r)
	l.cable = c
	var again []string
	for range pulls {
		Eventually(t, "the scanner is up", up)
		l.stream(rnd, codes/pulls, again...)
		code := Code(rnd)
		half := code[:1+rnd.IntN(len(code)-1)]
		again, l.halves = []string{code}, append(l.halves, half)
		l.sendCut(rnd, Noise(rnd)+half)
		c.Pull()
		Eventually(t, "the scanner notices that it is gone", func() bool { return !up() })
		c.Plug()
	}
	Eventually(t, "the scanner is up", up)
	l.stream(rnd, 1, again...)
}

// listener is a scanner at work and what came from it.
type listener struct {
	t      *testing.T
	cable  *Cable
	out    chan gate.Scan
	halves []string // codes cut off: the silence may have ended them, before the cable was pulled
}

// start runs r until the test ends, and then wants it to end as it should.
func start(t *testing.T, r Reader) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{t: t, out: make(chan gate.Scan)}
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, l.out) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run goes on after its context ended")
		}
	})
	return l
}

// listen starts a scanner on a cable that is plugged in and waits until it is
// up.
func listen(t *testing.T, c *Cable, open func(*testing.T, *Cable) (Reader, func() bool)) *listener {
	r, up := open(t, c)
	l := start(t, r)
	l.cable = c
	Eventually(t, "the scanner is up", up)
	return l
}

func (l *listener) send(text string) { l.cable.Send([]byte(text)) }

// sendCut sends text in pieces of 1 to 64 bytes and returns how long it took.
func (l *listener) sendCut(rnd *rand.Rand, text string) time.Duration {
	began := time.Now()
	for len(text) > 0 {
		n := min(len(text), 1+rnd.IntN(64))
		l.send(text[:n])
		text = text[n:]
	}
	return time.Since(began)
}

// stream sends the codes first, and then codes of its own until n are sure to
// have been sent fast enough, and wants each of them once and in order.
func (l *listener) stream(rnd *rand.Rand, n int, first ...string) {
	l.t.Helper()
	var sure, doubtful []string
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		defer l.send("the end")
		for len(sure) < n {
			code := Code(rnd)
			if len(first) > 0 {
				code, first = first[0], nil
			}
			end := []string{"\r", "\n", "\r\n", "\t", "\x03"}[rnd.IntN(5)]
			// On a loaded machine the sender may be stopped within a code for
			// so long that the silence ends it, as it should.
			if l.sendCut(rnd, Noise(rnd)+code+end) < 60*time.Millisecond {
				sure = append(sure, code)
			} else {
				doubtful = append(doubtful, code)
			}
		}
	}()
	got := l.until("the end")
	<-sent
	got = slices.DeleteFunc(got, func(code string) bool {
		return slices.ContainsFunc(doubtful, func(d string) bool { return strings.Contains(d, code) })
	})
	if len(doubtful) > 10+n/10 {
		l.t.Errorf("%d codes were sent too slowly to be sure of", len(doubtful))
	}
	for i := range max(len(got), len(sure)) {
		if i >= len(got) || i >= len(sure) || got[i] != sure[i] {
			l.t.Fatalf("got %d codes for %d; they differ from the one numbered %d", len(got), len(sure), i)
		}
	}
}

// next is the next code, halves aside.
func (l *listener) next() string {
	l.t.Helper()
	for {
		select {
		case s := <-l.out:
			if s.Source != gate.FromScanner || time.Since(s.At) > time.Minute || time.Since(s.At) < 0 {
				l.t.Errorf("a scan from %q at %v", s.Source, s.At)
			}
			if !slices.Contains(l.halves, s.Code) {
				return s.Code
			}
		case <-time.After(20 * time.Second):
			l.t.Fatal("no code came in 20 s")
		}
	}
}

// wants fails unless the next code is this one.
func (l *listener) wants(code string) {
	l.t.Helper()
	if got := l.next(); got != code {
		l.t.Errorf("got %q, want %q", got, code)
	}
}

// until is all codes before last.
func (l *listener) until(last string) []string {
	l.t.Helper()
	var got []string
	for {
		code := l.next()
		if code == last {
			return got
		}
		got = append(got, code)
	}
}

// random is a source of randomness that the test's log names.
func random(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
