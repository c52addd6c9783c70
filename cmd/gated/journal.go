package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

// journalCmd is `gated journal`.
type journalCmd struct {
	List   journalListCmd   `cmd:"" help:"Print records, oldest first."`
	Verify journalVerifyCmd `cmd:"" help:"Check every record against the log's tree and its newest cosigned checkpoint."`
}

type journalListCmd struct {
	From uint64 `help:"First record." placeholder:"SEQ"`
	Last uint64 `help:"Only the newest N." placeholder:"N"`
	JSON bool   `help:"Print each leaf as it is, one a line."`
}

// Run reads beside a running daemon or without one.
func (cmd *journalListCmd) Run(c *common) error {
	return withJournal(c, func(ctx context.Context, st *store.Store) error {
		_, size := st.Log()
		from := cmd.From
		if cmd.Last > 0 && size > cmd.Last {
			from = max(from, size-cmd.Last)
		}
		entries, err := st.List(ctx, from, math.MaxInt64)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := cmd.print(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (cmd *journalListCmd) print(e record.Entry) error {
	if cmd.JSON {
		fmt.Printf("%s\n", e.Leaf)
		return nil
	}
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		return err
	}
	who := ""
	var p gate.Person
	if e.Person != "" && json.Unmarshal([]byte(e.Person), &p) == nil {
		who = fmt.Sprintf("  issuer %d kid %d serial %d rider %d", p.Issuer, p.Kid, p.Serial, p.Rider)
	}
	what := l.Event
	if l.Verdict != "" {
		what = l.Verdict + " " + l.Reason
	}
	fmt.Printf("%6d  %s  %-6s %-8s %s%s  %s\n", l.Seq, localTime(l.TimeMS), l.Kind, l.Lane, what, who, l.Detail)
	return nil
}

type journalVerifyCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run says what holds and what does not; exit status 1 if anything does not.
func (cmd *journalVerifyCmd) Run(c *common) error {
	return withJournal(c, func(ctx context.Context, st *store.Store) error {
		report, err := st.Verify(ctx)
		if err != nil && !errors.Is(err, store.ErrBroken) {
			return err
		}
		if cmd.JSON {
			if err := printJSON(report); err != nil {
				return err
			}
		} else {
			printReport(report)
		}
		if err != nil {
			return errNo
		}
		return nil
	})
}

func printReport(r store.Report) {
	fmt.Printf("log %s: %d records, %d with a person, root %s\n", r.Log, r.Records, r.Persons, r.Root)
	fmt.Printf("own checkpoint at %d, cosigned at %d: what is below that cannot be changed unseen\n", r.Signed, r.Cosigned)
	if len(r.Faults) == 0 {
		fmt.Println("fine: every record, number and person is as it was written")
	}
	for _, f := range r.Faults {
		fmt.Printf("FAULT: %s\n", f)
	}
}

// withJournal opens the state directory for reading.
func withJournal(c *common, use func(context.Context, *store.Store) error) (err error) {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	st, err := store.OpenReadOnly(cfg.Gate.StateDir)
	if err != nil {
		return fmt.Errorf("open state directory: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return use(context.Background(), st)
}
