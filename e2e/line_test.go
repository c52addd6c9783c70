package e2e_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// dump is a line to a broker that keeps what it carries, each way by itself.
type dump struct {
	Addr string

	mu       sync.Mutex
	up, down bytes.Buffer
}

func newDump(t *testing.T, broker string) *dump {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dump{Addr: l.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { d.carry(near, broker) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return d
}

// carry joins one connection to the broker until either end is gone.
func (d *dump) carry(near net.Conn, broker string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { d.copy(far, near, &d.up) })
	both.Go(func() { d.copy(near, far, &d.down) })
	both.Wait()
}

func (d *dump) copy(to, from net.Conn, keep *bytes.Buffer) {
	_, _ = io.Copy(to, io.TeeReader(from, &locked{d, keep}))
	_, _ = to.Close(), from.Close()
}

// locked writes under the dump's mutex.
type locked struct {
	d    *dump
	keep *bytes.Buffer
}

func (w *locked) Write(p []byte) (int, error) {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	return w.keep.Write(p)
}

// carried is what has gone up, to the broker, and down so far.
func (d *dump) carried() (up, down string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.up.String(), d.down.String()
}
