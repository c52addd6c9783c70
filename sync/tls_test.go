package sync_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/sync"
)

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
	n    int64
}

func newAuthority(t *testing.T, from, to time.Time) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// issue writes NAME.pem and NAME.key and returns them as a pair.
func (a *authority) issue(name, host string, from, to time.Time) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.n + 1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", pkcs)
	pair, err := tls.LoadX509KeyPair(a.file(name+".pem"), a.file(name+".key"))
	if err != nil {
		a.t.Fatal(err)
	}
	return pair
}

func year(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

func no() bool  { return false }
func yes() bool { return true }

// tryTLS connects over TLS, once directly and once over websocket, and returns
// both errors' words.
func tryTLS(t *testing.T, config *tls.Config, b sync.Broker) []string {
	t.Helper()
	e, _ := newBroker(t)
	var words []string
	for _, url := range []string{"tls://" + e.listen(config), "wss://" + e.listenWeb(config) + "/mqtt"} {
		b.URL, b.ClientID = url, gateID
		c, err := sync.Dial(t.Context(), b, func(sync.Message) {})
		if err != nil {
			words = append(words, err.Error())
			continue
		}
		if err := c.Publish(t.Context(), sync.Message{Topic: "x", Payload: []byte("y")}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		c.Close()
		words = append(words, "")
	}
	return words
}

func TestTheBrokersCertificateIsChecked(t *testing.T) {
	good := newAuthority(t, year(2000), year(2100))
	other := newAuthority(t, year(2000), year(2100))
	brief := newAuthority(t, year(2000), year(2001))
	for name, c := range map[string]struct {
		from     *authority
		host     string
		leaf     [2]int
		dates    func() bool
		believed *authority
		want     string // in the error; empty: accepted
	}{
		"a good one":                         {good, "127.0.0.1", [2]int{2020, 2090}, nil, good, ""},
		"a good one, dates not checked":      {good, "127.0.0.1", [2]int{2020, 2090}, no, good, ""},
		"another name":                       {good, "broker.example", [2]int{2020, 2090}, yes, good, "for another name"},
		"another name, dates not checked":    {good, "broker.example", [2]int{2020, 2090}, no, good, "for another name"},
		"another authority":                  {other, "127.0.0.1", [2]int{2020, 2090}, yes, good, "not from an authority"},
		"another authority, dates unchecked": {other, "127.0.0.1", [2]int{2020, 2090}, no, good, "not from an authority"},
		"expired":                            {good, "127.0.0.1", [2]int{2020, 2021}, yes, good, "not valid at this box's time"},
		"expired, by default":                {good, "127.0.0.1", [2]int{2020, 2021}, nil, good, "not valid at this box's time"},
		"expired, dates not checked":         {good, "127.0.0.1", [2]int{2020, 2021}, no, good, ""},
		"not yet valid, dates not checked":   {good, "127.0.0.1", [2]int{2080, 2081}, no, good, ""},
		"never valid together":               {brief, "127.0.0.1", [2]int{2020, 2090}, no, brief, "not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			pair := c.from.issue("broker", c.host, year(c.leaf[0]), year(c.leaf[1]))
			config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
			for _, got := range tryTLS(t, config, sync.Broker{CA: c.believed.file("ca.pem"), CheckDates: c.dates}) {
				if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestTheBrokerMayAskForACertificate(t *testing.T) {
	a := newAuthority(t, year(2000), year(2100))
	stranger := newAuthority(t, year(2000), year(2100))
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	config := &tls.Config{
		Certificates: []tls.Certificate{a.issue("broker", "127.0.0.1", year(2020), year(2090))},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12,
	}
	b := sync.Broker{CA: a.file("ca.pem")}
	for _, got := range tryTLS(t, config, b) {
		if got == "" {
			t.Error("connected without a certificate")
		}
	}
	stranger.issue("box", gateID, year(2020), year(2090))
	b.Cert, b.Key = stranger.file("box.pem"), stranger.file("box.key")
	for _, got := range tryTLS(t, config, b) {
		if !strings.Contains(got, "may not accept this box's certificate") {
			t.Errorf("with a stranger's certificate: %q", got)
		}
	}
	// The files are read again at each connection.
	a.issue("box", gateID, year(2020), year(2090))
	for _, name := range []string{"box.pem", "box.key"} {
		raw, err := os.ReadFile(a.file(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(stranger.file(name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range tryTLS(t, config, b) {
		if got != "" {
			t.Errorf("with our certificate: %q", got)
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	a := newAuthority(t, year(2000), year(2100))
	config := &tls.Config{
		Certificates: []tls.Certificate{a.issue("broker", "127.0.0.1", year(2020), year(2090))},
		MinVersion:   tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
	}
	for _, dates := range []func() bool{yes, no} {
		for _, got := range tryTLS(t, config, sync.Broker{CA: a.file("ca.pem"), CheckDates: dates}) {
			if got == "" {
				t.Error("connected with TLS 1.1")
			}
		}
	}
}

func TestPlainWhereTLSIsExpected(t *testing.T) {
	a := newAuthority(t, year(2000), year(2100))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 hello\r\n"))
		}
	}()
	_, err = sync.Dial(t.Context(), sync.Broker{URL: "tls://" + l.Addr().String(), ClientID: gateID, CA: a.file("ca.pem")}, func(sync.Message) {})
	if err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("got %v", err)
	}
}

func TestWebsocketWithoutTLS(t *testing.T) {
	e, _ := newBroker(t)
	c := dial(t, sync.Broker{URL: "ws://" + e.listenWeb(nil) + "/mqtt"}, nil)
	if err := c.Publish(t.Context(), sync.Message{Topic: "x", Payload: []byte("y"), Retained: true}); err != nil {
		t.Fatal(err)
	}
	if got := e.retained("x"); got != "y" {
		t.Errorf("retained %q", got)
	}
}
