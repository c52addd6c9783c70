package sync_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"gated/sync"
)

// tape is a stream that delivers bytes in pieces of a given length.
type tape struct {
	net.Conn
	rest  []byte
	piece int
}

func (s *tape) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.piece)], s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *tape) SetReadDeadline(time.Time) error { return nil }

// FuzzGuard: what passes is what came, up to the first packet that is not
// acceptable; the library reads it without a panic, and no packet is longer than
// the limit.
func FuzzGuard(f *testing.F) {
	f.Add([]byte{0x20, 2, 0, 0, 0x30, 4, 0, 1, 'a', 'b'}, 1)
	f.Add([]byte{0x32, 0xff, 0xff, 0xff, 0x7f}, 3)
	f.Add([]byte{0x90, 3, 0, 1, 0x80, 0xd0, 0, 0x40, 2, 0, 7, 0xb0, 2, 0, 8}, 100)
	f.Add([]byte{0x32, 5, 0, 9, 'a', 0, 1}, 2)
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		piece = max(1, piece%1000)
		passed, _ := io.ReadAll(sync.NewGuard(&tape{rest: in, piece: piece}))
		if !bytes.HasPrefix(in, passed) {
			t.Fatalf("passed %x of %x", passed, in)
		}
		guard := sync.NewGuard(&tape{rest: in, piece: piece})
		for {
			p, err := packets.ReadPacket(guard)
			if err != nil {
				return
			}
			switch p := p.(type) {
			case *packets.PublishPacket:
				if len(p.Payload) > sync.MaxPacket || p.Qos > 1 {
					t.Fatalf("a publication of %d bytes with QoS %d passed", len(p.Payload), p.Qos)
				}
			case *packets.SubackPacket:
				if len(p.ReturnCodes) != 1 {
					t.Fatalf("a SUBACK with %d codes passed", len(p.ReturnCodes))
				}
			case *packets.ConnackPacket, *packets.PubackPacket, *packets.UnsubackPacket, *packets.PingrespPacket:
			default:
				t.Fatalf("a packet of type %T passed", p)
			}
		}
	})
}

func TestTheLongestPacketPasses(t *testing.T) {
	body := make([]byte, sync.MaxPacket)
	body[1] = 1 // A topic of one byte.
	in := append([]byte{0x30, 0x80, 0x80, 0x80, 0x01}, body...)
	p, err := packets.ReadPacket(sync.NewGuard(&tape{rest: in, piece: 1000}))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(p.(*packets.PublishPacket).Payload); got != sync.MaxPacket-3 {
		t.Errorf("payload of %d bytes", got)
	}
	in[1]++
	if _, err := packets.ReadPacket(sync.NewGuard(&tape{rest: in, piece: 1000})); !errors.Is(err, sync.ErrPacket) {
		t.Errorf("one byte more: %v", err)
	}
}
