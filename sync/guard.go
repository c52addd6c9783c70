package sync

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// MaxPacket is the longest MQTT packet in bytes that is taken from a broker,
// without its fixed header. Documents are at most 1 MiB.
const MaxPacket = 2 << 20

// ErrPacket is wrapped when a broker announces a packet that no broker needs to
// send to a box: too long, of a kind that only clients send, or with QoS 2.
var ErrPacket = errors.New("the broker sent a packet that is not acceptable")

// guard is the stream between the library and the network. The library allocates
// what a packet announces, up to 256 MB, before it has read it, and answers a
// SUBACK with too many codes with a panic; so the guard reads the header of each
// packet first. It also bounds each write, which the library does for
// publications alone.
type guard struct {
	net.Conn
	r *bufio.Reader

	kind   byte // of the packet whose header is being read
	length int  // as far as it was read
	digits int  // bytes of the length read, counted from 1 with the kind; 0: between packets
	body   int  // bytes of the current packet still to come
}

func newGuard(stream net.Conn) *guard {
	return &guard{Conn: stream, r: bufio.NewReader(stream)}
}

// Read hands on bytes as they came, but never past a header that is not
// acceptable. It is called by one goroutine at a time.
func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if g.body > 0 {
		n, err := g.r.Read(p[:min(len(p), g.body)])
		g.body -= n
		return n, loud(err)
	}
	b, err := g.r.ReadByte()
	if err != nil {
		return 0, loud(err)
	}
	if err := g.header(b); err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// loud gives the end of a stream that was closed on this side another name: the
// library keeps silent about one that is closed, and its goroutines would stay
// until the next ping.
func loud(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return io.EOF
	}
	return err
}

// header takes one byte of the fixed header: the kind, then the length in groups
// of seven bits, the lowest first (MQTT 3.1.1, 2.2.3).
func (g *guard) header(b byte) error {
	if g.digits == 0 {
		g.kind, g.length, g.digits = b, 0, 1
		return nil
	}
	g.length |= int(b&0x7f) << (7 * (g.digits - 1))
	g.digits++
	if b&0x80 != 0 {
		if g.digits > 4 {
			return fmt.Errorf("%w: its length has more than four bytes", ErrPacket)
		}
		return nil
	}
	g.digits, g.body = 0, g.length
	return acceptable(g.kind, g.length)
}

// acceptable says whether a broker may send a packet that begins so.
func acceptable(first byte, length int) error {
	want := 0
	switch first >> 4 {
	case 3: // PUBLISH
		if first&0x06 > 0x02 {
			return fmt.Errorf("%w: a publication with QoS 2, which was not asked for", ErrPacket)
		}
		if length > MaxPacket {
			return fmt.Errorf("%w: it announces %d bytes, more than %d", ErrPacket, length, MaxPacket)
		}
		return nil
	case 2, 4, 11: // CONNACK, PUBACK, UNSUBACK
		want = 2
	case 9: // SUBACK to one topic
		want = 3
	case 13: // PINGRESP
	default:
		return fmt.Errorf("%w: kind %d", ErrPacket, first>>4)
	}
	if length != want {
		return fmt.Errorf("%w: kind %d with %d bytes", ErrPacket, first>>4, length)
	}
	return nil
}

// Write writes one packet, or fails after the write timeout.
func (g *guard) Write(p []byte) (int, error) {
	if err := g.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// SetWriteDeadline does nothing: each write has a deadline of its own, and the
// library would take it away from a write that is under way.
func (g *guard) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline bounds what is read; the library uses it for the CONNACK.
func (g *guard) SetDeadline(t time.Time) error { return g.SetReadDeadline(t) }
