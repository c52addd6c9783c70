package rig_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"gated/central"
)

// stream is one connection of a box: a net.Conn on its side.
type stream struct {
	m      *model
	id     string
	will   central.Message // no topic: none
	topics []string
	next   uint16
	wrote  []byte // by the box, not a whole packet yet

	mu    sync.Mutex
	inbox []byte        // for the box
	more  chan struct{} // room for one: there is something
	gone  chan struct{}
	once  sync.Once
	deaf  bool // a black hole: the broker has given it up, the box is not told
}

// open is a new connection.
func (m *model) open() (*stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errors.New("there is no broker")
	}
	return &stream{m: m, more: make(chan struct{}, 1), gone: make(chan struct{})}, nil
}

func (s *stream) end() { s.once.Do(func() { close(s.gone) }) }

// Read implements net.Conn.
func (s *stream) Read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		n := copy(p, s.inbox)
		s.inbox = s.inbox[n:]
		s.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		select {
		case <-s.more:
		case <-s.gone:
			return 0, io.EOF
		}
	}
}

// Write implements net.Conn: the broker does what is asked before it returns.
func (s *stream) Write(p []byte) (int, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	select {
	case <-s.gone:
		return 0, net.ErrClosed
	default:
	}
	if s.deaf {
		return len(p), nil
	}
	s.wrote = append(s.wrote, p...)
	for {
		r := bytes.NewReader(s.wrote)
		b := bufio.NewReaderSize(r, 16)
		packet, body, err := readPacket(b)
		if err != nil {
			return len(p), nil // not whole yet
		}
		s.wrote = s.wrote[len(packet):]
		s.packet(packet, packet[body:])
	}
}

// packet does what one packet asks for. The caller holds the broker's mu.
func (s *stream) packet(packet, b []byte) {
	switch packet[0] >> 4 {
	case 1: // CONNECT
		s.connect(b)
	case publishKind:
		topic, rest := text(b)
		s.say(pubackKind<<4, rest[:2])
		s.m.receive(central.Message{Topic: topic, Payload: bytes.Clone(rest[2:]), Retained: packet[0]&1 == 1})
	case 8: // SUBSCRIBE, of one topic
		topic, _ := text(b[2:])
		s.topics = append(s.topics, topic)
		s.say(9<<4, append(bytes.Clone(b[:2]), 1))
		for _, t := range slices.Sorted(maps.Keys(s.m.retained)) {
			if matches(topic, t) {
				s.deliver(t, s.m.retained[t], true)
			}
		}
	case 10: // UNSUBSCRIBE
		for rest := b[2:]; len(rest) > 0; {
			var topic string
			topic, rest = text(rest)
			s.topics = slices.DeleteFunc(s.topics, func(f string) bool { return f == topic })
		}
		s.say(11<<4, b[:2])
	case 12: // PINGREQ
		s.say(13<<4, nil)
	case 14: // DISCONNECT
		s.will.Topic = ""
		s.leave()
		s.end()
	}
}

func (s *stream) connect(b []byte) {
	flags := b[7]
	id, rest := text(b[10:])
	s.id = id
	if flags&4 != 0 {
		s.will.Topic, rest = text(rest)
		var payload string
		payload, _ = text(rest)
		s.will.Payload, s.will.Retained = []byte(payload), flags&32 != 0
	}
	if before := s.m.clients[id]; before != nil {
		before.leave()
		before.end()
	}
	s.m.clients[id] = s
	s.say(2<<4, []byte{0, 0})
}

// leave takes the client out; its will is done. The caller holds the broker's mu.
func (s *stream) leave() {
	if s.m.clients[s.id] != s {
		return
	}
	delete(s.m.clients, s.id)
	if s.will.Topic != "" {
		s.m.route(s.will)
	}
}

// Close implements net.Conn: what a line does that is cut.
func (s *stream) Close() error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.leave()
	s.end()
	return nil
}

// hole makes a black hole of the connection.
func (s *stream) hole() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.deaf = true
	s.leave()
}

func (s *stream) deliver(topic string, payload []byte, retained bool) {
	if s.next++; s.next == 0 {
		s.next = 1
	}
	head := byte(publishKind<<4 | 2)
	if retained {
		head |= 1
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(len(topic)))
	b = append(b, topic...)
	b = binary.BigEndian.AppendUint16(b, s.next)
	s.say(head, append(b, payload...))
}

// say sends one packet to the box.
func (s *stream) say(head byte, body []byte) {
	packet := []byte{head}
	n := len(body)
	for n >= 0x80 {
		packet = append(packet, byte(n)|0x80)
		n >>= 7
	}
	packet = append(append(packet, byte(n)), body...)
	s.mu.Lock()
	s.inbox = append(s.inbox, packet...)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// text takes a string with its length before it.
func text(b []byte) (string, []byte) {
	n := int(binary.BigEndian.Uint16(b))
	return string(b[2 : 2+n]), b[2+n:]
}

// The rest of net.Conn, which is of no use to anybody here.

func (*stream) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (*stream) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (*stream) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (*stream) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (*stream) SetWriteDeadline(time.Time) error { return nil }
