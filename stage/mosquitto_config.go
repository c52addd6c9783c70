package stage

import (
	"context"
	"syscall"
)

// FreePort is a loopback port that nobody has now, and that the kernel gives to
// no outgoing connection.
func FreePort() int { return freePort() }

// StartMosquitto starts the Debian broker with a configuration of the caller's,
// and returns when it takes connections at addr.
func (s *Stage) StartMosquitto(ctx context.Context, config, addr string) (*Mosquitto, error) {
	path, err := HasMosquitto()
	if err != nil {
		return nil, err
	}
	m := &Mosquitto{Addr: addr, stage: s, path: path, config: config}
	if err := m.Start(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// Reload has the broker read its access list, passwords, certificates and
// withdrawn certificates again. It returns before that is done.
func (m *Mosquitto) Reload() { m.proc.Signal(syscall.SIGHUP) }
