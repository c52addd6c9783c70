package main

import (
	"context"
	"errors"
	"time"

	"gated/gate"
)

// askLimit is how long a lane is waited for. What it takes later does nothing.
const askLimit = 2 * time.Second

// errNoAnswer says that the lane was busy or is being stopped: nothing is known
// of what was asked but that it will not take effect later.
var errNoAnswer = errors.New("the lane does not answer: its door is busy, or gated is being stopped")

// present has a pass judged that was not held to the scanner, and opens as if it
// had been. Ref is the id of the presentation. It blocks for at most 4 s.
func (l *lane) present(ctx context.Context, code, ref string) (gate.Answer, error) {
	reply := make(chan gate.Answer, 1)
	s := gate.Scan{Code: code, At: time.Now(), Source: gate.FromPresent, Ref: ref, Reply: reply}
	return ask(ctx, l.scans, s, reply)
}

// obey has an order carried out or, if it says why not, refused; either is
// recorded. Its At and Reply are set here. It blocks for at most 4 s.
func (l *lane) obey(ctx context.Context, o gate.Order) (gate.Answer, error) {
	reply := make(chan gate.Answer, 1)
	o.At, o.Reply = time.Now(), reply
	return ask(ctx, l.orders, o, reply)
}

// ask hands m to a controller and waits for its answer.
func ask[M any](ctx context.Context, to chan<- M, m M, reply <-chan gate.Answer) (gate.Answer, error) {
	taking, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	select {
	case to <- m:
	case <-taking.Done():
		return gate.Answer{}, errNoAnswer
	}
	answering, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	select {
	case a := <-reply:
		return a, nil
	case <-answering.Done():
		return gate.Answer{}, errNoAnswer
	}
}
