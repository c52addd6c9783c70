package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// community is two gate boxes of one site, the second on a line that is dumped.
type community struct {
	*stage.World
	west *stage.Box
	line *dump
}

func newCommunity(t *testing.T) *community {
	t.Helper()
	w := newWorld(t)
	c := &community{World: w, line: newDump(t, w.Broker.Addr)}
	roots, err := w.Central.Do(soon(t), "roots")
	if err != nil {
		t.Fatal(err)
	}
	c.west, err = w.NewBox(stage.BoxConfig{ID: "west", Site: stage.Site, Roots: roots, Broker: c.line.Addr, Pulse: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.west.Do(soon(t), "key", "show")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(key)
	do(t, w, "gate", "add", "west", "--site", fmt.Sprint(stage.Site), "--key", words[len(words)-1])
	if err := c.west.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.west.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if c.west.Running() {
			if err := c.west.Stop(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	return c
}

// do runs one command of gate-central.
func do(t *testing.T, w *stage.World, args ...string) string {
	t.Helper()
	out, err := w.Central.Do(soon(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// at shows a code at the west gate.
func (c *community) at(t *testing.T, code string, want gate.Reason) {
	t.Helper()
	if _, err := c.west.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	seen, err := c.west.Show(soon(t), code)
	if err != nil {
		t.Fatal(err)
	}
	if seen.Reason != want {
		t.Fatalf("the west gate said %s %s, want %s", seen.Verdict, seen.Reason, want)
	}
}

// told waits until the broker has sent the west box n used notes.
func (c *community) told(t *testing.T, n int) {
	t.Helper()
	err := stage.Until(soon(t), 5*time.Millisecond, func() (bool, error) {
		_, down := c.line.carried()
		return strings.Count(down, "gated/v1/used\n") >= n, nil
	})
	if err != nil {
		t.Fatalf("the neighbours' notes do not come: %v", err)
	}
}

// TestUsedThereIsUsedHere: a pass used at one gate of a community is used at the
// other, also after that one was killed; and whoever reads the line learns of
// riders what the used notes say, and nothing more.
func TestUsedThereIsUsedHere(t *testing.T) {
	t.Parallel()
	c := newCommunity(t)
	const rider = 3141592653
	first, second := issue(t, c.World, rider), issue(t, c.World, rider)
	show(t, c.World, first, gate.OK)
	c.told(t, 1)
	c.at(t, first, gate.UsedUp) // its record carries the use to the disk
	if err := c.west.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.west.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.west.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	c.at(t, first, gate.UsedUp)
	c.at(t, second, gate.OK)
	c.told(t, 2) // our own comes back
	err := stage.Until(soon(t), 20*time.Millisecond, func() (bool, error) {
		r, err := c.Central.Records(soon(t))
		return r.Count(func(l record.Leaf) bool { return l.Verdict == string(gate.Open) }) == 2, err
	})
	if err != nil {
		t.Fatalf("the records of both openings do not come: %v", err)
	}
	private(t, c.line, rider, first, second)
}

// usedText is the text of a used note as it crosses the wire.
var usedText = regexp.MustCompile(`gated/v1/used\n\{[^\n]*\}\n`)

// private fails the test if the dump says who anybody was.
func private(t *testing.T, line *dump, rider int, codes ...string) {
	t.Helper()
	up, down := line.carried()
	if len(usedText.FindAllString(up, -1)) != 1 || strings.Count(up, `"kind":"access"`) < 3 {
		t.Fatal("the dump does not hold what this test is about")
	}
	records := usedText.ReplaceAllString(up, "")
	for _, word := range []string{`"kid"`, `"serial"`, `"rider"`, `"issuer"`} {
		if strings.Contains(records, word) {
			t.Errorf("%s in the clear in what goes to the broker", word)
		}
	}
	for _, all := range []string{up, down} {
		if strings.Contains(all, strconv.Itoa(rider)) {
			t.Error("the rider's number is on the line in the clear")
		}
		for _, code := range codes {
			if strings.Contains(all, code[3:40]) {
				t.Error("a code, which opens doors, is on the line")
			}
		}
	}
}

// TestAPresentedPassIsAnswered: a platform presents a bound pass, if the site's
// rules allow it, and if it was signed for this gate.
func TestAPresentedPassIsAnswered(t *testing.T) {
	t.Parallel()
	c := newCommunity(t)
	answers := 0
	present := func(id, code, lane string, want gate.Reason) {
		t.Helper()
		msg, err := json.Marshal(map[string]string{"id": id, "pass": code, "lane": lane})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Broker.Publish(soon(t), "gated/v1/gates/west/present", msg, false); err != nil {
			t.Fatal(err)
		}
		answers++
		var got string
		err = stage.Until(soon(t), 5*time.Millisecond, func() (bool, error) {
			up, _ := c.line.carried()
			all := verdictText.FindAllString(up, -1)
			if len(all) >= answers {
				got = all[answers-1]
			}
			return got != "", nil
		})
		if want := fmt.Sprintf(`{"id":%q,"verdict":%q,"reason":%q,"lane":%q}`, id, want.Verdict(), want, lane); err != nil || got != want {
			t.Fatalf("answer %s, want %s (%v)", got, want, err)
		}
	}
	rider := 77
	draw := func(more ...string) string {
		rider++ // the same rider's codes of one second are one code
		code, err := c.Central.Draw(soon(t), stage.Site, rider, more...)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	present("p-1", draw("--gate", "west"), "in", gate.NotAdmitted)
	rules := c.Path("rules.json")
	if err := os.WriteFile(rules, []byte(`{"present":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := c.west.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	do(t, c.World, "site", "set", "--site", fmt.Sprint(stage.Site), "--name", "East Garden", "--rules", rules)
	err = stage.Until(soon(t), 20*time.Millisecond, func() (bool, error) {
		now, err := c.west.Journal(soon(t))
		for _, l := range now[len(before):] {
			if strings.Contains(l.Detail, "site document") {
				return true, err
			}
		}
		return false, err
	})
	if err != nil {
		t.Fatalf("the site's new rules do not come: %v", err)
	}
	present("p-2", draw("--gate", "west"), "in", gate.OK)
	if _, err := c.west.Trace.Next(soon(t), 0, true); err != nil {
		t.Error("it opened no door")
	}
	present("p-3", draw("--gate", "east"), "in", gate.BadHolderSignature)
	present("p-4", draw(), "in", gate.BadHolderSignature) // signed for whatever gate
	present("p-5", issue(t, c.World, 99), "in", gate.Unsupported)
	present("p-6", draw("--gate", "west"), "cellar", gate.Malformed)
}

// verdictText is an answer as it crosses the wire.
var verdictText = regexp.MustCompile(`\{"id":"[^"]*","verdict":"[^}]*\}`)

// commandText is a signed command as it crosses the wire.
var commandText = regexp.MustCompile(`gated/v1/command\n\{[^\n]*\}\n\n(— [^\n]*\n)+`)

// TestACommandActsOnceAndNow: the central server opens a gate; what a broker
// makes of that command afterwards opens nothing.
func TestACommandActsOnceAndNow(t *testing.T) {
	t.Parallel()
	c := newCommunity(t)
	id := do(t, c.World, "open", "--gate", "west", "--reason", "a delivery van", "--by", "the guard")
	if _, err := c.west.Trace.Next(soon(t), 0, true); err != nil {
		t.Fatalf("the command opened nothing: %v", err)
	}
	commands := func() (all []record.Leaf) {
		leaves, err := c.west.Journal(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leaves {
			if l.Kind == string(gate.KindCommand) {
				all = append(all, l)
			}
		}
		return all
	}
	got := commands()
	if len(got) != 1 || got[0].Ref != id || got[0].Verdict != string(gate.Open) || got[0].Source != string(gate.FromCommand) {
		t.Fatalf("recorded as %+v, want one opening by command %s", got, id)
	}
	if _, err := c.west.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	edges, err := c.west.Trace.Count()
	if err != nil {
		t.Fatal(err)
	}
	_, down := c.line.carried()
	command := []byte(commandText.FindString(down))
	for _, retained := range []bool{false, true} { // again, and kept for later
		if err := c.Broker.Publish(soon(t), "gated/v1/gates/west/command", command, retained); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.west.Kill(soon(t)); err != nil { // the broker sends it once more when the box is back
		t.Fatal(err)
	}
	if err := c.west.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.west.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	c.at(t, issue(t, c.World, 5), gate.OK) // whatever came before has been dealt with
	after, err := c.west.Trace.Count()
	if err != nil {
		t.Fatal(err)
	}
	if len(command) == 0 || len(commands()) != 1 || after > edges+2 { // relay-safe, and the rider's pulse
		t.Errorf("a command of %d bytes that was sent again: %d records, %d edges of the relay after %d", len(command), len(commands()), after, edges)
	}
}
