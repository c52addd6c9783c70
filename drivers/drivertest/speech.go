package drivertest

import (
	"os"
	"slices"
	"sync"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Speech is a speech module of the SYN6288 or XFS5152 class at the far end of a
// [Cable]. It says what comes in whole frames of its format, answers 41, and
// answers 45 to anything else. It is safe for concurrent use.
type Speech struct {
	t      testing.TB
	sum    bool // SYN6288: frames end with a checksum
	reader sync.WaitGroup

	mu     sync.Mutex
	master *os.File
	dumb   bool
	said   []string
	odd    int // bytes and frames that were not understood
}

// NewSpeech puts a module at the far end of a cable; sum is whether its frames
// end with a checksum.
func NewSpeech(t testing.TB, c *Cable, sum bool) *Speech {
	m := &Speech{t: t, sum: sum}
	c.module = m
	if c.master != nil {
		m.power(c.master)
	}
	return m
}

// Said is every text so far, oldest first, and how much was not understood.
func (m *Speech) Said() (texts []string, odd int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.said), m.odd
}

// Dumb makes the module understand and not answer.
func (m *Speech) Dumb(dumb bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dumb = dumb
}

func (m *Speech) power(master *os.File) {
	m.mu.Lock()
	m.master = master
	m.mu.Unlock()
	m.reader.Go(func() { m.read(master) })
}

func (m *Speech) gone() { m.reader.Wait() }

// read takes frames until the cable is pulled.
func (m *Speech) read(master *os.File) {
	var line []byte
	buf := make([]byte, 256)
	for {
		n, err := master.Read(buf)
		if err != nil {
			return
		}
		line = append(line, buf[:n]...)
		for len(line) > 0 {
			rest, whole := m.frame(master, line)
			if !whole {
				break
			}
			line = rest
		}
	}
}

// frame takes one frame, or one byte that begins none. It says whether there
// was enough to do so.
func (m *Speech) frame(master *os.File, line []byte) (rest []byte, whole bool) {
	if line[0] != 0xfd {
		m.reply(master, "", false)
		return line[1:], true
	}
	if len(line) < 3 {
		return line, false
	}
	n := 3 + int(line[1])<<8 + int(line[2])
	if len(line) < n {
		return line, false
	}
	body := line[3:n]
	ok := len(body) >= 2 && body[0] == 0x01 && body[1] == 0x00
	if m.sum && ok {
		var x byte
		for _, b := range line[:n-1] {
			x ^= b
		}
		ok = x == line[n-1] && len(body) >= 3
		body = body[:len(body)-1]
	}
	var text string
	if ok {
		b, err := simplifiedchinese.GBK.NewDecoder().Bytes(body[2:])
		text, ok = string(b), err == nil
	}
	m.reply(master, text, ok)
	return line[n:], true
}

func (m *Speech) reply(master *os.File, text string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	answer := []byte{0x45}
	if ok {
		answer = []byte{0x41, 0x4f}
		m.said = append(m.said, text)
	} else {
		m.odd++
	}
	if !m.dumb {
		_, _ = master.Write(answer) // fails only when the cable is pulled
	}
}
