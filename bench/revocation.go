package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// The budgets of DESIGN section 9 for the revocation list.
const (
	lookupBudget     = 200 * time.Nanosecond
	bytesBudget      = 1.0 // an entry, dense
	snapshotBudget   = 2 * time.Second
	deltaSyncsBudget = 3   // of a delta of one
	memoryBudget     = 3.0 // peak during an import, in sizes of the state
)

// measureRevocation prints the machine and the tables of the revocation list.
// Its lists are those of real size divided by scale, which is 1 but for tests.
func measureRevocation(out io.Writer, dir string, scale int) (err error) {
	temp, err := os.MkdirTemp(dir, "gated-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as cmd/gated does
	if err := printMachine(out, temp); err != nil {
		return err
	}
	for _, s := range spreads(scale) {
		if err := measureSets(out, s); err != nil {
			return fmt.Errorf("measure %s list: %w", s.name, err)
		}
	}
	fmt.Fprintln(out)
	for _, s := range spreads(scale) {
		if s.name == "clustered" { // lies between the two
			continue
		}
		if err := measureStream(out, temp, s, scale); err != nil {
			return fmt.Errorf("measure documents of %s list: %w", s.name, err)
		}
	}
	return nil
}

// verdict is whether a budget was kept.
func verdict(kept bool) string {
	if kept {
		return "yes"
	}
	return "no"
}
