package sync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	stdsync "sync"
	"time"
)

// Step is one step of the way to the broker.
type Step struct {
	Tried  bool
	Took   time.Duration
	Detail string // if it worked: what was found
	Err    error  // with a person's words; nil: it worked
}

// Probed is how far a probe has come. A step that was not tried is behind one
// that failed.
type Probed struct {
	Host     string // host:port
	Settings error  // of the files: what stands in the way before the first step
	Name     Step
	TCP      Step
	TLS      Step                // not tried without TLS
	Peer     []*x509.Certificate // what the broker showed, its own first
	BadDates bool                // TLS failed by the dates alone
	MQTT     Step
	Listen   Step // all standing subscriptions, to the last SUBACK
	Heard    Heard
}

// listenFor is how long a probe waits for what the broker retains.
const listenFor = 2 * time.Second

// Probe goes the way to the broker one step after another, as a gate does. With
// connect it logs in under the gate's own client id, which throws out a gate
// that is connected, subscribes as a gate does, and hears what is retained. It
// publishes nothing. It takes at most ctx's time.
func Probe(ctx context.Context, c Config, connect bool) Probed {
	var p Probed
	at, secure, _, err := c.Broker.read()
	if err != nil {
		p.Settings = err
		return p
	}
	p.Host = at.Host
	stream := p.reach(ctx, at)
	if stream == nil {
		return p
	}
	if secure != nil {
		p.greet(ctx, stream, at.Hostname(), secure, c.Broker.CheckDates == nil || c.Broker.CheckDates())
	}
	_ = stream.Close()
	if connect && p.TLS.Err == nil {
		p.login(ctx, c)
	}
	return p
}

// timed is a step from began to now.
func timed(began time.Time, detail string, err error, host string) Step {
	s := Step{Tried: true, Took: time.Since(began), Detail: detail}
	if err != nil {
		s.Err = explain(err, host)
	}
	return s
}

// reach looks the name up and opens the stream; nil if that failed.
func (p *Probed) reach(ctx context.Context, at *url.URL) net.Conn {
	began := time.Now()
	addrs, err := net.DefaultResolver.LookupHost(ctx, at.Hostname())
	detail := ""
	if len(addrs) > 0 {
		detail = addrs[0]
	}
	if p.Name = timed(began, detail, err, at.Host); err != nil {
		return nil
	}
	began = time.Now()
	stream, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.Host)
	if p.TCP = timed(began, at.Host, err, at.Host); err != nil {
		return nil
	}
	return stream
}

// greet makes the TLS handshake and looks at what is shown before judging it.
func (p *Probed) greet(ctx context.Context, stream net.Conn, host string, f *tlsFiles, dates bool) {
	c := f.config(host, dates)
	judge := c.VerifyConnection
	if judge == nil {
		judge = func(s tls.ConnectionState) error { return f.verifyDated(host, s.PeerCertificates) }
	}
	c.InsecureSkipVerify = true // judge does the whole of it
	c.VerifyConnection = func(s tls.ConnectionState) error {
		p.Peer = s.PeerCertificates
		return judge(s)
	}
	began := time.Now()
	conn := tls.Client(stream, c)
	err := conn.HandshakeContext(ctx)
	p.TLS = timed(began, tls.VersionName(conn.ConnectionState().Version), err, p.Host)
	var dated x509.CertificateInvalidError
	p.BadDates = errors.As(err, &dated) && dated.Reason == x509.Expired
}

// verifyDated is the library's own check.
func (f *tlsFiles) verifyDated(host string, peer []*x509.Certificate) error {
	if len(peer) == 0 {
		return errors.New("the broker showed no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range peer[1:] {
		between.AddCert(c)
	}
	_, err := peer[0].Verify(x509.VerifyOptions{DNSName: host, Roots: f.roots, Intermediates: between})
	return err
}

// login connects and subscribes as a gate does.
func (p *Probed) login(ctx context.Context, c Config) {
	t := New(c, nil, nil, nil).topics
	var heard ears
	b := c.Broker
	b.Will = nil
	began := time.Now()
	conn, err := Dial(ctx, b, func(m Message) { heard.note(t, m) })
	p.MQTT = Step{Tried: true, Took: time.Since(began), Detail: "CONNACK 0", Err: err}
	if err != nil {
		return
	}
	defer conn.Close()
	began = time.Now()
	err = conn.Subscribe(ctx, t.standing()...)
	p.Listen = timed(began, fmt.Sprintf("%d topics", len(t.standing())), err, p.Host)
	if err != nil {
		return
	}
	late := time.NewTimer(listenFor)
	defer late.Stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for p.Heard = heard.told(); !p.Heard.all(); p.Heard = heard.told() {
		select {
		case <-ctx.Done():
			return
		case <-late.C:
			p.Heard = heard.told()
			return
		case <-poll.C:
		}
	}
}

// Heard is what the broker has sent on one connection.
type Heard struct {
	Trust, Site, Heartbeat bool
	Cosigned               []byte // the newest cosigned checkpoint of this gate; nil: none
}

// all says whether there is nothing left to wait for. A gate that is new has no
// cosigned checkpoint, so a probe of one takes its whole time.
func (h Heard) all() bool { return h.Trust && h.Site && h.Heartbeat && h.Cosigned != nil }

// ears keeps what was heard. Safe for concurrent use.
type ears struct {
	mu stdsync.Mutex
	is Heard
}

func (e *ears) note(t topics, m Message) {
	if len(m.Payload) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch m.Topic {
	case t.trust():
		e.is.Trust = true
	case t.rules():
		e.is.Site = true
	case t.heartbeat():
		e.is.Heartbeat = true
	case t.cosigned():
		e.is.Cosigned = m.Payload
	}
}

func (e *ears) told() Heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.is
}
