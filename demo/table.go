package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// result is what became of one step.
type result struct {
	name     string
	measured string
	err      error // nil: seen to happen
}

// table prints the whole morning and says whether every step was seen.
func table(out io.Writer, results []result) bool {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tSEEN\tMEASURED\tOK")
	var missing []string
	for _, r := range results {
		seen, measured, ok := "yes", r.measured, "ok"
		if r.err != nil {
			seen, ok = "no", "FAIL"
			measured, _, _ = strings.Cut(r.err.Error(), "\n")
			missing = append(missing, r.name)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.name, seen, measured, ok)
	}
	_ = w.Flush()
	fmt.Fprintln(out)
	if len(missing) > 0 {
		fmt.Fprintf(out, "Not seen to happen: %s.\n", strings.Join(missing, ", "))
		return false
	}
	fmt.Fprintf(out, "All %d steps were seen to happen.\n", len(results))
	return true
}
