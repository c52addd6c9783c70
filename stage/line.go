package stage

import (
	"fmt"
	"net"
	"sync"
)

// Line is the network between a box and its broker: a TCP relay that can be cut
// and mended, and do worse (line_faults.go). Safe for concurrent use.
type Line struct {
	Addr string // what the box connects to, host:port

	target string
	listen net.Listener
	done   sync.WaitGroup
	join   func(near, far net.Conn) // carries a connection to its end; nil: byte for byte

	mu      sync.Mutex
	cut     bool
	weather weather
	changed chan struct{}     // closed, and replaced, when the weather changes
	conns   map[net.Conn]bool // true: the box's end
}

// NewLine makes a line to target (host:port), not cut.
func (s *Stage) NewLine(target string) (*Line, error) { return s.newLine(target, nil) }

// NewMiddleman is a line whose connections are each carried by join, which may
// read and change what is said. It returns when either end is gone.
func (s *Stage) NewMiddleman(target string, join func(near, far net.Conn)) (*Line, error) {
	return s.newLine(target, join)
}

func (s *Stage) newLine(target string, join func(near, far net.Conn)) (*Line, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("make line: %w", err)
	}
	l := &Line{
		Addr: listen.Addr().String(), target: target, listen: listen, join: join,
		changed: make(chan struct{}), conns: make(map[net.Conn]bool),
	}
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
	l.change(weather{})
	for c := range l.conns {
		_ = c.Close()
	}
}

// Mend ends whatever was done to the line. What it held back goes on its way, but
// for the connections that only the box still believed in: those are reset.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
	if l.weather.halved {
		for c := range l.conns {
			_ = c.Close()
		}
	}
	l.change(weather{})
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
	if !l.own(near, true) {
		return
	}
	defer l.disown(near)
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !l.own(far, false) {
		return
	}
	defer l.disown(far)
	if l.join != nil {
		l.join(near, far)
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.pump(far, near) })
	both.Go(func() { l.pump(near, far) })
	both.Wait()
}

func (l *Line) own(c net.Conn, near bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.conns[c] = near
	return true
}

func (l *Line) disown(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}
