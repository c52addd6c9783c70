package central

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gated/verify/enrolment"
)

// The network's own certificate authority lets boxes into the broker and the
// broker's certificate be known by them; what is true is decided by signed
// documents, not here. A gate's certificate bears its id as common name.
const (
	caFile  = "ca.pem"
	caKey   = "ca.key"
	crlFile = "crl.pem"

	// caLife is longer than any box lives, and certLife is that of what it signs:
	// certificates do not end by themselves in the field, they are withdrawn.
	caLife   = 30 * 365 * 24 * time.Hour
	certLife = 10 * 365 * 24 * time.Hour
	// ahead is by how much a broker's clock may be behind ours.
	ahead = time.Hour
)

// Names at the broker that are no gate's: the access list goes by them.
const (
	ServerName     = "central" // of the central server's own certificate
	BrokerName     = "broker"
	PlatformPrefix = "platform-" // and the issuer's number
)

// isOther says whether that is such a name.
func isOther(name string) bool {
	return name == ServerName || name == BrokerName || strings.HasPrefix(name, PlatformPrefix)
}

// CAPath is the file that a broker and boxes need to know one another by.
func (c *Central) CAPath() string { return filepath.Join(c.dir, caFile) }

// CRLPath is the file with what was withdrawn, for the broker. It is written anew
// with each withdrawal.
func (c *Central) CRLPath() string { return filepath.Join(c.dir, crlFile) }

// CA is the authority's certificate, PEM.
func (c *Central) CA() ([]byte, error) {
	raw, err := os.ReadFile(c.CAPath())
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	return raw, nil
}

// makeCA makes the authority, unless it is there: a change that was cut off may
// have made it.
func (t *tx) makeCA(ctx context.Context) error {
	if _, _, err := t.c.ca(); err == nil {
		return t.writeCRL(ctx)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(t.c.keyPath(caKey)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("make authority: %w", err) // a key without a certificate has signed nothing
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "gates CA " + hex.EncodeToString(serial().Bytes()[:4])},
		NotBefore: time.Unix(t.at, 0).Add(-ahead), NotAfter: time.Unix(t.at, 0).Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make authority: %w", err)
	}
	if err := t.c.writeKey(caKey, strings.TrimSpace(string(pemKey(key)))); err != nil {
		return err
	}
	if err := replaceFile(t.c.CAPath(), pemCertificate(der)); err != nil {
		return err
	}
	return t.writeCRL(ctx)
}

// ca reads the authority.
func (c *Central) ca() (*x509.Certificate, crypto.Signer, error) {
	raw, err := c.CA()
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, nil, fmt.Errorf("read %s: no certificate in it", c.CAPath())
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", c.CAPath(), err)
	}
	text, err := c.readKey(caKey)
	if err != nil {
		return nil, nil, err
	}
	if block, _ = pem.Decode([]byte(text)); block == nil {
		return nil, nil, errors.New("read the authority's key: no key in it")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("read the authority's key: %w", err)
	}
	return cert, key, nil
}

// certify signs a certificate for a name, notes it, and returns it, PEM. With
// hosts it is a server's too, reachable under these names and addresses.
func (t *tx) certify(ctx context.Context, name string, public crypto.PublicKey, hosts ...string) ([]byte, error) {
	ca, signer, err := t.c.ca()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Unix(t.at, 0).Add(-ahead), NotAfter: time.Unix(t.at, 0).Add(certLife),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	addHosts(template, hosts)
	der, err := x509.CreateCertificate(rand.Reader, template, ca, public, signer)
	if err != nil {
		return nil, fmt.Errorf("sign certificate of %s: %w", name, err)
	}
	err = t.exec(ctx, "INSERT INTO certificates VALUES (?, ?, ?, ?, NULL)", hex.EncodeToString(template.SerialNumber.Bytes()), name, t.at, template.NotAfter.Unix())
	if err != nil {
		return nil, fmt.Errorf("note certificate of %s: %w", name, err)
	}
	return pemCertificate(der), nil
}

func addHosts(template *x509.Certificate, hosts []string) {
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	if len(hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
}

// Certify makes a key and a certificate, both PEM, for the broker, whose hosts
// are the names and addresses under which boxes reach it, or without hosts for
// the central server itself as the broker's client. The key is kept nowhere. The
// error wraps ErrAsked for any other name: a gate makes its key itself.
func (c *Central) Certify(ctx context.Context, name string, hosts ...string) (certificate, key []byte, err error) {
	if !isOther(name) || !validID(name) {
		return nil, nil, fmt.Errorf("a certificate's name is central, broker or platform-N, not %q: %w", name, ErrAsked)
	}
	private, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	err = c.write(ctx, "certify "+name, func(ctx context.Context, t *tx) error {
		certificate, err = t.certify(ctx, name, private.Public(), hosts...)
		return err
	})
	return certificate, pemKey(private), err
}

// EnrolmentCertificate is what the server shows to boxes that enrol: made when it
// starts, kept in memory alone, and as long valid as the authority, because those
// boxes do not know the time.
func (c *Central) EnrolmentCertificate() (tls.Certificate, error) {
	ca, signer, err := c.ca()
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: enrolment.ServerName}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{enrolment.ServerName}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign certificate for enrolment: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// serial is random: 16 bytes, of which the first is neither 0 nor negative.
func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}

func pemCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemKey(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err) // P-256 can be written
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}
