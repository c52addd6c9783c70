package sync_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/sync"
)

// realBroker is mosquitto as a child process, without persistence.
type realBroker struct {
	t    *testing.T
	path string
	conf string
	addr string
	cmd  *exec.Cmd
}

// needMosquitto starts one on a free loopback port, with further lines of
// configuration. Where it is not installed the test is skipped, unless
// GATED_MUST_RUN names it.
func needMosquitto(t *testing.T, lines ...string) *realBroker {
	t.Helper()
	m := &realBroker{t: t}
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if p, err := exec.LookPath(name); err == nil {
			m.path = p
			break
		}
	}
	if m.path == "" {
		if strings.Contains(os.Getenv("GATED_MUST_RUN"), "mosquitto") {
			t.Fatal("mosquitto is not installed, and GATED_MUST_RUN asks for it")
		}
		t.Skip("mosquitto is not installed")
	}
	port := freePort(t)
	m.addr = net.JoinHostPort("127.0.0.1", port)
	conf := append([]string{"listener " + port + " 127.0.0.1", "persistence false", "max_queued_messages 0"}, lines...)
	if os.Geteuid() == 0 {
		conf = append(conf, "user root") // Else it becomes somebody who may not read our files.
	}
	m.conf = filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(m.conf, []byte(strings.Join(conf, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	t.Cleanup(m.kill)
	return m
}

// freePort is a port that nobody has. It lies below those that the kernel gives
// to outgoing connections, so that it is still free when the broker comes back.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// start starts it and waits until it takes connections.
func (m *realBroker) start() {
	m.t.Helper()
	m.cmd = exec.Command(m.path, "-c", m.conf)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // Nothing stays if we are killed.
	var said bytes.Buffer
	m.cmd.Stderr = &said
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-poll.C {
		if c, err := net.Dial("tcp", m.addr); err == nil {
			_ = c.Close()
			return
		}
	}
	m.kill()
	m.t.Fatalf("mosquitto takes no connections at %s: %s", m.addr, said.String())
}

// kill ends it with SIGKILL. What it held is gone.
func (m *realBroker) kill() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
}

// serve runs a central server against the broker, over connections of its own
// that it makes again at once.
func (c *central) serve(ctx context.Context, url string) {
	for ctx.Err() == nil {
		in := make(chan sync.Message, 10_000)
		conn, err := sync.Dial(ctx, sync.Broker{URL: url, ClientID: "central"}, func(m sync.Message) { in <- m })
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
			continue
		}
		c.publish = func(topic string, payload []byte, retain bool) {
			// An answer that does not get through is asked for again.
			_ = conn.Publish(ctx, sync.Message{Topic: topic, Payload: payload, Retained: retain})
		}
		if err := conn.Subscribe(ctx, gateTopic("records"), gateTopic("checkpoint")); err == nil {
			c.until(ctx, conn, in)
		}
		conn.Close()
	}
}

func (c *central) until(ctx context.Context, conn *sync.Conn, in chan sync.Message) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-conn.Done():
			return
		case m := <-in:
			c.take(m)
		}
	}
}

// TestMosquittoKilledWithRecordsUnderWay: each record is at the server once and
// cosigned, however often the broker dies with all that it held.
func TestMosquittoKilledWithRecordsUnderWay(t *testing.T) {
	const records, kills = 3000, 6
	m := needMosquitto(t, "allow_anonymous true")
	k := newKeys(t)
	server, out := newCentral(t, k), newOutbox(t, k)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	box := sync.New(sync.Config{
		Broker: sync.Broker{URL: "tcp://" + m.addr, ClientID: gateID},
		Prefix: prefix, Gate: gateID, Site: siteNo,
		Status:    func(online bool) []byte { return fmt.Appendf(nil, `{"online":%t}`, online) },
		Seal:      func() *ecdh.PublicKey { return k.seal.PublicKey() },
		Cosigners: func() []note.Verifier { return []note.Verifier{k.cosignVerifier} },
		Pace: sync.Pace{
			Quiet: 10 * time.Millisecond, Checkpoint: 100 * time.Millisecond,
			Cosign: time.Second, CosignMost: time.Second, Settled: 50 * time.Millisecond, Between: 50 * time.Millisecond,
		},
	}, newDocuments(), nil, out)
	running := make(chan error, 2)
	go func() { running <- box.Run(ctx) }()
	go func() { server.serve(ctx, "tcp://"+m.addr); running <- nil }()

	beat := time.NewTicker(2 * time.Millisecond)
	defer beat.Stop()
	killed := 0
	for made := 0; made < records; made += 5 {
		<-beat.C
		out.add(5)
		if made >= (killed+1)*records/(kills+1) {
			m.kill()
			killed++
			m.start()
		}
	}
	out.await(ctx, records)
	stop()
	for range 2 {
		if err := <-running; err != nil {
			t.Error(err)
		}
	}
	whole, again, _ := server.count()
	if whole != records || len(server.held) != records {
		t.Errorf("the server holds %d records, %d of them without a gap; want %d", len(server.held), whole, records)
	}
	for seq, e := range out.entries {
		if !bytes.Equal(server.held[uint64(seq)].Leaf, e.Leaf) || server.held[uint64(seq)].Person != e.Person {
			t.Fatalf("record %d is not what the box wrote", seq)
		}
	}
	t.Logf("%d records through %d kills of the broker; %d came more than once", records, killed, again)
}

func TestMosquittoWithCertificates(t *testing.T) {
	a := newAuthority(t, year(2000), year(2100))
	a.issue("broker", "127.0.0.1", year(2020), year(2021)) // Expired.
	a.issue("box", gateID, year(2020), year(2090))
	m := needMosquitto(t, "allow_anonymous false", "require_certificate true", "use_identity_as_username true",
		"cafile "+a.file("ca.pem"), "certfile "+a.file("broker.pem"), "keyfile "+a.file("broker.key"))
	b := sync.Broker{URL: "tls://" + m.addr, CA: a.file("ca.pem"), Cert: a.file("box.pem"), Key: a.file("box.key"), ClientID: gateID}
	if _, err := sync.Dial(t.Context(), b, func(sync.Message) {}); err == nil || !strings.Contains(err.Error(), "not valid at this box's time") {
		t.Errorf("with a clock that is believed: %v", err)
	}
	b.CheckDates = no
	c := dial(t, b, nil)
	if err := c.Publish(t.Context(), sync.Message{Topic: gateTopic("status"), Payload: []byte("{}"), Retained: true}); err != nil {
		t.Error(err)
	}
	b.Cert, b.Key = "", ""
	if _, err := sync.Dial(t.Context(), b, func(sync.Message) {}); err == nil {
		t.Error("connected without a certificate")
	}
}

func TestMosquittoRefusesAStranger(t *testing.T) {
	m := needMosquitto(t, "allow_anonymous false")
	_, err := sync.Dial(t.Context(), sync.Broker{URL: "tcp://" + m.addr, ClientID: gateID}, func(sync.Message) {})
	if err == nil || !strings.Contains(err.Error(), "does not authorise") {
		t.Errorf("got %v", err)
	}
}
