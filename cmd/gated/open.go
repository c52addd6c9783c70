package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"gated/gate"
	"gated/local"
)

// errFire is why nothing is ordered while it burns.
var errFire = says{
	EN: "the fire input is active: it holds the door open, so an opening would show nothing. Wait until it has ended; if nothing burns, look at its wire (gated io watch)",
	ZH: "消防输入有效：门由它保持打开，此时开门试不出什么。请等其结束；若并无火警，请检查其接线（gated io watch）",
}

// open opens a lane once, for whoever asks at the socket. It goes to the loop that
// owns the door, and is refused and recorded as a command is.
func (b *box) open(ctx context.Context, lanes []*lane, who local.Caller, body []byte) (any, error) {
	var q local.Open
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, errors.New("the question cannot be read: nothing was opened")
	}
	if who.PID == 0 {
		return nil, errors.New("the kernel does not say who asks: nothing was opened")
	}
	for _, l := range lanes {
		if l.Name != q.Lane {
			continue
		}
		if l.controller.State().Fire {
			return nil, errFire.in(who.Language)
		}
		uid := strconv.FormatUint(uint64(who.UID), 10)
		a, err := l.obey(ctx, gate.Order{
			Command: gate.Command{ID: uid, Verb: gate.VerbOpen, Lane: l.Name}, Source: gate.FromCLI,
			Facts: fmt.Sprintf("asked by process %d of uid %d", who.PID, who.UID),
		})
		if err != nil {
			return nil, err
		}
		b.log.Info("opened at the socket", "lane", l.Name, "uid", who.UID, "pid", who.PID, "verdict", a.Verdict, "reason", a.Reason)
		return local.Opened{Verdict: string(a.Verdict), Reason: string(a.Reason)}, nil
	}
	return nil, errors.New("this box has no such lane: nothing was opened")
}

// says is an error in both languages.
type says gate.Text

// in is the error in the language of whoever asked.
func (s says) in(l gate.Language) error { return errors.New(gate.Text(s).In(l)) }
