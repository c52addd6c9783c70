package scanner

import "io"

// SetOpen replaces the way in which s opens its port.
func (s *Serial) SetOpen(open func(device string, baud int) (io.ReadWriteCloser, error)) {
	s.open = open
}

// OpenPort is the real way.
var OpenPort = openPort

// Speeds is the list that must equal tarm's.
var Speeds = speeds
