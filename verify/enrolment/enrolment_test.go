package enrolment_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/enrolment"
)

// box is the keys of one box.
type box struct {
	signer note.Signer
	key    string
	tls    *ecdsa.PrivateKey
}

func newBox(t testing.TB, name string) box {
	t.Helper()
	private, key, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return box{signer, key, newKey(t, elliptic.P256())}
}

func newKey(t testing.TB, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func csr(t testing.TB, name string, key crypto.Signer) []byte {
	t.Helper()
	der, err := enrolment.NewCSR(name, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// request is a sound one, after change.
func request(t testing.TB, b box, change func(*enrolment.Request)) []byte {
	t.Helper()
	r := enrolment.Request{Gate: "east", Site: 1001, Key: b.key, CSR: csr(t, "east", b.tls), Token: make([]byte, enrolment.TokenBytes)}
	change(&r)
	raw, err := r.Sign(b.signer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRequestsThatAreNotRead(t *testing.T) {
	b, other := newBox(t, "east"), newBox(t, "east")
	sound := request(t, b, func(*enrolment.Request) {})
	r, c, err := enrolment.Parse(sound)
	if err != nil || r.Gate != "east" || r.Site != 1001 || r.Key != b.key || !b.tls.PublicKey.Equal(c.PublicKey) {
		t.Fatalf("a sound request: %+v, %v", r, err)
	}
	broken := csr(t, "east", b.tls)
	broken[len(broken)-1] ^= 1
	west := newBox(t, "west")
	for name, raw := range map[string][]byte{
		"nothing":                              nil,
		"another gate's number in it":          []byte(strings.Replace(string(sound), "1001", "1002", 1)),
		"signed by another key than it brings": request(t, b, func(r *enrolment.Request) { r.Key = other.key }),
		"a key of another name":                request(t, west, func(r *enrolment.Request) {}),
		"a certificate for another gate":       request(t, b, func(r *enrolment.Request) { r.CSR = csr(t, "west", b.tls) }),
		"a certificate request that is broken": request(t, b, func(r *enrolment.Request) { r.CSR = broken }),
		"a key on another curve":               request(t, b, func(r *enrolment.Request) { r.CSR = csr(t, "east", newKey(t, elliptic.P384())) }),
		"a short token":                        request(t, b, func(r *enrolment.Request) { r.Token = r.Token[1:] }),
		"a name that is no id":                 request(t, newBox(t, "East"), func(r *enrolment.Request) { r.Gate = "East" }),
		"too long":                             append(sound, make([]byte, enrolment.MaxBytes)...),
	} {
		if _, _, err := enrolment.Parse(raw); !errors.Is(err, document.ErrMalformed) && !errors.Is(err, document.ErrUnsigned) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (a *authority) sign(t testing.TB, template *x509.Certificate, public crypto.PublicKey) []byte {
	t.Helper()
	template.SerialNumber = big.NewInt(1)
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newAuthority(t testing.TB, since time.Time) *authority {
	t.Helper()
	a := &authority{key: newKey(t, elliptic.P256())}
	der := a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, NotBefore: since, NotAfter: since.AddDate(30, 0, 0), IsCA: true, BasicConstraintsValid: true}, a.key.Public())
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert = cert
	return a
}

func TestAnswersThatAreNotTaken(t *testing.T) {
	key, since := newKey(t, elliptic.P256()), time.Unix(4_000_000_000, 0) // far ahead of the clock here
	ours, theirs := newAuthority(t, since), newAuthority(t, since)
	answer := func(a *authority, change func(*x509.Certificate), public crypto.PublicKey) []byte {
		c := &x509.Certificate{
			Subject: pkix.Name{CommonName: "east"}, NotBefore: since.Add(-time.Hour), NotAfter: since.AddDate(10, 0, 0),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		change(c)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.sign(t, c, public)})
	}
	same := func(*x509.Certificate) {}
	if err := enrolment.CheckCertificate(answer(ours, same, key.Public()), ours.cert, "east", &key.PublicKey); err != nil {
		t.Fatalf("the right answer, on a box that does not know the time: %v", err)
	}
	for name, raw := range map[string][]byte{
		"nothing":                nil,
		"a sentence":             []byte("the token is spent"),
		"another authority's":    answer(theirs, same, key.Public()),
		"another gate's":         answer(ours, func(c *x509.Certificate) { c.Subject.CommonName = "west" }, key.Public()),
		"for another key":        answer(ours, same, newKey(t, elliptic.P256()).Public()),
		"a server's alone":       answer(ours, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, key.Public()),
		"one that ended already": answer(ours, func(c *x509.Certificate) { c.NotAfter = since.Add(-time.Minute) }, key.Public()),
	} {
		if err := enrolment.CheckCertificate(raw, ours.cert, "east", &key.PublicKey); !errors.Is(err, enrolment.ErrNotOurs) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(request(f, newBox(f, "east"), func(*enrolment.Request) {}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, csr, err := enrolment.Parse(raw)
		if err == nil && (csr == nil || csr.Subject.CommonName != r.Gate || len(r.Token) != enrolment.TokenBytes) {
			t.Errorf("taken: %+v", r)
		}
	})
}
