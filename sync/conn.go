package sync

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	stdsync "sync"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"gated/gate"
)

// qos is the one quality of service that is used, both ways: at least once.
const qos = 1

// ErrClosed is what a connection says that was ended by [Conn.Close].
var ErrClosed = errors.New("connection closed")

// ErrRefused is wrapped when the broker refuses a subscription. Not every broker
// does: Mosquitto's acl_file lets a client subscribe to anything and then sends
// it nothing.
var ErrRefused = gate.Say("代理拒绝订阅：它的访问列表不允许", "the broker refuses the subscription: its access list does not allow it").Trouble(nil)

// Conn is one connection to a broker. It never reconnects: when it is done, dial
// another. All methods may be called by several goroutines at once; what one of
// them publishes keeps its order.
type Conn struct {
	client mqtt.Client
	turn   chan struct{} // holds one token: who has it speaks to the library
	done   chan struct{}

	mu     stdsync.Mutex
	stream net.Conn // as soon as it is open
	err    error    // why it is done
}

// Dial makes one connection and returns when the broker has accepted it. What
// arrives is handed to handle, one message at a time and in order, from a
// goroutine of the library: handle must not block, or the connection dies. An
// error says in a person's words what is in the way.
func Dial(ctx context.Context, b Broker, handle func(Message)) (*Conn, error) {
	at, secure, password, err := b.read()
	if err != nil {
		return nil, err
	}
	c := &Conn{turn: make(chan struct{}, 1), done: make(chan struct{})}
	o := b.options(password)
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		handle(Message{Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained()})
	})
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.end(lost(err)) })
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		stream, err := b.open(ctx, at, secure)
		if err != nil {
			return nil, err
		}
		return c.hold(ctx, stream)
	})
	c.client = mqtt.NewClient(o)
	token := c.client.Connect()
	select {
	case <-token.Done():
		err = token.Error()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		c.drop(err) // Also what is still being opened.
		return nil, fmt.Errorf("connect to broker %s: %w", at.Redacted(), explain(err, at.Host))
	}
	return c, nil
}

// hold guards a stream and keeps it at hand for drop.
func (c *Conn) hold(ctx context.Context, stream net.Conn) (net.Conn, error) {
	guarded := newGuard(stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil || c.err != nil {
		_ = stream.Close()
		return nil, errors.Join(err, c.err)
	}
	c.stream = guarded
	return guarded, nil
}

// Done is closed when the connection has ended, for whatever reason.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection has ended: [ErrClosed] after Close, nil while it
// lives.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection cleanly: the broker forgets the will. It takes at
// most about 250 ms and may be called again.
func (c *Conn) Close() {
	if !c.end(ErrClosed) {
		return
	}
	const quiesce = 250 // Milliseconds, for the DISCONNECT to be written.
	c.client.Disconnect(quiesce)
	c.drop(ErrClosed)
}

// drop ends the connection at once: the broker publishes the will.
func (c *Conn) drop(why error) {
	c.end(why)
	c.mu.Lock()
	stream := c.stream
	c.mu.Unlock()
	if stream != nil {
		_ = stream.Close()
	}
}

// end notes why the connection is done and says whether it was the first to.
func (c *Conn) end(why error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	c.err = why
	close(c.done)
	return true
}

// lost gives a reason to the library's word that the connection is gone.
func lost(err error) error {
	if err == nil {
		return errors.New("connection lost")
	}
	return fmt.Errorf("connection lost: %w", err)
}
