package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// traced feeds lines of an emulator's trace to the watch of a board.
func traced(t *testing.T, b *board, lines ...string) *watch {
	t.Helper()
	w := newWatch(b)
	w.read(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	if !errors.Is(w.fault, io.EOF) {
		t.Fatal(w.fault)
	}
	return w
}

func TestPinsOfTheRaspberryPi(t *testing.T) {
	const head, tail = "30800@1795570003.014804:memory_region_ops_write cpu 1 mr 0x7fb930179850 addr ", " size 4 name 'bcm2835_gpio'"
	w := traced(t, raspi3b,
		head+"0x3f200004 value 0x1000000"+tail, // GPIO18 an output
		"30800@1795570003.1:memory_region_ops_write cpu 1 mr 0x1 addr 0x3f20001c value 0x20000 size 4 name 'another_device'",     // none of ours
		"30800@1795570003.000002:memory_region_ops_write cpu -1 mr 0x1 addr 0x3f20001c value 0x20000 size 4 name 'bcm2835_gpio'", // ours, not the guest's
		head+"0x3f200028 value 0x20000"+tail,   // GPIO17: 0
		head+"0x3f200004 value 0x1200000"+tail, // an output
		"30800@1795570004.000007:memory_region_ops_write cpu 2 mr 0x7fb930179850 addr 0x3f20001c value 0x20000"+tail, // 1
		head+"0x3f20001c value 0x40000"+tail, // GPIO18 as well
		head+"0x3f200028 value 0x20000"+tail,
		head+"0x3f20001c value 0x20000"+tail,
		head+"0x3f200004 value 0x1000000"+tail, // an input again
		head+"0x3f200010 value 0x1",            // cut off with the power
		endOfTrace, head+"nothing is read from here on"+tail)
	want := []pin{{true, false}, {true, true}, {true, false}, {true, true}, {false, true}}
	edges, now, _, _ := w.from(17, 0)
	for i, e := range edges {
		if i < len(want) && e.pin != want[i] {
			t.Errorf("change %d: %s, want %s", i, e.pin, want[i])
		}
	}
	if len(edges) != len(want) || now != want[len(want)-1] {
		t.Fatalf("%d changes, now %s; want %d, %s", len(edges), now, len(want), want[len(want)-1])
	}
	if at := time.Unix(1795570004, 7000); !edges[1].at.Equal(at) {
		t.Errorf("seen at %s, want %s", edges[1].at, at)
	}
	if n := w.high(17, 0); n != 2 {
		t.Errorf("high %d times, want 2", n)
	}
	if edges, _, _, _ := w.from(18, 0); len(edges) != 2 {
		t.Errorf("GPIO18 changed %d times, want 2", len(edges))
	}
}

func TestPinsOfThePL061(t *testing.T) {
	const head, tail = "1@1.000001:memory_region_ops_write cpu 0 mr 0x1 addr ", " size 1 name 'pl061'"
	w := traced(t, virt,
		head+"0x9030004 value 0x1"+tail, // an input: without effect
		head+"0x9030400 value 0x1"+tail,
		head+"0x9030008 value 0xff"+tail, // line 1, not ours
		head+"0x9030004 value 0xff"+tail,
		head+"0x90303fc value 0xfe"+tail)
	var got []string
	edges, _, _, _ := w.from(0, 0)
	for _, e := range edges {
		got = append(got, e.String())
	}
	if want := "driven low, driven high, driven low"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestTraceThatIsNotUnderstoodIsAFault(t *testing.T) {
	w := newWatch(virt)
	w.read(strings.NewReader("something else name 'pl061'\n"))
	if _, err := w.wait(t.Context(), 0, 0, pin.drivenHigh); err == nil {
		t.Error("no error")
	}
}

func TestPipeTakesAllThatTheEmulatorWroteBeforeItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	f, err := fifo(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	w := newWatch(virt)
	go w.read(f)
	end, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 10000 {
		if _, err := io.WriteString(end, "1@1.000001:memory_region_ops_write cpu 0 mr 0x1 addr 0x9030400 value 0x1 size 1 name 'pl061'\n"+
			"1@1.000001:memory_region_ops_write cpu 0 mr 0x1 addr 0x9030400 value 0x0 size 1 name 'pl061'\n"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(f, "\n"+endOfTrace+"\n"); err != nil {
		t.Fatal(err)
	}
	<-w.ended
	if n := w.mark(0); n != 20000 {
		t.Errorf("%d changes seen, want 20000", n)
	}
}
