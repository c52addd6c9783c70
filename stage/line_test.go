package stage_test

import (
	"errors"
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

func TestABlackHoleHoldsBackAndAHalfOpenLineIsReset(t *testing.T) {
	l, err := newStage(t).NewLine(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, l)
	if !says(t, c) {
		t.Fatal("a whole line carries nothing")
	}
	l.Stall()
	if _, err := io.WriteString(c, "held!"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _ := c.Read(b); n != 0 {
		t.Error("something came out of a black hole")
	}
	l.Mend()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "held!" {
		t.Errorf("after the black hole: %q, %v", b, err)
	}
	l.Halve()
	_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := io.WriteString(c, "lost!"); err != nil {
		t.Errorf("a half open line told of it: %v", err)
	}
	var late net.Error
	if _, err := c.Read(b); !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("a half open line told of it: %v", err)
	}
	l.Mend()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(b); err == nil || errors.As(err, &late) && late.Timeout() {
		t.Errorf("a half open line was not reset: %v", err)
	}
}
