package sync

import (
	"bytes"
	"errors"
	"time"
)

// errDeaf ends a connection on which the broker does not send what we are
// subscribed to. A broker may lose a subscription and keep the connection: mochi
// 2.7.9 does when a client comes back before its last connection is cleared away.
var errDeaf = errors.New("the broker has not sent what it should have: beginning anew")

// ear notices that. The heartbeat comes every minute; when it stays out, it is
// subscribed once more, and if what is retained is not the last that came, then
// one was not sent to us. If it is the same, the central server is silent.
type ear struct {
	last []byte    // the newest heartbeat, as it came
	at   time.Time // when
}

// hears takes a heartbeat and says whether one before it was missed.
func (e *ear) hears(m Message, patience time.Duration, now time.Time) (missed bool) {
	missed = m.Retained && e.last != nil && !bytes.Equal(m.Payload, e.last) && now.Sub(e.at) >= patience
	e.last, e.at = m.Payload, now
	return missed
}
