package scanner

import (
	"errors"
	"io"
	"time"
)

// SetOpen replaces the way in which s opens its port.
func (s *Serial) SetOpen(open func(device string, baud int) (io.ReadWriteCloser, error)) {
	s.open = open
}

// SetReadBack replaces how often s asks its module, and how soon again one that
// does not answer.
func (s *Serial) SetReadBack(every, again time.Duration) {
	s.every, s.again = every, []time.Duration{again}
}

// Speeds is the list that must equal tarm's.
var Speeds = speeds

// The bytes of the GM65's requests and replies.
var (
	GMRequest = gmRequest
	GMReply   = gmReply
)

// Kinds of request.
const (
	GMRead  = gmRead
	GMWrite = gmWrite
	GMSave  = gmSave
)

// Greet makes the module at the end of p what the profile gm65 wants, at 9600
// baud. Answered is whether it answered at all.
func Greet(p io.ReadWriteCloser) (wrong []string, answered bool, err error) {
	q := &quiet{ReadWriteCloser: p, heard: func(int) error { return nil }}
	if _, err := (gm65{}).identify(q); err != nil {
		return nil, !errors.Is(err, errSilent), err
	}
	_, _, wrong, err = tame(gm65{}, q, 9600, 9600, nil)
	return wrong, true, err
}
