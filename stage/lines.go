package stage

import (
	"bytes"
	"strings"
	"sync"
)

// Lines keeps what a process prints, line by line, and tells when there is
// more. Made by [NewLines]. Safe for concurrent use.
type Lines struct {
	mu    sync.Mutex
	part  []byte // of a line that has not ended
	lines []string
	more  chan struct{} // closed, and replaced, with each new line
}

// NewLines is for whatever else speaks in lines: what it says is copied into them.
func NewLines() *Lines { return &Lines{more: make(chan struct{})} }

// Write takes in output.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, b...)
	for {
		line, rest, found := bytes.Cut(l.part, []byte("\n"))
		if !found {
			return len(b), nil
		}
		l.lines = append(l.lines, string(line))
		l.part = rest
		close(l.more)
		l.more = make(chan struct{})
	}
}

// From returns the lines from number i on, and a channel that is closed when
// there are more.
func (l *Lines) From(i int) ([]string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines[min(i, len(l.lines)):]...), l.more
}

// Tail is the last n lines, one string.
func (l *Lines) Tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-n):], "\n")
}

// Has says whether a line contains text.
func (l *Lines) Has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}
