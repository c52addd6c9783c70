package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
)

// see is what the scanner of a lane has read.
func see(lanes []*lane, lang gate.Language, body []byte) (any, error) {
	var q local.See
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, errors.New("the question cannot be read")
	}
	for _, l := range lanes {
		if l.Name == q.Lane {
			s := seen(l.scanner, q.After, lang)
			s.Running, s.Scanner.Device = true, l.device
			return s, nil
		}
	}
	return nil, errors.New("this box has no such lane")
}

// seen is what a scanner has read, in the socket's words.
func seen(s *scanner.Serial, after uint64, lang gate.Language) local.Seen {
	newest, all := s.Seen(after)
	a := local.Seen{Scanner: scannerStatus(s.Health(), lang), Newest: newest, Codes: []local.Code{}}
	for _, g := range all {
		a.Codes = append(a.Codes, local.Code{
			Number: g.Number, At: g.At, Length: g.Length, Sort: string(g.Sort),
			Text: g.Text, Hex: hex.EncodeToString([]byte(g.Text)), Whole: g.Whole,
		})
	}
	return a
}

// ownScanner reads the scanner of a lane whose daemon is not running, until ctx
// ends. It is the only reader of the port meanwhile, and what it reads goes
// nowhere.
func ownScanner(ctx context.Context, cfg *LaneConfig) (*scanner.Serial, error) {
	s, err := scanner.New(cfg.scanner(nil))
	if err != nil {
		return nil, err
	}
	codes := make(chan gate.Scan)
	go func() { _ = s.Run(ctx, codes) }() // what is wrong with the port is in its health
	go func() {
		for {
			select {
			case <-codes:
			case <-ctx.Done():
				return
			}
		}
	}()
	for end := time.Now().Add(time.Second); !s.Health().Up && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
	}
	return s, nil
}
