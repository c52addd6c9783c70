package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"net/url"
	"os"
	"time"

	"gated/doctor"
	"gated/gate"
	"gated/local"
	"gated/sync"
)

// settleLine is how long after its beginning a connection has brought everything
// that a broker retains.
const settleLine = 2 * time.Second

// line goes the way to the broker: as far as TLS beside a daemon that is
// connected, whom a second login would throw out, and else to the end. It says
// also which log the central server has cosigned last.
func (p *patient) line(ctx context.Context, clock doctor.Clock) (doctor.Line, doctor.Reading[string]) {
	m := p.cfg.MQTT
	none := doctor.Reading[string]{Unknown: text("没有连接", "there is no connection")}
	if m.Broker == "" || len(p.problems) > 0 {
		return doctor.Line{}, none
	}
	l := doctor.Line{
		Broker: m.Broker, User: m.Username, Route: doctor.ReadRoute(p.root), Online: p.status != nil && p.status.Online,
		Own: certificate(m.Cert), CA: certificate(m.CA),
	}
	if u, err := url.Parse(m.Broker); err == nil {
		l.Host, l.Secure, l.Loopback = u.Hostname(), u.Scheme == "tls" || u.Scheme == "wss", loopback(u.Hostname())
	}
	if l.User == "" {
		l.User = p.cfg.Gate.ID
	}
	s := clock.State.Value
	l.Undated = !clock.Always && !clock.Synced && s != gate.ClockSynced && s != gate.ClockRTC
	broker := p.cfg.broker()
	broker.CheckDates = func() bool { return !l.Undated }
	got := sync.Probe(ctx, sync.Config{Broker: broker, Prefix: m.Prefix, Gate: p.cfg.Gate.ID, Site: p.cfg.Gate.Site}, !l.Online)
	takeSteps(&l, got, language(p.cfg))
	switch {
	case l.Online:
		live := p.heard(ctx)
		l.Trust, l.Site, l.Heartbeat = live.Trust, live.Site, live.Heartbeat
		return l, doctor.Reading[string]{Value: live.Cosigned}
	case got.Listen.Tried && got.Listen.Err == nil:
		l.Trust, l.Site, l.Heartbeat = got.Heard.Trust, got.Heard.Site, got.Heard.Heartbeat
		return l, doctor.Reading[string]{Value: logOf(got.Heard.Cosigned)}
	}
	return l, none
}

// heard is what the daemon has heard on its connection, once that has had the
// time.
func (p *patient) heard(ctx context.Context) local.LineLive {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		var now local.Live
		err := p.client.Ask(ctx, "/v1/live", nil, &now)
		l := now.Line
		if err != nil || l.Trust && l.Site && l.Heartbeat && l.Cosigned != "" || time.Since(l.Since) > settleLine {
			return l
		}
		select {
		case <-ctx.Done():
			return l
		case <-t.C:
		}
	}
}

// takeSteps puts a probe into the doctor's words.
func takeSteps(l *doctor.Line, p sync.Probed, lang gate.Language) {
	if p.Settings != nil {
		l.Files = text("%v", "%v", p.Settings)
	}
	for _, s := range []struct {
		to   *doctor.Step
		from sync.Step
	}{{&l.Name, p.Name}, {&l.TCP, p.TCP}, {&l.TLS, p.TLS}, {&l.MQTT, p.MQTT}, {&l.Subscribe, p.Listen}} {
		*s.to = doctor.Step{Tried: s.from.Tried, Took: s.from.Took, Detail: s.from.Detail}
		if s.from.Err != nil {
			s.to.Error = brief(s.from.Err, lang)
		}
	}
	l.BadDates = p.BadDates
	if len(p.Peer) > 0 {
		l.Peer = lasting(p.Peer[0], "")
	}
}

func lasting(c *x509.Certificate, file string) doctor.Certificate {
	name := c.Subject.CommonName
	if name == "" && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	return doctor.Certificate{Subject: name, Begins: c.NotBefore, Ends: c.NotAfter, File: file}
}

// certificate is the one of a PEM file that ends first; the zero value if there
// is none that can be read, which the probe's settings say.
func certificate(file string) doctor.Certificate {
	var first doctor.Certificate
	rest, err := os.ReadFile(file) //nolint:gosec // the configuration names it
	if err != nil {
		return first
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return first
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err == nil && (first.Ends.IsZero() || c.NotAfter.Before(first.Ends)) {
			first = lasting(c, file)
		}
	}
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost"
}
