package drivertest

import (
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// GM65 is a scanner module of the GM65 class at the far end of a [Cable]. It
// behaves as the maker's manual says: it answers requests for its registers if
// the checksum is right (or AB CD, which means none), at its own speed alone;
// what it was told and not told to save is gone with its power; and it obeys
// setup codes for as long as register 0003 lets it.
//
// Where the manual is silent it is at its worst: a setup code that it obeys is
// saved at once; one that it does not obey it sends like any other code.
//
// It is safe for concurrent use.
type GM65 struct {
	t      testing.TB
	reader sync.WaitGroup

	mu     sync.Mutex
	master *os.File // nil before the first power
	regs   map[uint16]byte
	flash  map[uint16]byte
	stuck  map[uint16]bool // registers that keep their value whatever is written
	mute   int             // requests that are not answered from now on; below 0: all
	stuns  bool            // a change of its speed makes it mute
	asked  int             // requests understood since the start
	saved  int             // how often something was saved
}

// gm65Fresh is a module as it leaves the factory, serial output chosen: a
// register dump of a GM861 (Tasmota, xsns_107), but in manual mode and without a
// suffix.
var gm65Fresh = map[uint16]byte{
	0x0000: 0xd4, 0x0002: 0x20, 0x0003: 0x00, 0x0005: 0x0a, 0x0006: 0x32, 0x000d: 0xa0,
	0x002a: 0x39, 0x002b: 0x01, 0x0060: 0x00, 0x00e0: 0x07, 0x00e1: 0x64, 0x00e2: 0x87,
}

// NewGM65 puts a fresh module at the far end of a cable, from which it has its
// power: it starts anew whenever the cable is plugged in. It has no suffix, and
// reads only when a button is pressed, which nobody does.
func NewGM65(t testing.TB, c *Cable) *GM65 {
	g := &GM65{t: t, regs: map[uint16]byte{}, flash: maps.Clone(gm65Fresh), stuck: map[uint16]bool{}}
	c.module = g
	if c.master != nil {
		g.power(c.master)
	}
	return g
}

// Reg is a register's value.
func (g *GM65) Reg(at uint16) byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.regs[at]
}

// Poke changes a register behind everybody's back, and saves it.
func (g *GM65) Poke(at uint16, b byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.regs[at], g.flash[at] = b, b
}

// Stick makes a register keep its value whatever is written to it.
func (g *GM65) Stick(at uint16) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stuck[at] = true
}

// Mute makes the module not answer the next n requests; below 0: any.
func (g *GM65) Mute(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mute = n
}

// Stun makes the module answer nothing from its next change of speed on, until
// Mute says otherwise.
func (g *GM65) Stun() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stuns = true
}

// Asked is how many requests the module understood, and how often it saved.
func (g *GM65) Asked() (asked, saved int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked, g.saved
}

// Show shows the module a code. It reads it if it is in continuous mode and its
// output is the serial port.
func (g *GM65) Show(code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.regs[0x0000]&3 == 2 && g.regs[0x000d]&3 == 0 {
		g.send([]byte(code + g.tail()))
	}
}

// ShowSetup shows the module a setup code with that text, which sets a register.
func (g *GM65) ShowSetup(text string, at uint16, b byte) {
	g.mu.Lock()
	obeys := g.regs[0x0003]&2 == 0
	tells := g.regs[0x0003]&1 != 0
	g.mu.Unlock()
	if obeys {
		g.Poke(at, b)
	}
	if !obeys || tells {
		g.Show(text)
	}
}

// tail is what stands after a code (register 0060: bit 0, which one in bits 6
// and 5).
func (g *GM65) tail() string {
	if g.regs[0x0060]&1 == 0 {
		return ""
	}
	return []string{"\r", "\r\n", "\t", ""}[g.regs[0x0060]>>5&3]
}

// power starts the module with what it had saved.
func (g *GM65) power(master *os.File) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.master, g.regs = master, maps.Clone(g.flash)
	g.reader.Go(func() { g.read(master) })
}

func (g *GM65) gone() { g.reader.Wait() }

// read takes requests until the cable is pulled.
func (g *GM65) read(master *os.File) {
	var line []byte
	buf := make([]byte, 256)
	for {
		n, err := master.Read(buf)
		if err != nil {
			return
		}
		g.mu.Lock()
		if g.hostBaud(master) == g.baud() {
			line = append(line, buf[:n]...)
			line = g.take(line)
		}
		g.mu.Unlock()
	}
}

// take answers the requests that are whole and returns the rest.
func (g *GM65) take(line []byte) []byte {
	for len(line) > 0 {
		if line[0] != 0x7e || len(line) > 1 && line[1] != 0 {
			line = line[1:]
			continue
		}
		if len(line) < 4 {
			return line
		}
		n := 9 // a request to read says in its length byte how long its data is: one
		if line[2] == 0x08 {
			n = 8 + int(line[3])
		}
		if len(line) < n {
			return line
		}
		g.request(line[2:n])
		line = line[n:]
	}
	return line
}

// request is one whole request, header aside. One with a wrong checksum is not
// answered.
func (g *GM65) request(r []byte) {
	sum := binary.BigEndian.Uint16(r[len(r)-2:])
	if sum != 0xabcd && sum != gm65Checksum(r[:len(r)-2]) {
		return
	}
	if g.mute != 0 {
		g.mute--
		return
	}
	g.asked++
	at, data := binary.BigEndian.Uint16(r[2:]), r[4:len(r)-2]
	switch r[0] {
	case 0x07:
		var body []byte
		for i := range int(data[0]) {
			body = append(body, g.regs[at+uint16(i)])
		}
		g.answer(body)
	case 0x08:
		g.answer([]byte{0}) // at the old speed, before the new one
		for i, b := range data {
			if a := at + uint16(i); !g.stuck[a] {
				g.regs[a] = b
			}
		}
		if g.stuns && at == 0x002a {
			g.stuns, g.mute = false, -1
		}
	case 0x09:
		g.saved++
		g.flash = maps.Clone(g.regs)
		g.answer([]byte{0})
	}
}

func (g *GM65) answer(body []byte) {
	r := append([]byte{0, byte(len(body))}, body...)
	g.send(append([]byte{0x02, 0x00}, binary.BigEndian.AppendUint16(r, gm65Checksum(r))...))
}

// send puts bytes on the line. A host at another speed gets others.
func (g *GM65) send(b []byte) {
	if g.master == nil {
		return
	}
	if g.hostBaud(g.master) != g.baud() {
		for i := range b {
			b[i] |= 0x80
		}
	}
	if _, err := g.master.Write(b); err != nil && !errors.Is(err, os.ErrClosed) {
		g.t.Errorf("module sends: %v", err)
	}
}

// baud is the module's speed: 3,000,000 divided by register 002a.
func (g *GM65) baud() int {
	n := int(g.regs[0x002a]) | int(g.regs[0x002b])<<8
	if n == 0 {
		return 0
	}
	b := 3_000_000 / n
	return (b + 300) / 1200 * 1200 // the divisor is rounded; speeds are multiples of 1200
}

// hostBaud is the speed to which the other end of the line is set.
func (g *GM65) hostBaud(master *os.File) int {
	raw, err := master.SyscallConn()
	if err != nil {
		return 0
	}
	baud := 0
	_ = raw.Control(func(fd uintptr) { // fails only when the cable is pulled
		if tio, err := unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
			baud = map[uint32]int{unix.B9600: 9600, unix.B19200: 19200, unix.B38400: 38400, unix.B57600: 57600, unix.B115200: 115200}[tio.Cflag&unix.CBAUD]
		}
	})
	return baud
}

// gm65Checksum is CRC-16/XMODEM, one bit after the other as the manual prints
// it.
func gm65Checksum(b []byte) uint16 {
	var sum uint32
	for _, c := range b {
		for i := byte(0x80); i != 0; i /= 2 {
			if sum *= 2; sum&0x10000 != 0 {
				sum ^= 0x11021
			}
			if c&i != 0 {
				sum ^= 0x1021
			}
		}
	}
	return uint16(sum)
}
