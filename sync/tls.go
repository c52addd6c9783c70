package sync

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"gated/gate"
)

// tlsFiles are the files of a broker's settings, read for one connection.
type tlsFiles struct {
	roots  *x509.CertPool      // nil: the system's
	listed []*x509.Certificate // those of the CA file
	client []tls.Certificate   // one or none
}

func (b Broker) readTLS() (*tlsFiles, error) {
	f := &tlsFiles{}
	if b.CA != "" {
		raw, err := os.ReadFile(b.CA)
		if err != nil {
			return nil, gate.Say("无法读取 ca 文件：%v", "read ca file: %v", err).Trouble(err)
		}
		if f.listed, err = parsePEM(raw); err != nil {
			return nil, gate.Say("ca 文件 %[1]s 里没有可用的证书", "read ca file %[1]s: %[2]v", b.CA, err).Trouble(err)
		}
		f.roots = x509.NewCertPool()
		for _, c := range f.listed {
			f.roots.AddCert(c)
		}
	}
	if (b.Cert == "") != (b.Key == "") {
		return nil, gate.Say("客户端证书：cert 和 key 须成对，缺了一个", "read client certificate: cert and key go together, one of them is missing").Trouble(nil)
	}
	if b.Cert != "" {
		pair, err := tls.LoadX509KeyPair(b.Cert, b.Key)
		if err != nil {
			return nil, gate.Say("客户端证书和密钥不能用：%v", "read client certificate: %v", err).Trouble(err)
		}
		f.client = []tls.Certificate{pair}
	}
	return f, nil
}

func parsePEM(raw []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, errors.New("no certificate in it")
	}
	return certs, nil
}

// config is the TLS configuration for one connection to host. Chain and name are
// always checked; without dates, the chain must have been valid at some moment.
func (f *tlsFiles) config(host string, dates bool) *tls.Config {
	c := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		ServerName:   host,
		RootCAs:      f.roots,
		Certificates: f.client,
	}
	if !dates {
		// The library's check knows only the clock, which is wrong on a box that
		// has just lost power; VerifyConnection does the whole of it instead.
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(s tls.ConnectionState) error {
			return f.verifyUndated(host, s.PeerCertificates)
		}
	}
	return c
}

// maxChain bounds the certificates of a broker that are looked at: each is one
// more moment to try.
const maxChain = 10

// verifyUndated checks name and chain at each moment at which one of the
// certificates began to be valid. If there is any moment at which the whole
// chain was valid, then also at the latest of those.
func (f *tlsFiles) verifyUndated(host string, peer []*x509.Certificate) error {
	if len(peer) == 0 || len(peer) > maxChain {
		return fmt.Errorf("the broker showed %d certificates", len(peer))
	}
	between := x509.NewCertPool()
	for _, c := range peer[1:] {
		between.AddCert(c)
	}
	var first error
	for _, at := range moments(peer, f.listed) {
		_, err := peer[0].Verify(x509.VerifyOptions{
			DNSName: host, Roots: f.roots, Intermediates: between, CurrentTime: at,
		})
		if err == nil {
			return nil
		}
		if first == nil {
			first = err // The others may only say that the moment is wrong.
		}
	}
	return first
}

// moments are the times to try: first that of the broker's own certificate.
func moments(lists ...[]*x509.Certificate) []time.Time {
	var all []time.Time
	for _, list := range lists {
		for _, c := range list {
			all = append(all, c.NotBefore)
		}
	}
	return all
}
