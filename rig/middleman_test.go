package rig_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// mischief is what the middleman does to publications.
type mischief int

const (
	honest mischief = iota
	drops           // says that it has them, and has not
	doubles
	delays // so that later ones overtake
	replays
)

// Of the packets of MQTT 3.1.1 only these two matter here.
const (
	publishKind = 3
	pubackKind  = 4
)

// ourIDs are packet ids that neither library reaches on one connection.
const ourIDs = 0xE000

// middleman is a malicious broker, as far as messages go: it stands before a true
// one and speaks MQTT to both sides, so that neither notices its mischief by the
// protocol.
type middleman struct {
	mu       sync.Mutex
	rnd      *rand.Rand
	mischief mischief
	old      [2][][]byte       // publications that have passed, a few hundred each way
	cosigned map[string]string // every checkpoint that the server has cosigned, and its topic
	trap     string            // end of a topic at which sprung is called, once
	sprung   func()
}

func newMiddleman(seed uint64) *middleman {
	return &middleman{rnd: rand.New(rand.NewPCG(seed, 3)), cosigned: map[string]string{}}
}

// set begins another mischief.
func (m *middleman) set(to mischief) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mischief = to
}

// setTrap has do called when a message to or from the server ends its topic so.
func (m *middleman) setTrap(topic string, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trap, m.sprung = topic, do
}

// seen notes a publication and says what to do with it.
func (m *middleman) seen(dir int, packet []byte, topic string, payload []byte) (do mischief, replay []byte, spring func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if dir == up && strings.HasSuffix(topic, "/cosigned") {
		m.cosigned[string(payload)] = topic
	}
	if m.trap != "" && strings.HasSuffix(topic, m.trap) && (dir == up) == (m.trap == "/cosigned") {
		spring, m.trap = m.sprung, ""
	}
	if m.mischief != honest && m.rnd.IntN(2) == 0 {
		do = m.mischief
	}
	if old := m.old[dir]; do == replays && len(old) > 0 {
		replay = old[m.rnd.IntN(len(old))]
	}
	if m.rnd.IntN(8) == 0 {
		if m.old[dir] = append(m.old[dir], packet); len(m.old[dir]) > 300 {
			m.old[dir] = m.old[dir][150:]
		}
	}
	return do, replay, spring
}

// The two ways of a connection, by the side that is read.
const (
	up   = 0 // from the client
	down = 1 // from the broker
)

// pair is one connection through the middleman.
type pair struct {
	*middleman
	side [2]net.Conn

	mu   sync.Mutex // held while a packet is written, and for what follows
	ours [2]map[uint16]bool
	next uint16
}

// join carries one connection until either end is gone.
func (m *middleman) join(near, far net.Conn) {
	p := &pair{middleman: m, side: [2]net.Conn{near, far}, ours: [2]map[uint16]bool{{}, {}}, next: ourIDs}
	var both sync.WaitGroup
	for dir := range 2 {
		both.Go(func() {
			_ = p.carry(dir)
			_, _ = near.Close(), far.Close()
		})
	}
	both.Wait()
}

func (p *pair) carry(dir int) error {
	r := bufio.NewReader(p.side[dir])
	for {
		packet, body, err := readPacket(r)
		if err != nil {
			return err
		}
		switch {
		case packet[0]>>4 == publishKind && packet[0]>>1&3 == 1:
			err = p.publication(dir, packet, body)
		case packet[0]>>4 == pubackKind && p.answersUs(dir, packet):
		default:
			err = p.write(1-dir, packet)
		}
		if err != nil {
			return err
		}
	}
}

// publication hands on a QoS 1 publication, or does not.
func (p *pair) publication(dir int, packet []byte, body int) error {
	n := int(binary.BigEndian.Uint16(packet[body:]))
	topic, id := string(packet[body+2:body+2+n]), packet[body+2+n:body+4+n]
	do, replay, spring := p.seen(dir, packet, topic, packet[body+4+n:])
	if spring != nil && dir == up {
		spring() // the server is killed before anybody hears of its commit
		return io.EOF
	}
	switch do {
	case drops:
		return p.write(dir, []byte{pubackKind << 4, 2, id[0], id[1]})
	case delays:
		time.AfterFunc(100*time.Millisecond, func() { _ = p.write(1-dir, packet) })
		return nil
	case doubles:
		replay = packet
	default: // honest, or a replay that stands in replay
	}
	err := p.write(1-dir, packet)
	if err == nil && replay != nil {
		err = p.inject(1-dir, replay)
	}
	if spring != nil {
		spring() // the server has the message, and has not committed it
	}
	return err
}

// inject sends a publication of ours to a side.
func (p *pair) inject(to int, packet []byte) error {
	body := len(packet) - bodyLength(packet)
	ours := append([]byte(nil), packet...)
	n := int(binary.BigEndian.Uint16(ours[body:]))
	p.mu.Lock()
	defer p.mu.Unlock()
	binary.BigEndian.PutUint16(ours[body+2+n:], p.next)
	p.ours[to][p.next] = true
	p.next++
	_, err := p.side[to].Write(ours)
	return err
}

// answersUs says whether an acknowledgement is of something that we sent.
func (p *pair) answersUs(from int, packet []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := binary.BigEndian.Uint16(packet[2:])
	ours := p.ours[from][id]
	delete(p.ours[from], id)
	return ours
}

func (p *pair) write(to int, packet []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.side[to].Write(packet)
	return err
}

// readPacket reads one MQTT packet and says where its body begins.
func readPacket(r *bufio.Reader) (packet []byte, body int, err error) {
	kind, err := r.ReadByte()
	if err != nil {
		return nil, 0, err
	}
	packet = append(packet, kind)
	length := 0
	for shift := 0; shift <= 21; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return nil, 0, err
		}
		packet = append(packet, b)
		length |= int(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	body = len(packet)
	packet = append(packet, make([]byte, length)...)
	_, err = io.ReadFull(r, packet[body:])
	return packet, body, err
}

// bodyLength is how many bytes follow the fixed header of a packet.
func bodyLength(packet []byte) (n int) {
	for i, shift := 1, 0; ; i, shift = i+1, shift+7 {
		n |= int(packet[i]&0x7f) << shift
		if packet[i] < 0x80 {
			return n
		}
	}
}
