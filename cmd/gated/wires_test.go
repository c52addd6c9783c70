package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/drivers/drivertest"
	"gated/gate"
	"gated/verify/record"
)

// TestWiresOfTheBoxAreWatched: tamper and mains are a record and an alarm when
// they begin, a record when they end, and then no alarm any more.
func TestWiresOfTheBoxAreWatched(t *testing.T) {
	b, dir := boxOf(t), t.TempDir()
	write := func(name, level string) { writeLevel(t, filepath.Join(dir, name), level) }
	write("tamper", "1")
	write("mains", "0") // there is mains
	w, err := openWires(&Config{Inputs: InputsConfig{
		Kind:   "sim",
		Tamper: InputConfig{Line: filepath.Join(dir, "tamper")}, Mains: InputConfig{Line: filepath.Join(dir, "mains")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.watchWires(ctx, w) }()
	raised := func(text string) bool {
		return slices.ContainsFunc(b.alarms.list(), func(a gate.Text) bool { return strings.Contains(a.EN, text) })
	}
	const housing, battery = "housing is open", "runs on its battery"
	write("tamper", "0")
	drivertest.Eventually(t, "tamper is an alarm", func() bool { return raised(housing) })
	if raised(battery) {
		t.Error("mains are there, and are missed")
	}
	write("mains", "1")
	drivertest.Eventually(t, "mains are missed", func() bool { return raised(battery) })
	write("tamper", "1")
	drivertest.Eventually(t, "tamper is over", func() bool { return !raised(housing) })
	write("mains", "0")
	drivertest.Eventually(t, "mains are back", func() bool { return !raised(battery) })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	want := []gate.Event{gate.Tamper, gate.MainsLost, gate.TamperEnded, gate.MainsBack}
	drivertest.Eventually(t, "the records, each once and in order", func() bool { return slices.Equal(events(t, b, want), want) })

	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.watchWires(t.Context(), w); err == nil || !strings.Contains(err.Error(), "tamper: read input") {
		t.Errorf("an input that cannot be read: %v", err)
	}
}

// events are those of the box's records that are of the kinds asked for.
func events(t *testing.T, b *box, of []gate.Event) (got []gate.Event) {
	t.Helper()
	_, size := b.store.Log()
	entries, err := b.store.List(t.Context(), 0, size)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		l, err := record.ParseLeaf(e.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(of, gate.Event(l.Event)) {
			got = append(got, gate.Event(l.Event))
		}
	}
	return got
}

func TestAWireOfTheBoxThatCannotBeOpenedIsNamed(t *testing.T) {
	_, err := openWires(&Config{Inputs: InputsConfig{Kind: "sim", Tamper: InputConfig{Line: "x"}, Mains: InputConfig{Line: "y", Active: "maybe"}}})
	if err == nil || !strings.HasPrefix(err.Error(), "inputs: mains: ") {
		t.Errorf("got %v", err)
	}
	w, err := openWires(&Config{})
	if err != nil || w.fire != nil || w.tamper != nil || w.mains != nil || w.Close() != nil {
		t.Errorf("nothing is wired, and got %+v, %v", w, err)
	}
}
