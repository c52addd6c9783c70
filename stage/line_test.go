package stage_test

import (
	"io"
	"net"
	"testing"
	"time"

	"gated/stage"
)

// echo is a server that says everything back.
func echo(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// says sends a word over the line and reports whether it came back.
func says(t *testing.T, c net.Conn) bool {
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		return false
	}
	b := make([]byte, 5)
	_, err := io.ReadFull(c, b)
	return err == nil && string(b) == "hello"
}

func dial(t *testing.T, l *stage.Line) net.Conn {
	c, err := net.Dial("tcp", l.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestLineIsCutAndMended(t *testing.T) {
	line, err := newStage(t).NewLine(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	old := dial(t, line)
	if !says(t, old) {
		t.Fatal("the line does not carry")
	}
	line.Cut()
	if says(t, old) {
		t.Error("a cut line carries")
	}
	if says(t, dial(t, line)) {
		t.Error("a cut line takes a new connection")
	}
	line.Mend()
	if says(t, old) {
		t.Error("a connection came back to life")
	}
	if !says(t, dial(t, line)) {
		t.Error("a mended line does not carry")
	}
}
