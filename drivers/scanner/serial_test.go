package scanner_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarm/serial"
	"golang.org/x/sys/unix"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/gate"
)

// The tests in this file use real pseudo-terminals. What a pseudo-terminal
// lacks (speeds, line errors, a device that comes back by another name) is
// tested on the emulated boards.

// holdPort names the device that the test binary, run by itself, locks.
const holdPort = "SCANNER_TEST_HOLD_PORT"

func TestMain(m *testing.M) {
	if device := os.Getenv(holdPort); device != "" {
		os.Exit(hold(device))
	}
	os.Exit(m.Run())
}

// hold is another program that has the port, until its input ends.
func hold(device string) int {
	f, err := os.Open(device)
	if err == nil {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	fmt.Println(err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func open(t *testing.T, device string) *scanner.Serial {
	t.Helper()
	s, err := scanner.New(scanner.Config{Device: device, Baud: "115200"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSerialPassesTheSuite(t *testing.T) {
	t.Parallel()
	drivertest.TestScanner(t, func(t *testing.T, c *drivertest.Cable) (drivertest.Reader, func() bool) {
		s := open(t, c.Path())
		return s, func() bool { return s.Health().Up }
	})
}

// Four lanes at once: 10,000 codes and 100 pulled cables in all.
func TestTenThousandCodesAndAHundredPulledCables(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint("lane ", i+1), func(t *testing.T) {
			t.Parallel()
			drivertest.Storm(t, func(t *testing.T, c *drivertest.Cable) (drivertest.Reader, func() bool) {
				s := open(t, c.Path())
				return s, func() bool { return s.Health().Up }
			}, 2500, 25)
		})
	}
}

// run runs s until the test ends, with nobody to take the codes.
func run(t *testing.T, s *scanner.Serial) (cancel context.CancelFunc, done <-chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	stopped := make(chan struct{})
	go func() {
		ended <- s.Run(ctx, make(chan gate.Scan))
		close(stopped)
	}()
	t.Cleanup(func() { cancel(); <-stopped })
	return cancel, ended
}

func TestRunEndsWhileNobodyTakesTheCode(t *testing.T) {
	c := drivertest.NewCable(t)
	s := open(t, c.Path())
	cancel, done := run(t, s)
	drivertest.Eventually(t, "the scanner is up", func() bool { return s.Health().Up })
	c.Send([]byte("abc\r"))
	drivertest.Eventually(t, "the code is read", func() bool { return s.Health().Counters["codes"] == 1 })
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Second):
		t.Fatal("Run goes on a second after its context ended")
	}
	if h := s.Health(); h.Up || h.Counters["late"] != 1 {
		t.Errorf("after the end: %+v", h)
	}
}

// counting counts the reads of a port.
type counting struct {
	io.ReadWriteCloser
	reads *atomic.Int64
}

func (c counting) Read(b []byte) (int, error) {
	c.reads.Add(1)
	return c.ReadWriteCloser.Read(b)
}

func TestALostPortIsNotReadInABusyLoop(t *testing.T) {
	t.Parallel()
	c := drivertest.NewCable(t)
	s := open(t, c.Path())
	var reads, opened atomic.Int64
	s.SetOpen(func(device string, baud int) (io.ReadWriteCloser, error) {
		opened.Add(1)
		p, err := scanner.OpenPort(device, baud)
		return counting{p, &reads}, err
	})
	run(t, s)
	drivertest.Eventually(t, "the scanner is up", func() bool { return s.Health().Up })
	c.Pull()
	before := reads.Load()
	tries := opened.Load()
	drivertest.Eventually(t, "the port is tried again, and again", func() bool { return opened.Load() >= tries+2 })
	// A read in flight, and one that finds out.
	if got := reads.Load() - before; got > 2 {
		t.Errorf("%d reads of a port that is gone", got)
	}
}

func TestSilenceIsNotALoss(t *testing.T) {
	c := drivertest.NewCable(t)
	s := open(t, c.Path())
	var reads atomic.Int64
	s.SetOpen(func(device string, baud int) (io.ReadWriteCloser, error) {
		p, err := scanner.OpenPort(device, baud)
		return counting{p, &reads}, err
	})
	run(t, s)
	drivertest.Eventually(t, "five reads have timed out", func() bool { return reads.Load() > 5 })
	if h := s.Health(); !h.Up || h.Counters["openings"] != 1 {
		t.Errorf("after a silence: %+v", h)
	}
}

func TestAPortThatAnotherProgramHasIsNamedAndThenTaken(t *testing.T) {
	t.Parallel()
	c := drivertest.NewCable(t)
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdPort+"="+c.Path())
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	word, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || word != "<nil>\n" {
		t.Fatalf("the other program says %q, %v", word, err)
	}
	s := open(t, c.Path())
	run(t, s)
	drivertest.Eventually(t, "the other program is named", func() bool {
		h := s.Health()
		return !h.Up && strings.Contains(h.Error.EN, c.Path()) && strings.Contains(h.Error.EN, "process "+strconv.Itoa(other.Process.Pid))
	})
	if err := errors.Join(in.Close(), other.Wait()); err != nil {
		t.Fatal(err)
	}
	drivertest.Eventually(t, "the port is taken", func() bool { h := s.Health(); return h.Up && h.Error == (gate.Text{}) })
}

func TestTwoScannersDoNotShareAPort(t *testing.T) {
	c := drivertest.NewCable(t)
	first, second := open(t, c.Path()), open(t, c.Path())
	run(t, first)
	drivertest.Eventually(t, "the first is up", func() bool { return first.Health().Up })
	run(t, second)
	drivertest.Eventually(t, "the second says why not", func() bool {
		return strings.Contains(second.Health().Error.EN, "another program has the port")
	})
	if !first.Health().Up {
		t.Error("the first lost its port to the second")
	}
}

func TestHealthSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ device, want string }{
		{dir + "/none", dir + "/none is not there: no code can be read at this lane. Check the scanner's cable and power, and the name of the device (ls -l /dev/serial/by-path); it is tried again by itself."},
		{file, file + " is not a serial port: no code can be read at this lane. Name a serial port as device (ls -l /dev/serial/by-path); it is tried again by itself."},
	} {
		s := open(t, tc.device)
		run(t, s)
		drivertest.Eventually(t, "the scanner says: "+tc.want, func() bool { return s.Health().Error.EN == tc.want })
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]scanner.Config{
		"a speed that no port has":          {Device: "/dev/x", Baud: "31250"},
		"a speed of 0":                      {Device: "/dev/x", Baud: "0"},
		"a speed with a second spelling":    {Device: "/dev/x", Baud: "+9600"},
		"a word for a speed":                {Device: "/dev/x", Baud: "fast"},
		"no device":                         {Baud: "9600"},
		"a kind that is not known":          {Device: "/dev/x", Kind: "bluetooth"},
		"a make of module that is no known": {Device: "/dev/x", Profile: "gm66"},
	} {
		if _, err := scanner.New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	_, err := scanner.New(scanner.Config{Device: "/dev/x", Baud: "31250"})
	if err == nil || !strings.Contains(err.Error(), "auto") || !strings.Contains(err.Error(), "9600, 19200") {
		t.Errorf("the error does not say what is allowed: %v", err)
	}
}

// tarm looks a speed up before it opens the port, so that a port which does
// not exist tells whether the speed does.
func TestSpeedsAreThoseOfTheLibrary(t *testing.T) {
	missing := t.TempDir() + "/none"
	knows := func(baud int) bool {
		_, err := serial.OpenPort(&serial.Config{Name: missing, Baud: baud})
		return errors.Is(err, os.ErrNotExist)
	}
	for _, baud := range scanner.Speeds {
		if !knows(baud) {
			t.Errorf("the library refuses %d", baud)
		}
		for _, near := range []int{baud - 1, baud + 1, 2 * baud, 3 * baud, 5 * baud} {
			if known := strings.Contains(fmt.Sprint(scanner.Speeds), fmt.Sprintf("%d ", near)) || near == 4000000; !known && knows(near) {
				t.Errorf("the library knows %d", near)
			}
		}
	}
}

func BenchmarkFramer(b *testing.B) {
	line := []byte(drivertest.Code(rand.New(rand.NewPCG(1, 1))) + "\r\n")
	b.SetBytes(int64(len(line)))
	var f scanner.Framer
	for b.Loop() {
		f.Feed(start, line)
	}
}
