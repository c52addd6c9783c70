package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/local"
)

// TestStatusShowsTheDoor: one line a lane, in both languages.
func TestStatusShowsTheDoor(t *testing.T) {
	for _, tc := range []struct {
		name   string
		lane   local.LaneStatus
		en, zh string
	}{
		{"at rest", local.LaneStatus{Door: "shut"}, "door shut · relay off", "门 关着 · 继电器断开"},
		{"without a contact", local.LaneStatus{Relay: true}, "door no contact · relay on", "门 未接门磁 · 继电器接通"},
		{
			"about to be an alarm",
			local.LaneStatus{Door: "open", Fault: "pre-alarm"},
			"door open · relay off · open for long, soon an alarm", "门 开着 · 继电器断开 · 门开着已久，即将告警",
		},
		{
			"open for too long",
			local.LaneStatus{Door: "open", Fault: "held-open"},
			"door open · relay off · open for too long", "门 开着 · 继电器断开 · 门开得太久",
		},
		{
			"all at once",
			local.LaneStatus{Door: "open", Relay: true, Fault: "forced", HoldOpen: true, Lockdown: true, Fire: true},
			"door open · relay on · forced: nobody had been let in or out · held open by order · lockdown: only the exit button and fire open · fire: open for anybody",
			"门 开着 · 继电器接通 · 无人获准进出，门却被打开 · 按指令保持开门 · 大门封闭：仅出门按钮和消防可开门 · 消防报警：对所有人开门",
		},
	} {
		for lang, want := range map[gate.Language]string{gate.English: tc.en, gate.Chinese: tc.zh} {
			var out strings.Builder
			printStatus(&out, local.Status{Lanes: []local.LaneStatus{tc.lane}}, lang)
			if lines := strings.Split(out.String(), "\n"); !cmp.Equal("    "+want, lines[6]) {
				t.Errorf("%s: %q, want %q", tc.name, lines[6], want)
			}
		}
	}
}

// TestEveryWordOfTheStatusIsInBothLanguages, and so is each fault that a door has.
func TestEveryWordOfTheStatusIsInBothLanguages(t *testing.T) {
	for _, fault := range []gate.Event{gate.DoorForced, gate.HeldOpen, gate.PreAlarm} {
		if _, ok := statusWords[string(fault)]; !ok {
			t.Errorf("no words for the fault %s", fault)
		}
	}
	for word, text := range statusWords {
		if text.ZH == "" || text.EN == "" {
			t.Errorf("%q lacks a language: %+v", word, text)
		}
	}
}

// TestNamesOfTheDoorInJSONStay: scripts at the box read them.
func TestNamesOfTheDoorInJSONStay(t *testing.T) {
	raw, err := json.Marshal(local.LaneStatus{Name: "in", Door: "open", Relay: true, Fault: "forced", HoldOpen: true, Lockdown: true, Fire: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := `"relay":true,"door":"open","fault":"forced","hold_open":true,"lockdown":true,"fire":true`; !strings.Contains(string(raw), want) {
		t.Errorf("got %s, want in it %s", raw, want)
	}
}
