package stage

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Line is the network between a box and its broker: a TCP relay that can be cut
// and mended. Safe for concurrent use.
type Line struct {
	Addr string // what the box connects to, host:port

	target string
	listen net.Listener
	done   sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

// NewLine makes a line to target (host:port), not cut.
func (s *Stage) NewLine(target string) (*Line, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("make line: %w", err)
	}
	l := &Line{Addr: listen.Addr().String(), target: target, listen: listen, conns: make(map[net.Conn]bool)}
	l.done.Add(1)
	go func() {
		defer l.done.Done()
		l.accept()
	}()
	s.keep(l)
	return l, nil
}

// Cut ends every connection and lets no new one through.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.conns {
		_ = c.Close()
	}
}

// Mend lets new connections through again.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

// Close cuts the line for good.
func (l *Line) Close() error {
	err := l.listen.Close()
	l.Cut()
	l.done.Wait()
	return err
}

func (l *Line) accept() {
	for {
		near, err := l.listen.Accept()
		if err != nil {
			return
		}
		l.done.Add(1)
		go func() {
			defer l.done.Done()
			l.carry(near)
		}()
	}
}

// carry joins one connection to the broker until either end, or the line, is
// gone.
func (l *Line) carry(near net.Conn) {
	defer func() { _ = near.Close() }()
	if !l.own(near) {
		return
	}
	defer l.disown(near)
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !l.own(far) {
		return
	}
	defer l.disown(far)
	var both sync.WaitGroup
	both.Go(func() { pump(far, near) })
	both.Go(func() { pump(near, far) })
	both.Wait()
}

// pump copies one way and then closes both ends: MQTT knows no half-open line.
func pump(to, from net.Conn) {
	_, err := io.Copy(to, from)
	_ = errors.Join(err, to.Close(), from.Close())
}

func (l *Line) own(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.conns[c] = true
	return true
}

func (l *Line) disown(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}
