package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gated/central"
	"gated/verify/record"
)

type recordsCmd struct {
	directory
	Gate string `placeholder:"ID" help:"Of this gate alone."`
	JSON bool   `name:"json" help:"As JSON, leaves byte for byte."`
}

// Run shows the records.
func (c recordsCmd) Run(ctx context.Context, out output) error {
	var r central.Report
	err := c.with(ctx, func(s *central.Central) (err error) {
		r, err = s.Records(ctx, c.Gate)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(out.data)
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	for _, g := range r.Gates {
		fmt.Fprintf(out.data, "gate %s of site %d, log %s: %d records, %d cosigned\n", g.Gate, g.Site, or(g.Log, "none"), g.Records, g.Cosigned)
		for _, a := range g.Alarms {
			fmt.Fprintf(out.data, "  alarm: %s\n", a)
		}
	}
	for _, rec := range r.Records {
		fmt.Fprintln(out.data, line(rec))
	}
	return nil
}

// line is one record for people. A newer version's leaf is shown as it stands.
func line(rec central.RecordReport) string {
	l, err := record.ParseLeaf(rec.Leaf)
	if err != nil {
		return rec.Gate + " " + string(rec.Leaf)
	}
	at := time.UnixMilli(l.TimeMS).Format("2006-01-02 15:04:05.000")
	words := []string{at, rec.Gate, fmt.Sprint(l.Seq), l.Lane, l.Kind, l.Verdict, l.Reason, l.Event, l.Detail}
	if l.Count > 1 {
		words = append(words, fmt.Sprintf("(%d times)", l.Count))
	}
	if p, err := record.ParsePerson(string(rec.Person)); err == nil {
		words = append(words, fmt.Sprintf("rider %d of issuer %d, pass %d of key %d", p.Rider, p.Issuer, p.Serial, p.Kid))
	}
	if !rec.Cosigned {
		words = append(words, "[not proved yet]")
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
