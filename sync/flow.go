package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"gated/gate"
)

// Publish sends m with QoS 1 and waits until the broker has acknowledged it on
// this connection. That the broker has it says nothing about anybody else.
// Publish after the end of the connection is an error.
func (c *Conn) Publish(ctx context.Context, m Message) error {
	s, err := c.send(ctx, m)
	if err == nil {
		err = s.wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", m.Topic, err)
	}
	return nil
}

// Subscribe subscribes to each of topics with QoS 1, in their order, and waits
// until the broker has answered all. Retained messages may arrive before it
// returns. A refused subscription is an error that wraps [ErrRefused]. To
// subscribe again makes the broker send again what it retains.
func (c *Conn) Subscribe(ctx context.Context, topics ...string) error {
	// One packet a topic: a library's map would lose the order, and the guard
	// knows then how long every SUBACK is.
	started := make([]sending, len(topics))
	for i, topic := range topics {
		var err error
		started[i], err = c.start(ctx, func() mqtt.Token { return c.client.Subscribe(topic, qos, nil) })
		if err != nil {
			return fmt.Errorf("subscribe to %s: %w", topic, err)
		}
	}
	for i, topic := range topics {
		err := started[i].wait(ctx)
		if err == nil {
			err = granted(started[i].token, topic)
		}
		if err != nil {
			return fmt.Errorf("subscribe to %s: %w", topic, err)
		}
	}
	return nil
}

// granted looks into the SUBACK: the library calls a refusal a success.
func granted(t mqtt.Token, topic string) error {
	sub, ok := t.(*mqtt.SubscribeToken)
	if !ok {
		return errors.New("no answer to a subscription")
	}
	code, ok := sub.Result()[topic]
	if !ok {
		return errors.New("the broker's answer is not one to a subscription")
	}
	if code > 2 {
		return fmt.Errorf("%w (0x%02x)", ErrRefused, code)
	}
	return nil
}

// Unsubscribe ends subscriptions and waits until the broker has answered.
// Messages that were under way may still arrive.
func (c *Conn) Unsubscribe(ctx context.Context, topics ...string) error {
	if len(topics) == 0 {
		return nil
	}
	s, err := c.start(ctx, func() mqtt.Token { return c.client.Unsubscribe(topics...) })
	if err == nil {
		err = s.wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("unsubscribe from %d topics: %w", len(topics), err)
	}
	return nil
}

// errSilent ends a connection on which a packet stays without its answer: the
// library would wait for ever, and answer pings meanwhile.
var errSilent = gate.Say("代理没有应答", "the broker does not answer").Trouble(nil)

// sending is a packet that waits for its acknowledgement.
type sending struct {
	conn  *Conn
	token mqtt.Token
}

// send hands m to the line and returns. The order of calls is the order on the
// wire.
func (c *Conn) send(ctx context.Context, m Message) (sending, error) {
	return c.start(ctx, func() mqtt.Token { return c.client.Publish(m.Topic, qos, m.Retained, m.Payload) })
}

// start calls the library, which may block up to the write timeout on a dying
// line, without being held up longer than ctx and the connection last.
func (c *Conn) start(ctx context.Context, call func() mqtt.Token) (sending, error) {
	select {
	case <-c.done:
		return sending{}, c.Err()
	case <-ctx.Done():
		return sending{}, ctx.Err()
	case c.turn <- struct{}{}:
	}
	got := make(chan mqtt.Token, 1)
	go func() {
		got <- call()
		<-c.turn
	}()
	select {
	case <-c.done:
		return sending{}, c.Err()
	case <-ctx.Done():
		return sending{}, ctx.Err()
	case t := <-got:
		return sending{conn: c, token: t}, nil
	}
}

// landed is closed when the broker has answered, or never will.
func (s sending) landed() <-chan struct{} { return s.token.Done() }

// err is nil if the broker has acknowledged. It counts once landed is closed.
func (s sending) err() error {
	err := s.token.Error()
	if err != nil && s.conn.Err() != nil {
		return s.conn.Err() // It knows better why.
	}
	return err
}

// wait waits for the answer, or for the end of the connection or ctx. A broker
// that takes too long loses the connection.
func (s sending) wait(ctx context.Context) error {
	patience := time.NewTimer(answerTimeout)
	defer patience.Stop()
	select {
	case <-s.token.Done():
		return s.err()
	case <-s.conn.done:
		return s.conn.Err()
	case <-patience.C:
		s.conn.drop(errSilent)
		return errSilent
	case <-ctx.Done():
		return ctx.Err()
	}
}
