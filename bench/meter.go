package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// meter is a TLS endpoint in front of a broker that counts each byte at its
// socket, both ways: what a mobile operator would bill, but for the headers of
// TCP and IP.
type meter struct {
	URL, CA string // for the box
	bytes   atomic.Int64
	plain   *tally // the same before encryption, by cause
	listen  net.Listener
}

// newMeter makes one, with a certificate of its own in dir.
func newMeter(dir, broker string) (*meter, error) {
	config, ca, err := certificate(dir)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &meter{URL: "tls://" + l.Addr().String(), CA: ca, plain: newTally(), listen: l}
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go m.carry(tls.Server(counted{raw, &m.bytes}, config), broker)
		}
	}()
	return m, nil
}

func (m *meter) close() error { return m.listen.Close() }

// carry joins one connection to the broker until either end is gone.
func (m *meter) carry(near net.Conn, broker string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	go func() {
		_, _ = io.Copy(far, io.TeeReader(near, &packets{tally: m.plain}))
		_ = far.Close()
	}()
	_, _ = io.Copy(near, io.TeeReader(far, &packets{tally: m.plain, down: true}))
}

// counted is a connection that counts.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

// certificate makes a key and a certificate for the loopback address, and writes
// the certificate to a file, as the authority that the box believes.
func certificate(dir string) (config *tls.Config, ca string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, "", err
	}
	ca = filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return nil, "", err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, ca, nil
}
