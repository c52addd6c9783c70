package stage

import (
	"net"
	"time"
)

// weather is what a line does to the bytes that it carries.
type weather struct {
	stalled bool          // nothing passes, and nobody is told
	halved  bool          // the broker's ends are gone, and the box is not told
	delay   time.Duration // of each piece
}

// change makes it known. The caller holds mu.
func (l *Line) change(w weather) {
	l.weather = w
	close(l.changed)
	l.changed = make(chan struct{})
}

// Stall makes a black hole of the line: connections stay, and new ones are taken,
// but nothing passes either way until it is mended.
func (l *Line) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(weather{stalled: true})
}

// Slow makes each piece so much later.
func (l *Line) Slow(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(weather{delay: by})
}

// Halve leaves connections half open: the broker sees them end, the box talks on
// and hears nothing, until the line is mended.
func (l *Line) Halve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(weather{halved: true})
	for c, near := range l.conns {
		if !near {
			_ = c.Close()
		}
	}
}

// now is the weather, and a channel that is closed when it changes.
func (l *Line) now() (weather, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.weather, l.changed
}

// pump copies one way and then closes both ends: MQTT knows no half-open line.
func (l *Line) pump(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if l.pass() && n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			break
		}
	}
	l.whole()
	_, _ = to.Close(), from.Close()
}

// pass waits until a piece may go on, and says whether anybody is there to take
// it.
func (l *Line) pass() bool {
	for {
		w, changed := l.now()
		switch {
		case w.halved:
			return false
		case w.stalled:
			<-changed
			continue
		case w.delay > 0:
			<-time.After(w.delay)
		}
		return true
	}
}

// whole waits as long as the line is half open.
func (l *Line) whole() {
	for w, changed := l.now(); w.halved; w, changed = l.now() {
		<-changed
	}
}
