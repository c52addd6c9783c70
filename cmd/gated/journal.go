package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"

	"gated/gate"
	"gated/store"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/record"
	"gated/verify/trust"
)

// journalCmd is `gated journal`.
type journalCmd struct {
	List        journalListCmd       `cmd:"" help:"Print records, oldest first."`
	Verify      journalVerifyCmd     `cmd:"" help:"Check every record against the log's tree, its signatures and its checkpoints."`
	Checkpoint  journalCheckpointCmd `cmd:"" help:"Print the newest cosigned checkpoint, to be kept elsewhere and given to verify --pin."`
	Prove       journalProveCmd      `cmd:"" help:"Print the proof of one record, which anybody can check."`
	VerifyProof verifyProofCmd       `cmd:"" name:"verify-proof" help:"Check a proof. Needs nothing but the file, and the keys that you trust."`
	Export      journalExportCmd     `cmd:"" help:"Print records as JSON, one a line, and the checkpoint that proves them."`
}

// journalFile is which database is read: that of the configuration, beside a
// running daemon or without one, or any by its name, without a configuration.
type journalFile struct {
	DB string `name:"db" type:"path" placeholder:"FILE" help:"Another database: one that was set aside, or a copy on another machine."`
}

// with opens the database for reading.
func (f journalFile) with(c *common, use func(context.Context, *store.Store) error) (err error) {
	open := func() (*store.Store, error) { return store.OpenFile(f.DB) }
	if f.DB == "" {
		cfg, err := loadConfig(c.Config)
		if err != nil {
			return err
		}
		open = func() (*store.Store, error) { return store.OpenReadOnly(cfg.Gate.StateDir) }
	}
	st, err := open()
	if err != nil {
		return fmt.Errorf("open state directory: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return use(context.Background(), st)
}

// cosignersOf are the keys that the trust list in the database lets cosign.
func cosignersOf(st *store.Store) []document.Key {
	held, _ := verify.Load(st.Held) // what is damaged, Verify names
	if held == nil || held.Trust == nil {
		return nil
	}
	return held.Trust.Signers(trust.RoleCosign, 0)
}

type journalListCmd struct {
	journalFile
	From uint64 `help:"First record." placeholder:"SEQ"`
	Last uint64 `help:"Only the newest N." placeholder:"N"`
	JSON bool   `help:"Print each leaf as it is, one a line."`
}

// Run prints the records that are here.
func (cmd *journalListCmd) Run(c *common) error {
	return cmd.with(c, func(ctx context.Context, st *store.Store) error {
		_, size := st.Log()
		from := cmd.From
		if cmd.Last > 0 && size > cmd.Last {
			from = max(from, size-cmd.Last)
		}
		return st.Each(ctx, from, math.MaxInt64, cmd.print)
	})
}

func (cmd *journalListCmd) print(e record.Entry) error {
	if cmd.JSON {
		fmt.Printf("%s\n", e.Leaf)
		return nil
	}
	line, err := recordLine(e)
	if err != nil {
		return err
	}
	fmt.Println(line)
	return nil
}

// recordLine is a record for people.
func recordLine(e record.Entry) (string, error) {
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		return "", err
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
	return fmt.Sprintf("%6d  %s  %-6s %-8s %s%s  %s", l.Seq, localTime(l.TimeMS), l.Kind, l.Lane, what, who, l.Detail), nil
}

type journalVerifyCmd struct {
	journalFile
	Pin  string   `type:"path" placeholder:"FILE" help:"A checkpoint of this log that was kept elsewhere: finds also what was cut off the end."`
	Keys []string `name:"key" placeholder:"KEY" help:"Verifier key of a central server that is trusted; default: those of the trust list in the database."`
	JSON bool     `help:"Print JSON."`
}

// Run says what holds and what does not; exit status 1 if anything does not.
func (cmd *journalVerifyCmd) Run(c *common) error {
	var x store.Expect
	var err error
	if x.Cosigners, err = parseKeys(cmd.Keys); err != nil {
		return err
	}
	if cmd.Pin != "" {
		if x.Pinned, err = os.ReadFile(cmd.Pin); err != nil {
			return fmt.Errorf("read pinned checkpoint: %w", err)
		}
	}
	return cmd.with(c, func(ctx context.Context, st *store.Store) error {
		if len(x.Cosigners) == 0 {
			x.Cosigners = cosignersOf(st)
		}
		report, err := st.Verify(ctx, x)
		if err != nil && !errors.Is(err, store.ErrBroken) {
			return err
		}
		if cmd.JSON {
			if err := printJSON(verifiedLog(report)); err != nil {
				return err
			}
		} else {
			printReport(report, c.language())
		}
		if err != nil {
			return errNo
		}
		return nil
	})
}

// verified is what `gated journal verify --json` prints.
type verified struct {
	Fine      bool     `json:"fine"`
	Log       string   `json:"log"`
	First     uint64   `json:"first"`     // number of the first record whose leaf is here; those below were dropped
	Records   uint64   `json:"records"`   // number of the one after the last
	Persons   uint64   `json:"persons"`   // of those, with a person that was not erased
	Root      string   `json:"root"`      // over all leaves, base64
	Signed    uint64   `json:"signed"`    // size of the gate's own newest checkpoint
	Cosigned  uint64   `json:"cosigned"`  // size of the newest cosigned one: what is below cannot be changed unseen
	Cosigners []string `json:"cosigners"` // names of the keys that have signed it
	Pinned    uint64   `json:"pinned"`    // size of the checkpoint of --pin; 0: none
	Faults    []string `json:"faults"`    // one sentence each, at most 20
}

func verifiedLog(r store.Report) verified {
	return verified{
		len(r.Faults) == 0, r.Log, r.First, r.Records, r.Persons, r.Root.String(), r.Signed, r.Cosigned,
		append([]string{}, r.Cosigners...), r.Pinned, append([]string{}, r.Faults...),
	}
}

func parseKeys(texts []string) (keys []document.Key, err error) {
	for _, text := range texts {
		k, err := document.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("--key: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func printReport(r store.Report, lang gate.Language) {
	fmt.Println(gate.Say("记录链 %s：%d 条记录，从第 %d 条起，%d 条记有人，根 %s", "log %s: %d records from %d on, %d with a person, root %s",
		r.Log, r.Records-r.First, r.First, r.Persons, r.Root).In(lang))
	fmt.Println(gate.Say("自己的检查点到第 %d 条，联署到第 %d 条，由 %v：此前的内容改动必被发现",
		"own checkpoint at %d, cosigned at %d by %v: what is below that cannot be changed unseen", r.Signed, r.Cosigned, r.Cosigners).In(lang))
	if r.Pinned > 0 {
		fmt.Println(gate.Say("指定的检查点到第 %d 条", "pinned checkpoint at %d", r.Pinned).In(lang))
	}
	if len(r.Faults) == 0 {
		fmt.Println(gate.Say("完好：每条记录、编号和人都与写入时相同", "fine: every record, number and person is as it was written").In(lang))
	}
	for _, f := range r.Faults {
		fmt.Println(gate.Say("错误：%s", "FAULT: %s", f).In(lang))
	}
}

type journalCheckpointCmd struct{ journalFile }

// Run prints the note.
func (cmd *journalCheckpointCmd) Run(c *common) error {
	return cmd.with(c, func(ctx context.Context, st *store.Store) error {
		msg, err := st.CosignedCheckpoint(ctx)
		if err == nil && msg == nil {
			err = errors.New("nothing is cosigned yet: the box has not heard the central server")
		}
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(bytes.TrimRight(msg, "\n"))
		fmt.Println()
		return err
	})
}

type journalExportCmd struct {
	journalFile
	From    uint64 `help:"First record." placeholder:"SEQ"`
	To      uint64 `help:"The one after the last; default all." placeholder:"SEQ"`
	Persons bool   `help:"With persons and salts. Hand them only to whom the law lets see them."`
}

// Run prints one object a record, and at the end the checkpoint.
func (cmd *journalExportCmd) Run(c *common) error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return cmd.with(c, func(ctx context.Context, st *store.Store) error {
		to := cmd.To
		if to == 0 {
			to = math.MaxInt64
		}
		err := st.Each(ctx, cmd.From, to, func(e record.Entry) error {
			line := exported{Leaf: string(e.Leaf)}
			if cmd.Persons {
				line.Person, line.Salt = e.Person, e.Salt
			}
			return out.Encode(line)
		})
		if err != nil {
			return err
		}
		msg, err := st.CosignedCheckpoint(ctx)
		if err != nil || msg == nil {
			return err
		}
		return out.Encode(exported{Checkpoint: string(msg)})
	})
}

// exported is one line of an export.
type exported struct {
	Leaf       string `json:"leaf,omitempty"` // byte for byte as it is hashed
	Person     string `json:"person,omitempty"`
	Salt       []byte `json:"salt,omitempty"`
	Checkpoint string `json:"checkpoint,omitempty"`
}
