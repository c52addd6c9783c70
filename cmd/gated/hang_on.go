//go:build hang

package main

import "gated/gate"

// judgeOf is a judge that never comes back from the code HANG, and breaks at the
// code PANIC: with the tag hang, the tests build a gated whose loop stands still
// when they say so.
func judgeOf(j gate.Judge) gate.Judge { return hanging{j} }

type hanging struct{ judge gate.Judge }

func (h hanging) Judge(s gate.Scan, l gate.Lane, d gate.DoorState) gate.Decision {
	switch s.Code {
	case "HANG":
		select {}
	case "PANIC":
		panic("broken on purpose")
	}
	return h.judge.Judge(s, l, d)
}
