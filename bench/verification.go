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
		judge := func() (time.Duration, error) {
			begin := time.Now()
			d := v.Judge(gate.Scan{Code: c.text, At: begin, Source: gate.FromScanner}, lane, gate.DoorState{})
			took := time.Since(begin)
			if d.Reason != gate.OK {
				return 0, fmt.Errorf("the code is %s, not admitted", d.Reason)
			}
			return took, nil
		}
		bare := func() (time.Duration, error) {
			begin := time.Now()
			err := c.verify()
			return time.Since(begin), err
		}
		ours, floor, err := inTurn(i, judge, bare)
		if err != nil {
			return r, err
		}
		if i >= warm {
			r.ours, r.floor = append(r.ours, ours), append(r.floor, floor)
		}
	}
	return r, nil
}

// inTurn measures both, the first of them first in every other sample: what comes
// second finds the key and the code in the processor's caches.
func inTurn(sample int, a, b func() (time.Duration, error)) (tookA, tookB time.Duration, err error) {
	first, second, one, other := a, b, &tookA, &tookB
	if sample%2 == 1 {
		first, second, one, other = b, a, &tookB, &tookA
	}
	if *one, err = first(); err != nil {
		return 0, 0, err
	}
	if *other, err = second(); err != nil {
		return 0, 0, err
	}
	return tookA, tookB, nil
}
