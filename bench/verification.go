package main

import (
	"fmt"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/verifytest"
)

// verificationBudget is row 3 of DESIGN section 9: ours at no less than this
// part of the floor's rate.
const verificationBudget = 0.9

// measureVerification is row 3: the judgement alone, use consumed, beside the
// bare verifications.
func measureVerification(k kind, n int) (row, error) {
	r := row{what: "verification alone: " + k.name, budget: "floor/ours >= 0.9"}
	r.within = func(ours, floor time.Duration) bool { return float64(floor) >= verificationBudget*float64(ours) }
	w, err := verifytest.Make()
	if err != nil {
		return r, fmt.Errorf("make world: %w", err)
	}
	v := verify.New(w.Box, verifytest.NewClock().Now)
	v.Enforce(w.Documents())
	lane := gate.Lane{Name: "in", Direction: gate.In}
	const warm = 50
	for i := range n + warm {
		c := k.draw(w)
		begin := time.Now()
		d := v.Judge(gate.Scan{Code: c.text, At: begin, Source: gate.FromScanner}, lane, gate.DoorState{})
		ours := time.Since(begin)
		if d.Reason != gate.OK {
			return r, fmt.Errorf("the code is %s, not admitted", d.Reason)
		}
		begin = time.Now()
		if err := c.verify(); err != nil {
			return r, err
		}
		bare := time.Since(begin)
		if i >= warm {
			r.ours, r.floor = append(r.ours, ours), append(r.floor, bare)
		}
	}
	return r, nil
}
