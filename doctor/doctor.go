// Package doctor says what is wrong with a gate box, in the order in which a
// technician would look: the board, its card, its clock, the program, the wires,
// the scanners, the network step by step, the documents, the records.
//
// It promises that a check is a small function from [Facts] to a [Result], that
// a fact which cannot be read is skipped with the reason and never called fine,
// and that what merely follows from another fault does not stand beside it as a
// second one.
//
// It refuses to know the daemon, its configuration or the network: facts about
// those are handed in. What the machine itself says (files under /sys, /proc and
// /etc, the state directory's file system) is read here, below a root that the
// caller names, so that a test can stage it.
//
// A new check is one row of the table in checks.go, one function beside its
// likes, a row in doctor_test.go and a fault in e2e/doctor.
package doctor

import (
	"fmt"

	"gated/gate"
)

// State is what a check came to.
type State string

// The four states. Skip is neither good nor bad: it was not looked at, and
// Measured says why.
const (
	OK   State = "ok"
	Warn State = "warn" // the gate works; somebody should look at it
	Fail State = "fail" // the gate does not do its work, or soon will not
	Skip State = "skip"
)

// Result is what one check found. It is a copy: the caller owns it.
type Result struct {
	Of       string // the lane or input that was looked at; empty: the box
	State    State
	Measured gate.Text // what was found, with figures; Skip: why nothing was
	Next     gate.Text // Warn, Fail: the exact next step
}

// Finding is a result with the check's own words.
type Finding struct {
	Name  string    // of the check, stable: scripts read it
	Title gate.Text // what was looked at
	Why   gate.Text // why it matters for the gate
	Result
}

// Examine makes every check, in the technician's order. A check that is behind
// another one which failed is not made to fail as well: it is skipped and says
// where to look first.
func Examine(f *Facts) []Finding {
	var all []Finding
	failed := map[string]map[string]bool{} // name, of
	for _, c := range checks {
		for _, r := range c.look(f) {
			if cause := c.behind(failed, r.Of); cause != "" && (r.State == Fail || r.State == Warn) {
				r = Result{Of: r.Of, State: Skip, Measured: join(r.Measured, say("先处理 %s", "see %s first", cause))}
			}
			if r.State == Fail {
				if failed[c.name] == nil {
					failed[c.name] = map[string]bool{}
				}
				failed[c.name][r.Of] = true
			}
			all = append(all, Finding{c.name, c.title, c.why, r})
		}
	}
	return all
}

// Worst is the state of the whole: Fail before Warn before OK.
func Worst(all []Finding) State {
	worst := OK
	for _, f := range all {
		if f.State == Fail {
			return Fail
		}
		if f.State == Warn {
			worst = Warn
		}
	}
	return worst
}

// check is one row of the table.
type check struct {
	name  string
	title gate.Text
	why   gate.Text
	after []string // checks whose failure explains a failure of this one
	look  func(*Facts) []Result
}

// behind names the failed check that explains a failure at of; empty: none.
func (c check) behind(failed map[string]map[string]bool, of string) string {
	for _, name := range c.after {
		if failed[name][""] || of != "" && failed[name][of] || of == "" && len(failed[name]) > 0 {
			return name
		}
	}
	return ""
}

// box is a check of the box as a whole.
func box(look func(*Facts) Result) func(*Facts) []Result {
	return func(f *Facts) []Result { return []Result{look(f)} }
}

// each is a check of every lane.
func each(look func(*Facts, *Lane) Result) func(*Facts) []Result {
	return func(f *Facts) []Result {
		var all []Result
		for i := range f.Lanes {
			r := look(f, &f.Lanes[i])
			r.Of = f.Lanes[i].Name
			all = append(all, r)
		}
		return all
	}
}

func say(zh, en string, args ...any) gate.Text {
	return gate.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// join puts two texts behind one another.
func join(a, b gate.Text) gate.Text {
	if a == (gate.Text{}) {
		return b
	}
	return gate.Text{ZH: a.ZH + "；" + b.ZH, EN: a.EN + "; " + b.EN}
}

func fine(measured gate.Text) Result { return Result{State: OK, Measured: measured} }
func skip(why gate.Text) Result      { return Result{State: Skip, Measured: why} }
func warn(measured, next gate.Text) Result {
	return Result{State: Warn, Measured: measured, Next: next}
}

func fail(measured, next gate.Text) Result {
	return Result{State: Fail, Measured: measured, Next: next}
}
