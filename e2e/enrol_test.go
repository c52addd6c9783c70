package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// secured is a network whose broker knows everybody by certificates of the
// network's own authority, and whose server enrols boxes.
type secured struct {
	*stage.Stage
	central *stage.Central
	broker  *stage.Mosquitto
	certs   string // folder of the broker's files
	port    string // of the broker
	enrol   string // address to enrol at
}

func newSecured(t *testing.T) *secured {
	t.Helper()
	needs(t)
	s := &secured{Stage: newStage(t)}
	s.certs = s.Path("broker")
	var err error
	if s.central, err = s.NewCentral(soon(t)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"issuer", "add", "--id", "1", "--name", "Swift Delivery"},
		{"key", "add", "--issuer", "1", "--kid", stage.Kid},
		{"site", "set", "--site", fmt.Sprint(stage.Site), "--name", "East Garden"},
		{"cert", "broker", "--host", "127.0.0.1", "--out", s.certs},
		{"cert", "central", "--out", s.certs},
	} {
		s.do(t, args...)
	}
	// Mosquitto gives up root before it reads its key.
	if err := errors.Join(os.Chmod(s.Dir, 0o755), os.Chmod(filepath.Join(s.certs, "broker.key"), 0o644), os.Mkdir(s.Path("retained"), 0o777), os.Chmod(s.Path("retained"), 0o777)); err != nil {
		t.Fatal(err)
	}
	s.startBroker(t)
	in := func(name string) string { return filepath.Join(s.certs, name) }
	err = s.central.Serve(soon(t), "--broker", "tls://"+s.broker.Addr, "--ca", in("ca.pem"), "--cert", in("central.pem"), "--key", in("central.key"), "--enrol", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const says = "boxes enrol at "
	line, err := s.central.Process().WaitLine(soon(t), says)
	if err != nil {
		t.Fatal(err)
	}
	s.enrol = strings.TrimPrefix(line, says)
	return s
}

func (s *secured) startBroker(t *testing.T) {
	t.Helper()
	for range 20 { // somebody may take the port first
		s.port = strconv.Itoa(stage.FreePort())
		s.configure(t)
		var err error
		if s.broker, err = s.StartMosquitto(soon(t), filepath.Join(s.certs, "mosquitto.conf"), net.JoinHostPort("127.0.0.1", s.port)); err == nil {
			return
		}
		t.Log(err)
	}
	t.Fatal("no broker")
}

// configure writes the broker's files for whoever is in the network now.
func (s *secured) configure(t *testing.T) {
	t.Helper()
	s.do(t, "broker-config", s.certs, "--host", "127.0.0.1", "--port", s.port, "--state", s.Path("retained"))
}

// do runs one command of gate-central.
func (s *secured) do(t *testing.T, args ...string) {
	t.Helper()
	if _, err := s.central.Do(soon(t), args...); err != nil {
		t.Fatal(err)
	}
}

// bare is a box with scanner and state directory, and no configuration.
func (s *secured) bare(t *testing.T, name string) *stage.Box {
	t.Helper()
	b, err := s.NewBox(stage.BoxConfig{ID: name, Site: stage.Site})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.Config); err != nil {
		t.Fatal(err)
	}
	return b
}

// file has the operator write the file for a gate, and the electrician fit it to
// the box, as he does on a PC.
func (s *secured) file(t *testing.T, b *stage.Box, flags ...string) string {
	t.Helper()
	path := filepath.Join(b.Dir, fmt.Sprintf("enrol-%d.toml", rand.Uint32()))
	args := []string{"gate", "add", stage.GateID, "--site", fmt.Sprint(stage.Site), "--broker", "tls://" + s.broker.Addr, "--config", path}
	s.do(t, append(args, flags...)...)
	s.configure(t)
	s.broker.Reload()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fit := strings.NewReplacer(
		"/var/lib/gated/relay.trace", string(b.Trace), "/var/lib/gated", filepath.Join(b.Dir, "state"),
		"/dev/serial/by-path/CHANGE-ME", filepath.Join(b.Dir, "scanner"), `# socket = "/run/gated/`, `socket = "`+b.Dir+"/",
		`trust = "kernel"`, `trust = "always"`, `pulse = "3s"`, `pulse = "300ms"`, `language = "zh"`, `language = "en"`,
	).Replace(string(text))
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(fit, "\n", "\r\n")), 0o600); err != nil { // as Notepad saves it
		t.Fatal(err)
	}
	return path
}

// opens starts an enrolled box, lets a rider in, and waits until the central
// server has cosigned that.
func (s *secured) opens(t *testing.T, b *stage.Box) stage.GateState {
	t.Helper()
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	code, err := s.central.Issue(soon(t), stage.Site, 42)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := b.Show(soon(t), code)
	if err != nil || seen.Reason != gate.OK {
		t.Fatalf("the gate said %s %s (%v)", seen.Verdict, seen.Reason, err)
	}
	if _, err := b.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := b.Stop(soon(t)); err != nil { // with a checkpoint over all
		t.Fatal(err)
	}
	leaves, err := b.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	n := uint64(len(leaves))
	var state stage.GateState
	_, err = s.central.WaitRecords(soon(t), func(r stage.Records) bool {
		state = r.Gates[len(r.Gates)-1]
		return n > 2 && state.Cosigned == n
	})
	if err != nil {
		t.Fatalf("%d records on the box: %v", n, err)
	}
	return state
}

// letIn says whether the broker lets a box in with its certificate.
func (s *secured) letIn(b *stage.Box) error {
	state := filepath.Join(b.Dir, "state")
	pair, err := tls.LoadX509KeyPair(filepath.Join(state, "gate.pem"), filepath.Join(state, "tls.key"))
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(state, "ca.pem"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	c, err := tls.Dial("tcp", s.broker.Addr, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte("\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03new")); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 4)) // CONNACK
	return err
}

// From a file on a card to the first rider, over mutual TLS; then another box
// takes the gate's place by files alone, and the old one is nobody any more.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	box := s.bare(t, "box")
	file := s.file(t, box, "--enrol", s.enrol)
	if out, err := box.Do(soon(t), "enrol", file); err != nil || !strings.Contains(out, "is enrolled as gate east of site 1001") {
		t.Fatalf("%v: %s", err, out)
	}
	for name, mode := range map[string]os.FileMode{"state/gate.key": 0o600, "state/tls.key": 0o600, "gated.toml": 0o640} {
		if info, err := os.Stat(filepath.Join(box.Dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if text, err := os.ReadFile(box.Config); err != nil || strings.Contains(string(text), "token") {
		t.Errorf("the token has become part of the configuration (%v)", err)
	}
	if state := s.opens(t, box); len(state.Alarms) > 0 {
		t.Errorf("alarms after the first rider: %q", state.Alarms)
	}
	if err := s.letIn(box); err != nil {
		t.Errorf("the broker does not let the box in: %v", err)
	}

	spare := s.bare(t, "spare")
	copied := filepath.Join(spare.Dir, "copied.toml")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(copied, []byte(strings.ReplaceAll(string(text), box.Dir, spare.Dir)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := spare.Try(soon(t), "enrol", copied); err != nil || r.Code != 1 || !strings.Contains(r.Stderr, "the token in the file is spent") {
		t.Errorf("a second box with the same file: %v, %+v", err, r)
	}
	s.replace(t, box, spare)
}

// replace puts spare in the place of box, without a network.
func (s *secured) replace(t *testing.T, box, spare *stage.Box) {
	t.Helper()
	file, request, answer := s.file(t, spare, "--replace"), s.Path("request"), s.Path("answer")
	if out, err := spare.Do(soon(t), "enrol", "--request", request, file); err != nil || !strings.Contains(out, "gate sign") {
		t.Fatalf("%v: %s", err, out)
	}
	s.do(t, "gate", "sign", request, "--out", answer)
	if out, err := spare.Do(soon(t), "enrol", "--answer", answer, file); err != nil || !strings.Contains(out, "is enrolled") {
		t.Fatalf("%v: %s", err, out)
	}
	if state := s.opens(t, spare); len(state.Alarms) > 0 {
		t.Errorf("alarms after the box was replaced: %q", state.Alarms)
	}
	s.configure(t)
	s.broker.Reload()
	err := stage.Until(soon(t), 50*time.Millisecond, func() (bool, error) {
		err := s.letIn(box)
		return err != nil && strings.Contains(err.Error(), "revoked"), nil
	})
	if err != nil {
		t.Errorf("the broker lets the old box in: %v", s.letIn(box))
	}
	if err := s.letIn(spare); err != nil {
		t.Errorf("the broker does not let the new box in: %v", err)
	}
}

// The power goes while a box enrols, again and again; in the end it is enrolled,
// with the keys that it made first.
func TestEnrolmentIsCutOff(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	box := s.bare(t, "box")
	file := s.file(t, box, "--enrol", s.enrol)
	state := filepath.Join(box.Dir, "state")
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	made := map[string]string{}
	for range 25 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+r.IntN(120))*time.Millisecond)
		cut := exec.CommandContext(ctx, programs.Gated, "enrol", "-c", box.Config, file)
		_ = cut.Run() // killed, or done
		cancel()
		for _, name := range []string{"gate.key", "tls.key", "gate.pem"} {
			text, err := os.ReadFile(filepath.Join(state, name))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil || made[name] != "" && made[name] != string(text) {
				t.Fatalf("%s was made twice (%v)", name, err)
			}
			made[name] = string(text)
		}
		if _, err := os.Stat(box.Config); err == nil {
			if made["gate.pem"] == "" {
				t.Fatal("there is a configuration without a certificate")
			}
			if err := os.Remove(box.Config); err != nil { // the last step, once more
				t.Fatal(err)
			}
		}
	}
	if out, err := box.Do(soon(t), "enrol", file); err != nil || !strings.Contains(out, "is enrolled") {
		t.Fatalf("%v: %s", err, out)
	}
	s.opens(t, box)
}
