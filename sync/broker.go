package sync

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Times of one connection.
const (
	defaultKeepalive = 30 * time.Second
	pingTimeout      = 10 * time.Second // a half-open line is noticed within 1.5 x keepalive
	writeTimeout     = 10 * time.Second // for each packet
	connectTimeout   = 30 * time.Second // name, TCP, TLS and CONNACK together
	answerTimeout    = 60 * time.Second // for the acknowledgement of a packet; a thin line needs its time
)

// Broker says how to reach an MQTT broker. The files are read again at each
// connection, so renewing a certificate or a password needs no restart.
type Broker struct {
	URL          string // tcp://host[:1883], tls://host[:8883], ws://host[:80]/path or wss://host[:443]/path
	ClientID     string // the gate's id; two clients of one id throw each other out
	Username     string // empty: none
	PasswordFile string // the password alone, the line's end is cut off; empty: none
	CA           string // PEM file of the authorities believed; empty: the system's
	Cert, Key    string // PEM files of the client certificate; empty: none

	Will       *Message      // published by the broker when the connection is lost; nil: none
	Keepalive  time.Duration // between pings on an idle line, from 1 s; 0: 30 s; negative: none, where a line cannot die unseen
	CheckDates func() bool   // asked at each connection whether certificate dates count; nil: they do

	// Open, if not nil, replaces the network: it returns the stream that MQTT is
	// spoken on, and the URL is only a name. For tests and tunnels.
	Open func(ctx context.Context) (net.Conn, error)
}

// Message is one publication, to be sent or as received. A receiver owns the
// payload. Retained on a received message says that it was not sent now.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
}

// Check says what is wrong with the broker's settings, as far as this machine
// can tell without the network: the form of the URL, files that are missing or
// unreadable.
func (b Broker) Check() error {
	_, _, _, err := b.read()
	return err
}

// read checks the settings and reads the files.
func (b Broker) read() (at *url.URL, secure *tlsFiles, password string, err error) {
	if b.ClientID == "" {
		return nil, nil, "", fmt.Errorf("read broker settings: no client id")
	}
	if b.PasswordFile != "" {
		raw, err := os.ReadFile(b.PasswordFile)
		if err != nil {
			return nil, nil, "", fmt.Errorf("read password file: %w", err)
		}
		password = string(bytes.TrimRight(raw, "\r\n"))
	}
	if b.Open != nil {
		return &url.URL{Opaque: b.URL, Host: b.URL}, nil, password, nil
	}
	if at, err = parseURL(b.URL); err != nil {
		return nil, nil, "", err
	}
	if at.Scheme == "tls" || at.Scheme == "wss" {
		secure, err = b.readTLS()
	}
	return at, secure, password, err
}

// parseURL reads the broker's address and adds the scheme's port.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read broker address: %w", err)
	}
	ports := map[string]string{"tcp": "1883", "tls": "8883", "ws": "80", "wss": "443"}
	port, ok := ports[u.Scheme]
	switch {
	case !ok:
		return nil, fmt.Errorf("read broker address %q: the scheme must be tcp, tls, ws or wss", u.Redacted())
	case u.Hostname() == "":
		return nil, fmt.Errorf("read broker address %q: no host", u.Redacted())
	case u.User != nil:
		return nil, fmt.Errorf("read broker address %q: user name and password have settings of their own", u.Redacted())
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

// options are what the library is told. It keeps one connection and never tries
// again by itself: with its own reconnection a token completes before any PUBACK
// (paho issue 563), and its file store panics.
func (b Broker) options(password string) *mqtt.ClientOptions {
	keepalive := max(b.Keepalive, time.Second)
	switch {
	case b.Keepalive == 0:
		keepalive = defaultKeepalive
	case b.Keepalive < 0:
		keepalive = 0 // the library's word for none
	}
	o := mqtt.NewClientOptions().
		AddBroker("tcp://unused"). // Only the opener below knows the address.
		SetClientID(b.ClientID).
		SetProtocolVersion(4).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetOrderMatters(true).
		SetStore(mqtt.NewMemoryStore()).
		SetKeepAlive(keepalive).
		SetPingTimeout(pingTimeout).
		SetWriteTimeout(writeTimeout).
		SetConnectTimeout(connectTimeout)
	if b.Username != "" {
		o.SetUsername(b.Username).SetPassword(password)
	}
	if b.Will != nil {
		o.SetBinaryWill(b.Will.Topic, b.Will.Payload, qos, b.Will.Retained)
	}
	return o
}
