package sync

import "net"

// Drop ends the connection as a fault does.
func (c *Conn) Drop(why error) { c.drop(why) }

// NewGuard is the stream that the library reads.
func NewGuard(c net.Conn) net.Conn { return newGuard(c) }
