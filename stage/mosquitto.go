package stage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// Mosquitto is the Debian broker as a child process. It keeps what it retains
// only when told to ([Mosquitto.Save]): when it is killed the rest is gone.
type Mosquitto struct {
	Addr string // host:port, the same after each start

	stage  *Stage
	path   string
	config string
	proc   *Process
}

// HasMosquitto says where mosquitto is installed. Debian puts it where only
// root's PATH leads.
func HasMosquitto() (string, error) {
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("find mosquitto: not installed (Debian: apt-get install mosquitto mosquitto-clients)")
}

// NewMosquitto starts the broker on a free loopback port.
func (s *Stage) NewMosquitto(ctx context.Context) (*Mosquitto, error) {
	path, err := HasMosquitto()
	if err != nil {
		return nil, err
	}
	m := &Mosquitto{stage: s, path: path, config: s.Path("mosquitto.conf")}
	if err := os.MkdirAll(s.Path("mosquitto"), 0o700); err != nil {
		return nil, fmt.Errorf("configure mosquitto: %w", err)
	}
	for range 20 {
		port := freePort()
		m.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\nautosave_interval 0\n"+
			"max_queued_messages 0\nset_tcp_nodelay true\nlog_dest stderr\n%s", port, s.Path("mosquitto"), asRoot())
		if err := os.WriteFile(m.config, []byte(conf), 0o644); err != nil {
			return nil, fmt.Errorf("configure mosquitto: %w", err)
		}
		if err = m.Start(ctx); err == nil || ctx.Err() != nil {
			return m, err
		}
	}
	return nil, err
}

// asRoot keeps root's broker root's: else it becomes somebody who may not write
// into our folder.
func asRoot() string {
	if os.Geteuid() == 0 {
		return "user root\n"
	}
	return ""
}

// freePort is a port that nobody has now. It lies below the range from which
// the kernel gives ports to outgoing connections, so that it is still free when
// the broker is started again.
func freePort() int {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	return 0 // mosquitto refuses it, and says so
}

// Start starts the broker and returns when it takes connections.
func (m *Mosquitto) Start(ctx context.Context) error {
	proc, err := m.stage.Start("mosquitto", m.path, "-c", m.config)
	if err != nil {
		return err
	}
	m.proc = proc
	err = Until(ctx, 5*time.Millisecond, func() (bool, error) {
		select {
		case <-proc.Done():
			return false, fmt.Errorf("mosquitto ended: %s", proc.Out.Tail(5))
		default:
		}
		c, err := net.Dial("tcp", m.Addr)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	})
	if err != nil {
		return fmt.Errorf("start mosquitto: %w", err)
	}
	return nil
}

// Kill ends the broker with SIGKILL and returns when it is gone.
func (m *Mosquitto) Kill() {
	m.proc.Kill()
	<-m.proc.Done()
}

// Save makes the broker write down what it retains, which a later start then
// knows again, however old it is by then.
func (m *Mosquitto) Save() { m.proc.Signal(syscall.SIGUSR1) }

// Wipe removes what a broker that does not run has written down.
func (m *Mosquitto) Wipe() error { return os.RemoveAll(m.stage.Path("mosquitto", "mosquitto.db")) }

// Publish publishes a message as anybody could who reaches the broker, and
// returns when the broker has it.
func (m *Mosquitto) Publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	file := m.stage.Path("publish-" + strconv.FormatUint(rand.Uint64(), 36))
	if err := os.WriteFile(file, payload, 0o600); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	host, port, _ := net.SplitHostPort(m.Addr)
	args := []string{"-h", host, "-p", port, "-q", "1", "-t", topic, "-f", file}
	if retained {
		args = append(args, "-r")
	}
	_, err := m.stage.Must(ctx, "mosquitto_pub", args...)
	return errors.Join(err, os.Remove(file))
}

// Retained reads one retained message, byte for byte.
func (m *Mosquitto) Retained(ctx context.Context, topic string) ([]byte, error) {
	host, port, _ := net.SplitHostPort(m.Addr)
	out, err := m.stage.Must(ctx, "mosquitto_sub", "-h", host, "-p", port, "-q", "1", "-t", topic, "-C", "1", "-N", "-W", "5")
	return []byte(out), err
}
