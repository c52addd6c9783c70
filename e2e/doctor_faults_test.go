package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/drivers/drivertest"
	"gated/stage"
)

// with restarts the box with its configuration changed.
func (p *patient) with(change func(t *testing.T) (old, next string)) func(*testing.T) string {
	return func(t *testing.T) string {
		old, next := change(t)
		config := strings.Replace(p.config, old, next, 1)
		if config == p.config {
			t.Fatalf("%q is not in the configuration", old)
		}
		p.restart(t, config)
		return ""
	}
}

// at is the box with another broker.
func (p *patient) at(broker func(t *testing.T) string) func(*testing.T) string {
	return p.with(func(t *testing.T) (string, string) {
		return fmt.Sprintf("broker = %q", "tcp://"+p.Line.Addr), "broker = " + broker(t)
	})
}

func (p *patient) brokerFaults() []fault {
	return []fault{
		{"the broker does not run", "tcp", "", p.at(func(*testing.T) string {
			return fmt.Sprintf("\"tcp://127.0.0.1:%d\"", stage.FreePort())
		}), nil},
		{"there is no way to the broker", "tcp", "ip route get " + nowhere, p.at(unreachable), nil},
		{"nobody knows the broker's name", "name", "nowhere.invalid", p.at(func(*testing.T) string { return `"tcp://nowhere.invalid:1883"` }), nil},
		{"the broker speaks no TLS", "tls", "", p.at(func(t *testing.T) string {
			l := silent(t)
			return fmt.Sprintf("%q\nca = %q", "tls://"+l, newIssuer(t).ca)
		}), nil},
		{"the broker's certificate names another", "tls", "another name", p.at(func(t *testing.T) string {
			i := newIssuer(t)
			return fmt.Sprintf("%q\nca = %q", "tls://"+i.listen(t, "elsewhere.example", time.Hour), i.ca)
		}), nil},
		{"the broker's certificate has ended", "tls-date", "", p.at(func(t *testing.T) string {
			i := newIssuer(t)
			return fmt.Sprintf("%q\nca = %q", "tls://"+i.listen(t, "127.0.0.1", -time.Hour), i.ca)
		}), nil},
		{"the broker is of another authority", "tls", "", p.at(func(t *testing.T) string {
			return fmt.Sprintf("%q\nca = %q", "tls://"+newIssuer(t).listen(t, "127.0.0.1", time.Hour), newIssuer(t).ca)
		}), nil},
		{"the box's certificate has ended", "certificate", "", p.at(func(t *testing.T) string {
			i := newIssuer(t)
			cert, key := i.files(t, "east", -time.Hour)
			return fmt.Sprintf("%q\nca = %q\ncert = %q\nkey = %q", "tls://"+i.listen(t, "127.0.0.1", time.Hour), i.ca, cert, key)
		}), nil},
		{"the broker knows no such user", "mqtt", "", p.at(func(t *testing.T) string {
			return fmt.Sprintf("%q", "tcp://"+p.otherBroker(t, "allow_anonymous false"))
		}), nil},
		{"the broker's access list is silent", "documents-arrive", "", p.at(func(t *testing.T) string {
			acl := filepath.Join(t.TempDir(), "acl")
			if err := errors.Join(os.Chmod(filepath.Dir(filepath.Dir(acl)), 0o755), os.WriteFile(acl, []byte("topic write nothing\n"), 0o600)); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%q", "tcp://"+p.otherBroker(t, "allow_anonymous true\nacl_file "+acl))
		}), nil},
		{"the broker refuses one subscription", "subscription", "gated/v1/revocation/heartbeat", p.at(func(t *testing.T) string {
			return fmt.Sprintf("%q", "tcp://"+p.otherBroker(t, "allow_anonymous true\n"+refuses(t, "gated/v1/revocation/heartbeat")))
		}), nil},
	}
}

func (p *patient) boxFaults() []fault {
	set := func(old, next string) func(*testing.T) string {
		return p.with(func(*testing.T) (string, string) { return old, next })
	}
	return []fault{
		{"a key that is misspelt", "configuration", "pulce", set("pulse =", "pulce ="), nil},
		{"the card of another gate", "state-directory", "", set(`id = "east"`, `id = "west"`), nil},
		{"the configuration of another site", "state-directory", "", set("site = 1001", "site = 2002"), nil},
		{"a state directory that is a file", "state-directory", "", set(`/state"`, `/gated.toml"`), nil},
		{"the daemon does not run", "running", "", func(t *testing.T) string {
			p.well(t)
			if err := p.Box.Stop(soon(t)); err != nil {
				t.Fatal(err)
			}
			return ""
		}, p.well},
	}
}

// nowhere is an address of those that are for examples alone (RFC 5737), another
// one for each process that tests.
var nowhere = fmt.Sprintf("203.0.113.%d", 1+os.Getpid()%254)

// unreachable takes from this machine, until the test ends, the way to an address:
// whoever wants to go there is told at once that there is none.
func unreachable(t *testing.T) (broker string) {
	t.Helper()
	route := func(ctx context.Context, verb string) error {
		said, err := exec.CommandContext(ctx, "ip", "route", verb, "unreachable", nowhere+"/32").CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip route %s: %w: %s", verb, err, said)
		}
		return nil
	}
	if os.Getuid() != 0 {
		drivertest.Missing(t, "root", errors.New("only root takes a route away"))
	}
	if err := route(soon(t), "replace"); err != nil {
		drivertest.Missing(t, "root", err)
	}
	t.Cleanup(func() {
		if err := route(context.Background(), "del"); err != nil { // the test's own context has ended
			t.Error(err)
		}
	})
	return fmt.Sprintf("\"tcp://%s:1883\"", nowhere)
}

// refuses is what makes a Mosquitto answer the subscription to one topic with a
// refusal (SUBACK 0x80). Its acl_file cannot: it grants every subscription and
// then sends nothing. Its access lists in JSON, which it has a plugin for, can.
func refuses(t *testing.T, topic string) (conf string) {
	t.Helper()
	var plugin string
	for _, dir := range []string{"/usr/lib/*", "/usr/lib", "/usr/local/lib"} {
		if found, _ := filepath.Glob(filepath.Join(dir, "mosquitto_dynamic_security.so")); len(found) > 0 {
			plugin = found[0]
			break
		}
	}
	if plugin == "" {
		drivertest.Missing(t, "mosquitto", errors.New("it has no mosquitto_dynamic_security.so"))
	}
	list := filepath.Join(t.TempDir(), "access.json")
	text := fmt.Sprintf(`{
		"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": true, "unsubscribe": true},
		"roles": [{"rolename": "gate", "acls": [{"acltype": "subscribeLiteral", "topic": %q, "priority": 1, "allow": false}]}],
		"groups": [{"groupname": "gates", "roles": [{"rolename": "gate"}]}], "anonymousGroup": "gates"
	}`, topic)
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "plugin " + plugin + "\nplugin_opt_config_file " + list
}

// otherBroker is a Mosquitto of its own, which holds nothing.
func (p *patient) otherBroker(t *testing.T, conf string) (addr string) {
	t.Helper()
	for range 20 { // somebody may take the port first
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(stage.FreePort()))
		_, port, _ := net.SplitHostPort(addr)
		file := filepath.Join(t.TempDir(), "mosquitto.conf")
		if err := os.WriteFile(file, []byte("listener "+port+" 127.0.0.1\nuser root\n"+conf+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if m, err := p.StartMosquitto(soon(t), file, addr); err == nil {
			t.Cleanup(m.Kill)
			return addr
		}
	}
	t.Fatal("no second broker")
	return ""
}

// silent listens and answers everybody with what is no TLS.
func silent(t *testing.T) (addr string) {
	t.Helper()
	return answers(t, func(c net.Conn) { _, _ = c.Write([]byte("this is no TLS\r\n")) })
}

// answers listens until the test ends.
func answers(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { serve(c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// issuer is an authority of the test's own.
type issuer struct {
	ca   string // its file
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{ca: filepath.Join(t.TempDir(), "ca.pem")}
	i.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"}, NotBefore: time.Now().Add(-24 * time.Hour),
		NotAfter: time.Now().Add(8760 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var err error
	if i.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, i.cert, i.cert, i.key.Public(), i.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.ca, "CERTIFICATE", der)
	return i
}

func write(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files are certificate and key for a name, which last that long from now on.
func (i *issuer) files(t *testing.T, name string, lasts time.Duration) (cert, key string) {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(lasts),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, DNSNames: []string{name},
	}
	if ip := net.ParseIP(name); ip != nil {
		c.DNSNames, c.IPAddresses = nil, []net.IP{ip}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, i.cert, private.Public(), i.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, "CERTIFICATE", der)
	write(t, key, "PRIVATE KEY", pkcs8)
	return cert, key
}

// listen is a broker that comes as far as TLS.
func (i *issuer) listen(t *testing.T, name string, lasts time.Duration) (addr string) {
	t.Helper()
	cert, key := i.files(t, name, lasts)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return answers(t, func(c net.Conn) {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}).Handshake()
	})
}
