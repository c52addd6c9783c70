package main

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/sync"
	"gated/verify/document"
	"gated/verify/trust"
)

const (
	presentTopic = "gated/v1/gates/test-gate/present"
	verdictTopic = "gated/v1/gates/test-gate/verdict"
)

// presentation and verdict are PROTOCOL 4's.
type presentation struct {
	ID   string `json:"id"`
	Pass string `json:"pass"`
	Lane string `json:"lane"`
}

type presented struct {
	ID      string       `json:"id"`
	Verdict gate.Verdict `json:"verdict"`
	Reason  gate.Reason  `json:"reason"`
	Lane    string       `json:"lane"`
}

// counter takes what a platform presents to its lane, as cmd/gated does.
type counter struct {
	deaf
	scans chan<- gate.Scan
}

// Present implements sync.Acts.
func (c counter) Present(ctx context.Context, raw []byte) []byte {
	var p presentation
	if err := (document.Document{Type: "presentation", JSON: raw}).Decode(&p); err != nil {
		return nil
	}
	reply := make(chan gate.Answer, 1)
	select {
	case c.scans <- gate.Scan{Code: p.Pass, At: time.Now(), Source: gate.FromPresent, Ref: p.ID, Reply: reply}:
	case <-ctx.Done():
		return nil
	}
	select {
	case a := <-reply:
		msg, err := json.Marshal(presented{p.ID, a.Verdict, a.Reason, p.Lane})
		if err != nil {
			return nil
		}
		return msg
	case <-ctx.Done():
		return nil
	}
}

// nothing has no documents to take: the gate holds them.
type nothing struct{}

func (nothing) Offer(context.Context, []byte) error { return errors.New("nothing is expected") }
func (nothing) Wants() document.Wants               { return document.Wants{} }

// platform is a client that sends one message and waits for the one that answers.
type platform struct {
	conn *sync.Conn
	came chan []byte
}

func newPlatform(ctx context.Context, broker, id, hears string) (p *platform, err error) {
	p = &platform{came: make(chan []byte, 1)}
	p.conn, err = sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: id}, func(m sync.Message) {
		select {
		case p.came <- m.Payload:
		default:
		}
	})
	if err != nil {
		return nil, err
	}
	return p, p.conn.Subscribe(ctx, hears)
}

// ask is how long the answer takes, and what it is.
func (p *platform) ask(ctx context.Context, topic string, msg []byte) (time.Duration, []byte, error) {
	begin := time.Now()
	if err := p.conn.Publish(ctx, sync.Message{Topic: topic, Payload: msg}); err != nil {
		return 0, nil, err
	}
	select {
	case answer := <-p.came:
		return time.Since(begin), answer, nil
	case <-time.After(10 * time.Second):
		return 0, nil, fmt.Errorf("nobody answers on %s", topic)
	}
}

// echo answers every message on bare/there with as many bytes as a verdict has.
func echo(ctx context.Context, broker string) (*sync.Conn, error) {
	asked := make(chan struct{}, 1)
	conn, err := sync.Dial(ctx, sync.Broker{URL: "tcp://" + broker, ClientID: "echo"}, func(sync.Message) { asked <- struct{}{} })
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(presented{"0", gate.Open, gate.OK, "in"})
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			select {
			case <-asked:
				_ = conn.Publish(ctx, sync.Message{Topic: "bare/back", Payload: answer})
			case <-conn.Done():
				return
			}
		}
	}()
	return conn, conn.Subscribe(ctx, "bare/there")
}

// measurePresented is how long a platform waits for the verdict on a pass that it
// presents, the record durable and the relay on. The floor is a bare round trip
// of as many bytes at the same broker, and that of a scanned code.
func measurePresented(ctx context.Context, temp string, s *stage.Stage, n int) (r row, err error) {
	broker, err := s.NewMosquitto(ctx)
	if err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp(temp, "box-")
	if err != nil {
		return r, fmt.Errorf("make folder: %w", err)
	}
	b, err := newBox(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	b.world.Site.Rules = trust.RulesJSON{Present: true}
	b.judge.Enforce(b.world.Documents())
	f, err := openFloor(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	link := sync.New(sync.Config{
		Broker: sync.Broker{URL: "tcp://" + broker.Addr, ClientID: b.world.Box.ID}, Prefix: "gated/v1", Gate: b.world.Box.ID, Site: b.world.Box.Site,
		Status: func(bool) []byte { return []byte("{}") }, Seal: func() *ecdh.PublicKey { return nil },
	}, nothing{}, counter{scans: b.scans}, b.store)
	ctx, end := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- link.Run(ctx) }()
	defer func() { end(); err = errors.Join(err, <-ran) }()
	if err := stage.Until(ctx, time.Millisecond, func() (bool, error) { return link.Online(), nil }); err != nil {
		return r, err
	}
	return b.ask(ctx, broker.Addr, f, n)
}

// ask takes the samples, ours and the floor in turn.
func (b *box) ask(ctx context.Context, broker string, f *floor, n int) (r row, err error) {
	p, err := newPlatform(ctx, broker, "platform-1", verdictTopic)
	if err != nil {
		return r, err
	}
	defer p.conn.Close()
	e, err := echo(ctx, broker)
	if err != nil {
		return r, err
	}
	defer e.Close()
	bare, err := newPlatform(ctx, broker, "bare", "bare/back")
	if err != nil {
		return r, err
	}
	defer bare.conn.Close()
	r = row{what: "presented -> verdict at the platform, through Mosquitto", budget: "floor + 300 us"}
	r.within = func(ours, floor time.Duration) bool { return ours <= floor+openingBudget }
	for i := range n {
		c, seq := bound(b.world), b.store.Size()
		msg, err := json.Marshal(presentation{fmt.Sprint(i), c.text, "in"})
		if err != nil {
			return r, err
		}
		var ours time.Duration
		if _, err = b.after(func() (received time.Time, err error) {
			var answer []byte
			received = time.Now()
			ours, answer, err = p.ask(ctx, presentTopic, msg)
			var v presented
			if err = errors.Join(err, json.Unmarshal(answer, &v)); err == nil && v.Verdict != gate.Open {
				err = fmt.Errorf("a presented pass is refused: %s", v.Reason)
			}
			return received, err
		}); err != nil {
			return r, err
		}
		same, err := b.bytesOf(seq)
		if err != nil {
			return r, err
		}
		least, _, err := bare.ask(ctx, "bare/there", msg)
		if err != nil {
			return r, err
		}
		begin := time.Now()
		if err := errors.Join(c.verify(), f.keep(same)); err != nil {
			return r, err
		}
		r.ours, r.floor = append(r.ours, ours), append(r.floor, least+time.Since(begin))
	}
	return r, nil
}
