package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
	"gated/verify/record"
)

type journalProveCmd struct {
	journalFile
	Seq uint64 `arg:"" help:"Number of the record."`
}

// Run prints the proof alone on standard output.
func (cmd *journalProveCmd) Run(c *common) error {
	return cmd.with(c, func(ctx context.Context, st *store.Store) error {
		p, err := st.Prove(ctx, cmd.Seq, cosignersOf(st)...)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(p.Encode())
		return err
	})
}

type verifyProofCmd struct {
	File string   `arg:"" type:"path" help:"The proof."`
	Keys []string `name:"key" placeholder:"KEY" help:"Verifier key that must be among those that have signed; may be given more than once."`
	JSON bool     `help:"Print JSON."`
}

// proofReport is what `verify-proof --json` prints.
type proofReport struct {
	Accepted   bool     `json:"accepted"`
	Why        string   `json:"why,omitempty"` // it was refused
	Leaf       string   `json:"leaf,omitempty"`
	Person     string   `json:"person,omitempty"`
	Origin     string   `json:"origin,omitempty"`
	Size       uint64   `json:"size,omitempty"`
	Keys       []string `json:"keys,omitempty"`
	KeysAsked  bool     `json:"keys_asked"`
	checkpoint record.Checkpoint
	entry      record.Entry
}

// Run needs no configuration and no database. Exit status 1: refused.
func (cmd *verifyProofCmd) Run() error {
	keys, err := parseKeys(cmd.Keys)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(cmd.File)
	if err != nil {
		return fmt.Errorf("read proof: %w", err)
	}
	r := judgeProof(b, keys)
	if cmd.JSON {
		if err := printJSON(r); err != nil {
			return err
		}
	} else if err := r.print(terminalLanguage()); err != nil {
		return err
	}
	if !r.Accepted {
		return errNo
	}
	return nil
}

func judgeProof(b []byte, keys []document.Key) proofReport {
	r := proofReport{KeysAsked: len(keys) > 0}
	p, err := record.ParseProof(b)
	if err == nil {
		r.checkpoint, err = p.Check()
	}
	for _, k := range keys {
		if err == nil && !slices.ContainsFunc(p.Keys, func(o document.Key) bool { return o.Text == k.Text }) {
			err = fmt.Errorf("%s has not signed it: %w", k.Text, record.ErrFalse)
		}
	}
	if err != nil {
		r.Why = err.Error()
		return r
	}
	r.Accepted, r.entry = true, p.Entry
	r.Leaf, r.Person, r.Origin, r.Size = string(p.Leaf), p.Person, r.checkpoint.Origin, r.checkpoint.Size
	for _, k := range p.Keys {
		r.Keys = append(r.Keys, k.Text)
	}
	return r
}

var proofWords = map[string]gate.Text{
	"accepted": {ZH: "证明成立：此记录确在该日志中，内容未被改动。", EN: "accepted: this record is in the log as it was written"},
	"refused":  {ZH: "证明不成立：%s\n", EN: "refused: %s\n"},
	"log":      {ZH: "日志 %s，检查点含 %d 条记录\n", EN: "log %s, checkpoint over %d records\n"},
	"signed":   {ZH: "签名密钥：", EN: "signed with"},
	"compare": {
		ZH: "请与您从大门运营方和中心服务器处得知的公钥核对，或用 --key 指定：证明只列出公钥，不能为其担保。",
		EN: "Compare these keys with those that you know of the gate and of the central server, or give them with --key: a proof names keys, it cannot vouch for them.",
	},
}

func (r proofReport) print(lang gate.Language) error {
	if !r.Accepted {
		fmt.Printf(proofWords["refused"].In(lang), r.Why)
		return nil
	}
	line, err := recordLine(r.entry)
	if err != nil {
		return errors.Join(err, errors.New("the proof holds, and this gated is too old to read the record"))
	}
	fmt.Println(proofWords["accepted"].In(lang))
	fmt.Println(line)
	fmt.Printf(proofWords["log"].In(lang), r.Origin, r.Size)
	for _, k := range r.Keys {
		fmt.Println(proofWords["signed"].In(lang), k)
	}
	if !r.KeysAsked {
		fmt.Println(proofWords["compare"].In(lang))
	}
	return nil
}
