package sync_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/google/go-cmp/cmp"

	"gated/sync"
)

// dial connects to b and ends the test if it cannot.
func dial(t *testing.T, b sync.Broker, handle func(sync.Message)) *sync.Conn {
	t.Helper()
	if b.ClientID == "" {
		b.ClientID = gateID
	}
	if handle == nil {
		handle = func(sync.Message) {}
	}
	c, err := sync.Dial(t.Context(), b, handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newBroker(t *testing.T) (*embedded, string) {
	t.Helper()
	e := newEmbedded(t)
	t.Cleanup(e.close)
	return e, "tcp://" + e.listen(nil)
}

func TestMessagesArriveInTheirOrder(t *testing.T) {
	_, url := newBroker(t)
	got := make(chan sync.Message, 100)
	c := dial(t, sync.Broker{URL: url}, func(m sync.Message) { got <- m })
	if err := c.Publish(t.Context(), sync.Message{Topic: "a/kept", Payload: []byte("kept"), Retained: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe(t.Context(), "a/kept", "a/now"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sync.Message{Topic: "a/kept", Payload: []byte("kept"), Retained: true}, <-got); diff != "" {
		t.Errorf("retained message (-want +got):\n%s", diff)
	}
	for i := range 50 {
		if err := c.Publish(t.Context(), sync.Message{Topic: "a/now", Payload: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		if diff := cmp.Diff(sync.Message{Topic: "a/now", Payload: fmt.Append(nil, i)}, <-got); diff != "" {
			t.Fatalf("message %d (-want +got):\n%s", i, diff)
		}
	}
	if err := c.Unsubscribe(t.Context(), "a/now"); err != nil {
		t.Fatal(err)
	}
}

func TestARefusedSubscriptionIsAnError(t *testing.T) {
	e, url := newBroker(t)
	e.rules.forbid["secret"] = true
	c := dial(t, sync.Broker{URL: url}, nil)
	if err := c.Subscribe(t.Context(), "open", "secret"); !errors.Is(err, sync.ErrRefused) {
		t.Errorf("subscribe to a forbidden topic: %v", err)
	}
	if err := c.Subscribe(t.Context(), "open"); err != nil {
		t.Errorf("subscribe to an allowed topic: %v", err)
	}
}

func TestThePasswordFileIsReadAtEachConnection(t *testing.T) {
	e, url := newBroker(t)
	e.rules.password = "right"
	file := filepath.Join(t.TempDir(), "password")
	b := sync.Broker{URL: url, ClientID: gateID, Username: gateID, PasswordFile: file}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("wrong\n")
	_, err := sync.Dial(t.Context(), b, func(sync.Message) {})
	if err == nil || !strings.Contains(err.Error(), "does not authorise") {
		t.Errorf("with a wrong password: %v", err)
	}
	write("right\n")
	dial(t, b, nil)
}

func TestAfterCloseNothingWorksAndNoWillIsLeft(t *testing.T) {
	e, url := newBroker(t)
	will := sync.Message{Topic: "will", Payload: []byte("gone"), Retained: true}
	c := dial(t, sync.Broker{URL: url, Will: &will}, nil)
	c.Close()
	c.Close()
	<-c.Done()
	if !errors.Is(c.Err(), sync.ErrClosed) {
		t.Errorf("err after close: %v", c.Err())
	}
	if err := c.Publish(t.Context(), sync.Message{Topic: "x"}); !errors.Is(err, sync.ErrClosed) {
		t.Errorf("publish after close: %v", err)
	}
	other := dial(t, sync.Broker{URL: url, ClientID: "other"}, nil) // A round trip later.
	if err := other.Subscribe(t.Context(), "will"); err != nil {
		t.Fatal(err)
	}
	if got := e.retained("will"); got != "" {
		t.Errorf("the will %q was published after a clean end", got)
	}
}

func TestADroppedConnectionLeavesNothingBehind(t *testing.T) {
	_, url := newBroker(t)
	c := dial(t, sync.Broker{URL: url}, nil)
	c.Drop(errors.New("a fault"))
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	// The library keeps silent about a stream closed on this side, until a ping
	// 40 s later is not answered.
	for deadline := time.Now().Add(10 * time.Second); alive("keepalive") > 0; <-poll.C {
		if time.Now().After(deadline) {
			t.Fatal("the library's goroutines are still there")
		}
	}
}

// script is a broker that answers CONNECT and then does as it is told.
func script(t *testing.T, after func(c net.Conn)) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		ours, theirs := pipe()
		t.Cleanup(func() { _ = ours.Close(); _ = theirs.Close() })
		go func() {
			if _, err := packets.ReadPacket(theirs); err != nil {
				return
			}
			if _, err := theirs.Write([]byte{0x20, 2, 0, 0}); err != nil {
				return
			}
			after(theirs)
		}()
		return ours, nil
	}
}

func TestALostPublicationIsAnError(t *testing.T) {
	// With the library's own reconnection this token would complete without one.
	c := dial(t, sync.Broker{Open: script(t, func(c net.Conn) {
		_, _ = packets.ReadPacket(c)
		_ = c.Close()
	})}, nil)
	if err := c.Publish(t.Context(), sync.Message{Topic: "x", Payload: []byte("y")}); err == nil {
		t.Error("published without a PUBACK")
	}
	<-c.Done()
	if c.Err() == nil {
		t.Error("no reason for the end of the connection")
	}
}

func TestPacketsThatNoBrokerNeedsEndTheConnection(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"a publication of 256 MB": {0x32, 0xff, 0xff, 0xff, 0x7f},
		"one byte over the limit": {0x32, 0x81, 0x80, 0x80, 0x01},
		"a length of five bytes":  {0xd0, 0x80, 0x80, 0x80, 0x80, 0x00},
		"QoS 2":                   {0x34, 5, 0, 1, 'a', 0, 1},
		"a SUBACK to two topics":  {0x90, 4, 0, 1, 1, 1},
		"a SUBSCRIBE":             {0x82, 6, 0, 1, 0, 1, 'a', 1},
		"an empty PUBACK":         {0x40, 0},
		"kind 0":                  {0x00, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, sync.Broker{Open: script(t, func(c net.Conn) { _, _ = c.Write(bytes) })}, nil)
			select {
			case <-c.Done():
				if !errors.Is(c.Err(), sync.ErrPacket) {
					t.Errorf("ended with %v, want ErrPacket", c.Err())
				}
			case <-time.After(10 * time.Second):
				t.Error("still connected")
			}
		})
	}
}

func TestAnAnswerToSomethingElseIsNoSubscription(t *testing.T) {
	c := dial(t, sync.Broker{Open: script(t, func(c net.Conn) {
		_, _ = packets.ReadPacket(c)
		_, _ = c.Write([]byte{0x40, 2, 0, 1}) // A PUBACK with the same number.
	})}, nil)
	if err := c.Subscribe(t.Context(), "x"); err == nil {
		t.Error("subscribed without a SUBACK")
	}
}

func TestAnAnswerThatStaysOutEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sync.Dial(t.Context(), sync.Broker{ClientID: gateID, Open: script(t, func(c net.Conn) {
			for { // Pings are answered, nothing else.
				p, err := packets.ReadPacket(c)
				if err != nil {
					return
				}
				if _, ok := p.(*packets.PingreqPacket); ok {
					_, _ = c.Write([]byte{0xd0, 0})
				}
			}
		})}, func(sync.Message) {})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := c.Subscribe(ctx, "x"); err == nil {
			t.Error("subscribed without an answer")
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("waited for %v", took)
		}
		c.Close()
	})
}

func TestAHalfOpenLineIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := sync.Dial(t.Context(), sync.Broker{ClientID: gateID, Open: script(t, func(c net.Conn) {
			_, _ = io.Copy(io.Discard, c)
		})}, func(sync.Message) {})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		<-c.Done()
		if took := time.Since(began); took > 46*time.Second {
			t.Errorf("noticed after %v, want 1.5 x 30 s at most", took)
		}
	})
}

// TestWithoutPingsNothingIsSent: a negative keepalive leaves an idle line alone.
func TestWithoutPingsNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan int64, 1)
		c, err := sync.Dial(t.Context(), sync.Broker{ClientID: gateID, Keepalive: -1, Open: script(t, func(c net.Conn) {
			n, _ := io.Copy(io.Discard, c)
			sent <- n
		})}, func(sync.Message) {})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour) // of synctest's time
		if err := c.Err(); err != nil {
			t.Errorf("the connection has ended: %v", err)
		}
		c.Drop(errors.New("enough"))
		if n := <-sent; n != 0 {
			t.Errorf("%d bytes were sent on an idle line", n)
		}
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked, ended := make(chan struct{}), make(chan struct{})
	open := func(context.Context) (net.Conn, error) {
		ours, theirs := pipe()
		t.Cleanup(func() { _ = theirs.Close() })
		go func() {
			_, _ = packets.ReadPacket(theirs) // And no answer.
			close(asked)
			_, _ = io.Copy(io.Discard, theirs)
			close(ended)
		}()
		return ours, nil
	}
	go func() {
		<-asked
		cancel()
	}()
	if _, err := sync.Dial(ctx, sync.Broker{ClientID: gateID, Open: open}, func(sync.Message) {}); err == nil {
		t.Error("connected to a broker that never answered")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream is still open")
	}
}

func TestErrorsSayWhatToLookAt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	_ = l.Close()
	fails := func(err error) sync.Broker {
		return sync.Broker{URL: "broker", Open: func(context.Context) (net.Conn, error) { return nil, err }}
	}
	for want, b := range map[string]sync.Broker{
		"nothing listens at " + free:                  {URL: "tcp://" + free},
		"the name nowhere was not found":              fails(&net.DNSError{Name: "nowhere", IsNotFound: true}),
		"the name x could not be looked up":           fails(&net.DNSError{Name: "x", IsTimeout: true}),
		"no answer from broker":                       fails(os.ErrDeadlineExceeded),
		"broker hung up":                              fails(io.EOF),
		"the scheme must be tcp, tls, ws or wss":      {URL: "http://x"},
		"user name and password have settings":        {URL: "tcp://user:secret@x"},
		"no host":                                     {URL: "tcp://:1883"},
		"read password file":                          {URL: "tcp://x", PasswordFile: "/nonexistent/password"},
		"read ca file":                                {URL: "tls://x", CA: "/nonexistent/ca.pem"},
		"cert and key go together":                    {URL: "tls://x", Cert: "/nonexistent/cert.pem"},
		"read client certificate":                     {URL: "tls://x", Cert: "/nonexistent/c", Key: "/nonexistent/k"},
		"the broker does not accept this client id":   {Open: refusing(t, 2)},
		"the broker is not available now":             {Open: refusing(t, 3)},
		"does not authorise this user name, password": {Open: refusing(t, 5)},
		"does not speak MQTT 3.1.1":                   {Open: refusing(t, 1)},
	} {
		b.ClientID = gateID
		_, err := sync.Dial(t.Context(), b, func(sync.Message) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// refusing is a broker that answers CONNECT with a code.
func refusing(t *testing.T, code byte) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		ours, theirs := pipe()
		t.Cleanup(func() { _ = theirs.Close() })
		go func() {
			_, _ = packets.ReadPacket(theirs)
			_, _ = theirs.Write([]byte{0x20, 2, 0, code})
			_, _ = io.Copy(io.Discard, theirs)
		}()
		return ours, nil
	}
}
