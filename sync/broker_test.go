package sync_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	stdsync "sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"gated/sync"
)

// embedded is a broker in this process. Clients reach it over a pipe, or over
// TCP if it listens.
type embedded struct {
	t      testing.TB
	server *mochi.Server
	rules  *rules

	mu    stdsync.Mutex
	pipes []net.Conn // both ends of all streams
	down  bool
	dials []time.Time
	subs  int
	rate  int // bytes a second towards the broker; 0: no limit
}

// rules is who may do what at the embedded broker. The zero value allows all.
type rules struct {
	mochi.HookBase
	mu       stdsync.Mutex
	password string
	forbid   map[string]bool // topics that nobody may subscribe to
	swallow  map[string]bool // topics whose messages are acknowledged and lost
	seen     []string        // subscriptions in their order
	silent   bool            // publications are not acknowledged
}

func (r *rules) ID() string { return "rules" }

func (r *rules) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck || b == mochi.OnPublish || b == mochi.OnSubscribe
}

func (r *rules) OnConnectAuthenticate(_ *mochi.Client, pk packets.Packet) bool {
	return r.password == "" || string(pk.Connect.Password) == r.password
}

func (r *rules) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return write || !r.forbid[topic]
}

func (r *rules) OnSubscribe(_ *mochi.Client, pk packets.Packet) packets.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range pk.Filters {
		r.seen = append(r.seen, f.Filter)
	}
	return pk
}

func (r *rules) OnPublish(_ *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.silent && !pk.FixedHeader.Retain {
		return pk, packets.ErrRejectPacket
	}
	if r.swallow[pk.TopicName] {
		return pk, packets.CodeSuccessIgnore
	}
	return pk, nil
}

func (r *rules) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// subscriptions are those made so far, and none of them any more.
func (r *rules) subscriptions() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

func newEmbedded(t testing.TB) *embedded {
	t.Helper()
	capabilities := mochi.NewDefaultServerCapabilities()
	e := &embedded{
		t:      t,
		rules:  &rules{forbid: map[string]bool{}, swallow: map[string]bool{}},
		server: mochi.New(&mochi.Options{InlineClient: true, SysTopicResendInterval: 1 << 20, Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler)}),
	}
	if err := e.server.AddHook(e.rules, nil); err != nil {
		t.Fatal(err)
	}
	if err := e.server.Serve(); err != nil {
		t.Fatal(err)
	}
	return e
}

// close ends the broker and all connections.
func (e *embedded) close() {
	e.cut()
	_ = e.server.Close()
	e.server.Listeners.ClientsWg.Wait()
}

// open is the way to the broker over a pipe.
func (e *embedded) open(context.Context) (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dials = append(e.dials, time.Now())
	if e.down {
		return nil, fmt.Errorf("the line is cut")
	}
	ours, theirs := pipe()
	e.pipes = append(e.pipes, ours, theirs)
	go func() { _ = e.server.EstablishConnection("pipe", theirs) }()
	if e.rate > 0 {
		return &thin{Conn: ours, rate: e.rate}, nil
	}
	return ours, nil
}

// pipe is a connection in memory with room on the way, as a network has: over
// net.Pipe alone, two sides that both write would wait for each other.
func pipe() (net.Conn, net.Conn) {
	a, b := net.Pipe()
	return newRoomy(a), newRoomy(b)
}

type roomy struct {
	net.Conn
	room chan []byte
	gone chan struct{}
	once stdsync.Once
}

func newRoomy(c net.Conn) *roomy {
	r := &roomy{Conn: c, room: make(chan []byte, 1000), gone: make(chan struct{})}
	go r.carry()
	return r
}

// carry moves what was written. After Close it moves what is still under way.
func (r *roomy) carry() {
	defer func() { _ = r.Conn.Close() }()
	for {
		select {
		case p := <-r.room:
			if _, err := r.Conn.Write(p); err != nil {
				return
			}
			continue
		default:
		}
		select {
		case <-r.gone:
			return
		case p := <-r.room:
			if _, err := r.Conn.Write(p); err != nil {
				return
			}
		}
	}
}

func (r *roomy) Write(p []byte) (int, error) {
	select {
	case <-r.gone:
		return 0, net.ErrClosed
	default:
	}
	select {
	case <-r.gone:
		return 0, net.ErrClosed
	case r.room <- append([]byte(nil), p...):
		return len(p), nil
	}
}

func (r *roomy) SetWriteDeadline(time.Time) error { return nil }
func (r *roomy) SetDeadline(t time.Time) error    { return r.SetReadDeadline(t) }

func (r *roomy) Close() error {
	r.once.Do(func() {
		_ = r.Conn.SetWriteDeadline(time.Now().Add(time.Second))
		close(r.gone)
	})
	return nil
}

// thin is a line that takes its time.
type thin struct {
	net.Conn
	rate int
}

func (l *thin) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		chunk := p[n:min(n+1000, len(p))]
		time.Sleep(time.Second * time.Duration(len(chunk)) / time.Duration(l.rate))
		m, err := l.Conn.Write(chunk)
		n += m
		if err != nil {
			return n, err
		}
	}
	return len(p), nil
}

// cut ends all connections at once; they can be made again.
func (e *embedded) cut() {
	e.mu.Lock()
	pipes := e.pipes
	e.pipes = nil
	e.mu.Unlock()
	for _, p := range pipes {
		if r, ok := p.(*roomy); ok {
			p = r.Conn // What is under way is lost.
		}
		_ = p.Close()
	}
}

// away says whether the broker can be reached from now on.
func (e *embedded) away(down bool) {
	e.mu.Lock()
	e.down = down
	e.mu.Unlock()
	if down {
		e.cut()
	}
}

// attempts are the dials so far.
func (e *embedded) attempts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.dials)
}

// closest is the shortest time between two attempts.
func (e *embedded) closest() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	least := time.Duration(1<<63 - 1)
	for i := 1; i < len(e.dials); i++ {
		least = min(least, e.dials[i].Sub(e.dials[i-1]))
	}
	return least
}

// publish sends a message as somebody else.
func (e *embedded) publish(topic string, payload []byte, retain bool) {
	e.t.Helper()
	if err := e.server.Publish(topic, payload, retain, 1); err != nil {
		e.t.Fatalf("publish to %s: %v", topic, err)
	}
}

// watch hands on what is published to a filter, first what is retained there.
func (e *embedded) watch(filter string, handle func(sync.Message)) {
	e.t.Helper()
	e.mu.Lock()
	e.subs++
	id := e.subs
	e.mu.Unlock()
	err := e.server.Subscribe(filter, id, func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
		handle(sync.Message{Topic: pk.TopicName, Payload: append([]byte(nil), pk.Payload...), Retained: pk.FixedHeader.Retain})
	})
	if err != nil {
		e.t.Fatalf("subscribe to %s: %v", filter, err)
	}
}

// retained is what lies at a topic.
func (e *embedded) retained(topic string) string {
	pk, _ := e.server.Topics.Retained.Get(topic)
	return string(pk.Payload)
}

// subscribed are the topics that the gate is subscribed to.
func (e *embedded) subscribed() map[string]bool {
	topics := map[string]bool{}
	if cl, ok := e.server.Clients.Get(gateID); ok {
		for topic := range cl.State.Subscriptions.GetAll() {
			topics[topic] = true
		}
	}
	return topics
}

// forget takes the gate's subscriptions away without telling it.
func (e *embedded) forget() {
	if cl, ok := e.server.Clients.Get(gateID); ok {
		e.server.UnsubscribeClient(cl)
		e.server.Clients.Delete(gateID)
	}
}

// listen serves the broker on a loopback port, with TLS if there is a
// configuration, and returns host:port.
func (e *embedded) listen(config *tls.Config) string {
	e.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatal(err)
	}
	at := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	e.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.pipes = append(e.pipes, c)
			e.mu.Unlock()
			go func() { _ = e.server.EstablishConnection("tcp", c) }()
		}
	}()
	return at
}

// listenWeb serves the broker over websocket and returns host:port.
func (e *embedded) listenWeb(config *tls.Config) string {
	e.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatal(err)
	}
	at := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	up := websocket.Upgrader{Subprotocols: []string{"mqtt"}}
	web := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		_ = e.server.EstablishConnection("web", &webStream{Conn: ws.NetConn(), ws: ws})
	})}
	e.t.Cleanup(func() { _ = web.Close() })
	go func() { _ = web.Serve(l) }()
	return at
}

// webStream is a websocket as a stream of bytes.
type webStream struct {
	net.Conn
	ws   *websocket.Conn
	left []byte
}

func (s *webStream) Read(p []byte) (int, error) {
	for len(s.left) == 0 {
		_, m, err := s.ws.ReadMessage()
		if err != nil {
			return 0, err
		}
		s.left = m
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

func (s *webStream) Write(p []byte) (int, error) {
	return len(p), s.ws.WriteMessage(websocket.BinaryMessage, p)
}
