package enrolment

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
)

// How the two find each other.
const (
	// ServerName is the name that the central server's certificate for enrolment
	// bears, wherever the server is: a box reaches it by address, and only who
	// holds the network's CA has that name.
	ServerName = "enrol.gate-central"
	// Path is where requests are posted.
	Path = "/enrol"
	// MaxBytes is the longest request, and the longest answer.
	MaxBytes = 16 << 10
	// TokenBytes is how long a token is. It is random, and cannot be guessed.
	TokenBytes = 24
)

// ErrNotOurs is wrapped when a certificate is not the answer to our request.
var ErrNotOurs = errors.New("not this box's certificate")

// Request is what a box asks for, on the wire. It is a signed note, like every
// document, but signed with the key that it brings.
type Request struct {
	Gate  string `json:"gate"`
	Site  uint32 `json:"site"`
	Key   string `json:"key"`   // the gate's verifier key, named as the gate
	CSR   []byte `json:"csr"`   // PKCS #10, DER, for the connection to the broker
	Token []byte `json:"token"` // of the file that invited the box
}

// gateID is the shape of a gate's id.
var gateID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// NewCSR is the certificate request of a gate, whose name it bears.
func NewCSR(gate string, key crypto.Signer) ([]byte, error) {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: gate}}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return csr, nil
}

// Sign makes the request's bytes.
func (r Request) Sign(gate note.Signer) ([]byte, error) {
	return document.Sign(document.Enrolment, r, gate)
}

// Parse reads a request and checks that it is signed with both keys that it
// brings. The error wraps document.ErrMalformed or document.ErrUnsigned.
func Parse(raw []byte) (r Request, csr *x509.CertificateRequest, err error) {
	if len(raw) > MaxBytes {
		return r, nil, fmt.Errorf("%w: %d bytes, more than %d", document.ErrMalformed, len(raw), MaxBytes)
	}
	d, err := document.Parse(raw)
	if err != nil {
		return r, nil, err
	}
	if d.Type != document.Enrolment {
		return r, nil, fmt.Errorf("%w: %q is not a request for enrolment", document.ErrMalformed, d.Type)
	}
	if err := d.Decode(&r); err != nil {
		return r, nil, err
	}
	key, err := document.ParseKey(r.Key)
	if err != nil {
		return r, nil, fmt.Errorf("%w: %w", document.ErrMalformed, err)
	}
	if len(d.SignedBy(key)) == 0 {
		return r, nil, fmt.Errorf("%w: not by the key that it brings", document.ErrUnsigned)
	}
	if !gateID.MatchString(r.Gate) || key.Name != r.Gate || len(r.Token) != TokenBytes {
		return r, nil, fmt.Errorf("%w: a request for gate %q with the key of %q and a token of %d bytes", document.ErrMalformed, r.Gate, key.Name, len(r.Token))
	}
	if csr, err = parseCSR(r.CSR, r.Gate); err != nil {
		return r, nil, fmt.Errorf("%w: %w", document.ErrMalformed, err)
	}
	return r, csr, nil
}

// parseCSR takes no key but ECDSA on P-256: the one kind that every broker and
// box here can do.
func parseCSR(der []byte, gate string) (*x509.CertificateRequest, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("read certificate request: %w", err)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("read certificate request: %w", err)
	}
	if k, ok := csr.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return nil, errors.New("read certificate request: its key is not ECDSA on P-256")
	}
	if csr.Subject.CommonName != gate {
		return nil, fmt.Errorf("read certificate request: it is for %q", csr.Subject.CommonName)
	}
	return csr, nil
}

// Same is one value for all requests with these two keys: a box whose power went
// before it had its answer asks again, and may have it again.
func (r Request) Same(csr *x509.CertificateRequest) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(r.Key+"\n"), csr.RawSubjectPublicKeyInfo...))
}

// CheckCertificate says whether answer, PEM, is a certificate of ca for this
// gate and its public key. No clock is asked: a box has none yet, and the broker
// knows what has ended.
func CheckCertificate(answer []byte, ca *x509.Certificate, gate string, public *ecdsa.PublicKey) error {
	block, _ := pem.Decode(answer)
	if block == nil || block.Type != "CERTIFICATE" {
		return fmt.Errorf("%w: it is no certificate", ErrNotOurs)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	_, err = c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: latest(c.NotBefore, ca.NotBefore), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if c.Subject.CommonName != gate {
		return fmt.Errorf("%w: it is that of %q", ErrNotOurs, c.Subject.CommonName)
	}
	if !public.Equal(c.PublicKey) {
		return fmt.Errorf("%w: it is for another key", ErrNotOurs)
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
