package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"gated/drivers/scanner"
	"gated/gate"
)

// chinese says whether a text has a Chinese word.
func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// everyAlarm raises in a box whatever this package raises.
func everyAlarm(t *testing.T, b *box) {
	t.Helper()
	b.doorAlarm("in")(gate.DoorForced)
	b.doorAlarm("out")(gate.HeldOpen)
	b.alarms.raise(diskNearlyFull)
	w := scannerWatch{lane: "in", up: true, raise: b.alarms.raise, clear: b.alarms.clear, keep: func(gate.Event) {}}
	_, err := scanner.Probe(t.Context(), scanner.Config{Device: "/nowhere"})
	var trouble *scanner.Trouble
	if !errors.As(err, &trouble) || trouble.Cause != scanner.Missing {
		t.Fatalf("a port that is not there: %v", err)
	}
	w.look(scanner.Health{Error: trouble.Say, Counters: map[string]uint64{"setup-codes": 1, "drifts": 1}, Module: &scanner.Module{Drift: "suffix"}}, time.Now())
	for _, a := range boxAlarms(&boxWires{}) {
		b.alarms.raise(a.words)
	}
	for _, a := range []gate.Text{inMemory(errors.New("no room")), setAside(gate.Text{ZH: "坏了。", EN: "Broken."}, "old.db"), dropped(2048), notWhole("leaf 7")} {
		b.alarms.raise(a)
	}
}

// TestEveryAlarmIsInBothLanguages: what happened, what it means, what to do. The
// wire has the English, whatever the box speaks.
func TestEveryAlarmIsInBothLanguages(t *testing.T) {
	b, lanes := running(t, `{ device = "/nowhere" }`)
	everyAlarm(t, b)
	zh, en := b.status(lanes, nil, gate.Chinese).Alarms, b.status(lanes, nil, gate.English).Alarms
	if len(zh) != len(en) || len(en) < 12 {
		t.Fatalf("%d alarms in Chinese, %d in English", len(zh), len(en))
	}
	for i := range en {
		if !chinese(zh[i]) || chinese(en[i]) {
			t.Errorf("Chinese %q, English %q", zh[i], en[i])
		}
		clauses := func(s, ends string) int {
			return len(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(ends, r) }))
		}
		if clauses(zh[i], "。：；，") < 3 || clauses(en[i], ".:;,") < 3 {
			t.Errorf("three things are not said in %q, %q", zh[i], en[i])
		}
	}
	var wire struct{ Alarms []string }
	if err := json.Unmarshal(b.statusMessage(true), &wire); err != nil {
		t.Fatal(err)
	}
	if len(wire.Alarms) < 12 || slices.ContainsFunc(wire.Alarms, chinese) {
		t.Errorf("the wire has %q", wire.Alarms)
	}
}
