package mosquitto_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// patience bounds each wait. The limit is for what hangs: no figure decides
// anything.
const patience = 20 * time.Second

// caller is how somebody connects.
type caller struct {
	addr     string
	roots    *x509.CertPool
	cert     *signed // nil: none
	id       string  // client id
	user     string
	password string
	will     *packets.PublishPacket
}

// client speaks MQTT packet by packet: a library would hide what is asked here.
type client struct {
	t    *testing.T
	conn net.Conn
	next uint16
	got  []*packets.PublishPacket // since it was last asked
}

// dial connects. An error says where it was refused.
func (c caller) dial(t *testing.T) (*client, error) {
	t.Helper()
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.roots}
	if c.cert != nil {
		config.Certificates = []tls.Certificate{c.cert.Certificate}
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", c.addr, config)
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion, p.CleanSession, p.Keepalive, p.ClientIdentifier = "MQTT", 4, true, 60, c.id
	if c.user != "" {
		p.UsernameFlag, p.Username, p.PasswordFlag, p.Password = true, c.user, true, []byte(c.password)
	}
	if c.will != nil {
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, c.will.TopicName, c.will.Payload, 1, c.will.Retain
	}
	m := &client{t: t, conn: conn}
	if err = p.Write(conn); err == nil {
		var answer packets.ControlPacket
		if answer, err = packets.ReadPacket(conn); err == nil {
			if ack, ok := answer.(*packets.ConnackPacket); !ok {
				err = fmt.Errorf("no CONNACK but %s", answer)
			} else if ack.ReturnCode != packets.Accepted {
				err = fmt.Errorf("CONNACK: %s", packets.ConnackReturnCodes[ack.ReturnCode])
			}
		}
	}
	if err != nil {
		m.cut()
		return nil, fmt.Errorf("after TLS: %w", err)
	}
	t.Cleanup(m.cut)
	return m, nil
}

// must connects somebody who must be let in.
func (c caller) must(t *testing.T) *client {
	t.Helper()
	m, err := c.dial(t)
	if err != nil {
		t.Fatalf("%s is not let in: %v", c.id, err)
	}
	return m
}

// cut ends the connection without a word: the broker publishes the will.
func (m *client) cut() { _ = m.conn.Close() }

func (m *client) write(p packets.ControlPacket) {
	m.t.Helper()
	_ = m.conn.SetDeadline(time.Now().Add(patience))
	if err := p.Write(m.conn); err != nil {
		m.t.Fatalf("write: %v", err)
	}
}

// await reads until that kind of packet comes, and keeps and acknowledges what
// is published meanwhile.
func (m *client) await(kind byte) packets.ControlPacket {
	m.t.Helper()
	for {
		p, err := packets.ReadPacket(m.conn)
		if err != nil {
			m.t.Fatalf("wait for %s: %v", packets.PacketNames[kind], err)
		}
		if pub, ok := p.(*packets.PublishPacket); ok {
			m.got = append(m.got, pub)
			if pub.Qos == 1 {
				ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
				ack.MessageID = pub.MessageID
				m.write(ack)
			}
			continue
		}
		if packetKind(p) == kind {
			return p
		}
	}
}

func packetKind(p packets.ControlPacket) byte {
	switch p.(type) {
	case *packets.PubackPacket:
		return packets.Puback
	case *packets.SubackPacket:
		return packets.Suback
	case *packets.PingrespPacket:
		return packets.Pingresp
	}
	return 0
}

// publish returns when the broker has taken the message, or thrown it away.
func (m *client) publish(topic, payload string, retained bool) {
	m.t.Helper()
	m.next++
	p := message(topic, payload, retained)
	p.MessageID = m.next
	m.write(p)
	m.await(packets.Puback)
}

func message(topic, payload string, retained bool) *packets.PublishPacket {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Retain, p.Qos = topic, []byte(payload), retained, 1
	return p
}

func (m *client) subscribe(filters ...string) {
	m.t.Helper()
	for _, f := range filters {
		m.next++
		p := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
		p.MessageID, p.Topics, p.Qoss = m.next, []string{f}, []byte{1}
		m.write(p)
		m.await(packets.Suback)
	}
}

// received is what has come, by topic, of all that the broker had for us when it
// was asked: it keeps the order on a connection, and at most 20 messages wait for
// their acknowledgement.
func (m *client) received() map[string]string {
	m.t.Helper()
	for seen := -1; seen != len(m.got); {
		seen = len(m.got)
		m.write(packets.NewControlPacket(packets.Pingreq))
		m.await(packets.Pingresp)
	}
	all := make(map[string]string)
	for _, p := range m.got {
		all[p.TopicName] = string(p.Payload)
	}
	m.got = nil
	return all
}
