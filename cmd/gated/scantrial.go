package main

import (
	"fmt"
	"slices"
	"time"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
)

// twice is how soon after a code the same one is a double: nobody takes a phone
// away and shows it again as fast.
const twice = 300 * time.Millisecond

// discards are the counts of what was not handed on, and of what costs a rider
// time, in the order in which a technician would look.
var discards = []scanner.Count{
	scanner.Noise, scanner.NoRead, scanner.NoTerminator, scanner.TooLong, scanner.Partial, scanner.Late, scanner.BeforeOpening,
}

// scanTrial is one test of a scanner while it goes on.
type scanTrial struct {
	lane   string
	wanted int
	begun  bool
	newest uint64 // number of the last code that was taken in
	start  map[string]uint64
	now    local.Seen
	codes  []local.Code // the newest, the oldest first

	read    int // test codes
	doubles int
	damaged int
	others  int
	last    local.Code
	between []time.Duration // from one test code to the next, doubles left out
}

// take takes in what the scanner has read. The first time, that is the past.
func (t *scanTrial) take(now local.Seen) {
	t.now = now
	if !t.begun {
		t.begun, t.newest, t.start = true, now.Newest, now.Scanner.Counters
		return
	}
	for _, c := range now.Codes {
		if c.Number <= t.newest {
			continue
		}
		t.newest = c.Number
		t.codes = append(t.codes, c)
		t.count(c)
	}
	t.codes = t.codes[max(0, len(t.codes)-64):]
}

func (t *scanTrial) count(c local.Code) {
	again := t.last.Number != 0 && c.At.Sub(t.last.At) < twice && c.Text == t.last.Text && c.Length == t.last.Length
	switch {
	case again:
		t.doubles++
		t.last.At = c.At
		return
	case c.Sort == string(scanner.SortDamaged):
		t.damaged++
	case c.Sort != string(scanner.SortTest):
		t.others++
	default:
		t.read++
		if t.last.Sort == c.Sort {
			t.between = append(t.between, c.At.Sub(t.last.At))
		}
	}
	t.last = c
}

// done says whether as many test codes were read as were asked for.
func (t *scanTrial) done() bool { return t.read >= t.wanted }

// grown is how much a count has grown during the test. A scanner that was started
// anew meanwhile counts from nothing.
func (t *scanTrial) grown(c scanner.Count) uint64 {
	is, was := t.now.Scanner.Counters[c.String()], t.start[c.String()]
	return pick(is < was, is, is-was)
}

// spread is the shortest, the middle and the longest time between two test codes.
func (t *scanTrial) spread() (shortest, middle, longest time.Duration, ok bool) {
	if len(t.between) == 0 {
		return 0, 0, 0, false
	}
	d := slices.Sorted(slices.Values(t.between))
	return d[0], d[len(d)/2], d[len(d)-1], true
}

// scanReport is what `gated scanner test --json` prints.
type scanReport struct {
	Lane     string            `json:"lane"`
	Fine     bool              `json:"fine"`
	Wanted   int               `json:"wanted"`     // test codes
	Read     int               `json:"read"`       // of them, whole
	Doubles  int               `json:"doubles"`    // any code twice within 300 ms
	Damaged  int               `json:"damaged"`    // test codes that came otherwise than they are
	Others   int               `json:"others"`     // codes of any other kind
	Between  *scanSpread       `json:"between_ms"` // null: less than two test codes
	Discards map[string]uint64 `json:"discards"`   // by cause, during the test
	Findings []testFinding     `json:"findings"`
}

type scanSpread struct {
	Shortest int64 `json:"shortest"`
	Middle   int64 `json:"middle"`
	Longest  int64 `json:"longest"`
}

// report is what came of the trial, in one language.
func (t *scanTrial) report(lang gate.Language) scanReport {
	r := scanReport{
		Lane: t.lane, Fine: true, Wanted: t.wanted, Read: t.read, Doubles: t.doubles, Damaged: t.damaged, Others: t.others,
		Discards: map[string]uint64{}, Findings: []testFinding{},
	}
	say := func(name string, ok bool, args ...any) {
		r.Findings = append(r.Findings, testFinding{name, ok, fmt.Sprintf(scanWords[name].In(lang), args...)})
		r.Fine = r.Fine && ok
	}
	shortest, middle, longest, spread := t.spread()
	if spread {
		r.Between = &scanSpread{shortest.Milliseconds(), middle.Milliseconds(), longest.Milliseconds()}
	}
	switch {
	case !t.now.Scanner.Up:
		say("down", false, t.now.Scanner.Error)
	case t.read == 0 && t.others+t.damaged > 0:
		say("not-tried", false, t.wanted)
	case t.read == 0:
		say("nothing", false)
	case !t.done():
		say("few", false, t.read, t.wanted)
	case spread:
		say("read", true, t.read, round(shortest), round(middle), round(longest))
	default:
		say("read-one", true)
	}
	if t.doubles > 0 {
		say("doubles", false, t.doubles, twice)
	}
	if t.damaged > 0 {
		say("damaged", false, t.damaged)
	}
	for _, c := range discards {
		if n := t.grown(c); n > 0 {
			r.Discards[c.String()] = n
			say(c.String(), c == scanner.BeforeOpening, n)
		}
	}
	return r
}
