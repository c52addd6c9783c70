package sync

import "net"

// NewGuard is the stream that the library reads.
func NewGuard(c net.Conn) net.Conn { return newGuard(c) }
