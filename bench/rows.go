package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// row is one budget of DESIGN section 9: the same thing measured twice, ours and
// the floor.
type row struct {
	what   string
	budget string
	ours   []time.Duration
	floor  []time.Duration
	within func(ours, floor time.Duration) bool // at one percentile
}

// percentiles are what is printed of each row.
var percentiles = []int{50, 90, 99}

// at is the p-th percentile.
func at(samples []time.Duration, p int) time.Duration {
	s := slices.Sorted(slices.Values(samples))
	return s[min(len(s)*p/100, len(s)-1)]
}

func printRows(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tSAMPLES\t\tOURS\tFLOOR\tMORE\tFLOOR/OURS\tBUDGET\tWITHIN BUDGET")
	for _, r := range rows {
		what, samples, budget := r.what, fmt.Sprint(len(r.ours)), r.budget
		for _, p := range percentiles {
			ours, floor := at(r.ours, p), at(r.floor, p)
			within := "no"
			if r.within(ours, floor) {
				within = "yes"
			}
			fmt.Fprintf(w, "%s\t%s\tp%d\t%s\t%s\t%s\t%.2f\t%s\t%s\n",
				what, samples, p, us(ours), us(floor), us(ours-floor), float64(floor)/float64(ours), budget, within)
			what, samples, budget = "", "", ""
		}
	}
	_ = w.Flush()
}

// us is a duration in microseconds.
func us(d time.Duration) string { return fmt.Sprintf("%.1f us", float64(d.Nanoseconds())/1000) }
