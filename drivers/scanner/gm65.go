package scanner

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// gm65 is the profile of Hangzhou Grow's GM60, GM65, GM805, GM812 and GM861,
// which are also sold under the names of Waveshare and DFRobot.
//
// Numbers are from the maker's manuals (GM65 V1.3, section "Serial port
// instructions" and the list of zone bits); where these are silent, from what
// drivers in the field found, named at the constant. A module leaves the
// factory at 9600 baud, 8N1, and obeys every setup code that is shown to it.
type gm65 struct{}

// Kinds of request: 7E 00, kind, number of bytes, address, bytes, checksum.
const (
	gmRead  = 0x07
	gmWrite = 0x08
	gmSave  = 0x09
)

// Addresses of what is asked but not set.
const (
	gmSpeed = 0x002a // two bytes, the low one first: 3,000,000 divided by the speed
	gmModel = 0x00e0 // model, hardware and software; some newer modules do not tell
)

// gmSettings is what a module at a gate must be. The bits outside the mask
// (lamp, aiming light, beep) are left as they are found.
var gmSettings = []struct {
	name       string
	at         uint16
	mask, want byte
}{
	{"reading mode", 0x0000, 0x03, 0x02}, // continuous: nobody is there to press a button
	{"setup codes", 0x0003, 0x03, 0x02},  // not obeyed
	{"output", 0x000d, 0x03, 0x00},       // to the serial port
	{"suffix", 0x0060, 0xff, 0x01},       // CR after each code; no prefix, identifier or frame around it
}

// gmTries is how often a request is made. Some modules lose what comes just
// after power-on.
const gmTries = 3

func (gm65) speeds() []int { return []int{9600, 115200, 57600, 38400, 19200} }

func (g gm65) identify(l line) (string, error) {
	if _, err := g.read(l, gmSettings[0].at, 1); err != nil {
		return "", err
	}
	b, err := g.read(l, gmModel, 3)
	switch {
	case errors.Is(err, errSilent):
		return "GM65 class", nil
	case err != nil:
		return "", err
	}
	return fmt.Sprintf("GM65 class, model %#02x, hardware %#02x, software %#02x", b[0], b[1], b[2]), nil
}

func (g gm65) differ(l line, baud int) ([]string, error) {
	var wrong []string
	for _, s := range gmSettings {
		b, err := g.read(l, s.at, 1)
		if err != nil {
			return nil, err
		}
		if b[0]&s.mask != s.want {
			wrong = append(wrong, fmt.Sprintf("%s %#02x", s.name, b[0]))
		}
	}
	b, err := g.read(l, gmSpeed, 2)
	if err != nil {
		return nil, err
	}
	if n := binary.LittleEndian.Uint16(b); n != gmDivisor(baud) {
		wrong = append(wrong, fmt.Sprintf("speed %#04x", n))
	}
	return wrong, nil
}

func (g gm65) set(l line) error {
	for _, s := range gmSettings {
		b, err := g.read(l, s.at, 1)
		if err != nil {
			return err
		}
		if b[0]&s.mask == s.want {
			continue
		}
		if _, err := g.request(l, gmWrite, s.at, 1, b[0]&^s.mask|s.want); err != nil {
			return err
		}
	}
	return nil
}

func (g gm65) speed(l line, baud int) error {
	var b [2]byte
	binary.LittleEndian.PutUint16(b[:], gmDivisor(baud))
	_, err := ask(l, gmRequest(gmWrite, gmSpeed, b[:]...))
	if errors.Is(err, errSilent) {
		return nil
	}
	return err
}

func (g gm65) save(l line) error {
	_, err := g.request(l, gmSave, 0, 1, 0)
	return err
}

// read is n bytes from an address on.
func (g gm65) read(l line, at uint16, n byte) ([]byte, error) {
	return g.request(l, gmRead, at, int(n), n)
}

// request asks until an answer with n bytes comes.
func (gm65) request(l line, kind byte, at uint16, n int, data ...byte) ([]byte, error) {
	var err error
	for range gmTries {
		var r []byte
		if r, err = ask(l, gmRequest(kind, at, data...)); err == nil {
			if b, ok := gmReply(r); ok && len(b) == n {
				return b, nil
			}
			err = errSilent // what came was spoilt on its way
		}
		if !errors.Is(err, errSilent) {
			break
		}
	}
	return nil, err
}

// gmRequest is the bytes of a request.
func gmRequest(kind byte, at uint16, data ...byte) []byte {
	n := byte(1)
	if kind != gmRead {
		n = byte(len(data)) //nolint:gosec // one or two bytes
	}
	b := append([]byte{kind, n, byte(at >> 8), byte(at)}, data...) //nolint:gosec // its two bytes
	return append([]byte{0x7e, 0x00}, binary.BigEndian.AppendUint16(b, gmChecksum(b))...)
}

// gmReply is what stands in a reply of the framer: 02 00 00, number of bytes,
// bytes, checksum. AB CD instead of a checksum means that there is none.
func gmReply(r []byte) (body []byte, ok bool) {
	if len(r) < 7 || r[0] != 0x02 || r[1] != 0 || r[2] != 0 || r[3] > maxReply || len(r) != 6+int(r[3]) {
		return nil, false
	}
	sum := binary.BigEndian.Uint16(r[len(r)-2:])
	return r[4 : len(r)-2], sum == gmChecksum(r[2:len(r)-2]) || sum == 0xabcd
}

// gmChecksum is CRC-16 with the polynomial 0x1021, from 0, the highest bit
// first.
func gmChecksum(b []byte) uint16 {
	var sum uint16
	for _, c := range b {
		sum ^= uint16(c) << 8
		for range 8 {
			top := sum & 0x8000
			sum <<= 1
			if top != 0 {
				sum ^= 0x1021
			}
		}
	}
	return sum
}

// gmDivisor is the module's number for a speed.
func gmDivisor(baud int) uint16 { return uint16((3_000_000 + baud/2) / baud) } //nolint:gosec // 26 to 313
