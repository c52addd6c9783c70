package pass_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"gated/verify/pass"
)

// admitted says whether every check of form and signature holds for the gate of
// the worked example.
func admitted(code string) bool {
	p, err := pass.Parse(code)
	if err != nil || !p.IssuerSigned(issuerKey) {
		return false
	}
	if p.Type == pass.Bearer {
		return true
	}
	return pass.CheckKey(p.Holder) == nil && (p.HolderSigned(1001, 3) || p.HolderSigned(1001, 0))
}

func TestNoFlippedBitOfABodyIsAdmitted(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		if !admitted(code) {
			t.Fatal("the worked example itself is not admitted")
		}
		b := body(t, code)
		for i := range 8 * len(b) {
			b[i/8] ^= 1 << (i % 8)
			if admitted(pass.Encode(b)) {
				t.Errorf("type %d: bit %d of byte %d may be flipped", b[0], i%8, i/8)
			}
			b[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestNoFlippedBitOfATextIsAdmitted(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		text := []byte(code)
		for i := range 8 * len(text) {
			text[i/8] ^= 1 << (i % 8)
			if admitted(string(text)) {
				t.Errorf("bit %d of character %d may be flipped", i%8, i/8)
			}
			text[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestIssuerSignedTakesOneKeyAlone(t *testing.T) {
	for _, code := range []string{bearerCode, boundCode} {
		p, err := pass.Parse(code)
		if err != nil {
			t.Fatal(err)
		}
		good := issuerKey
		for name, key := range map[string]ed25519.PublicKey{
			"another key": seed(1).Public().(ed25519.PublicKey), "no key": nil, "a short key": good[:31], "a long key": append(good[:32:32], 0),
		} {
			if p.IssuerSigned(key) {
				t.Errorf("type %d is signed by %s", p.Type, name)
			}
		}
		if !p.IssuerSigned(good) {
			t.Errorf("type %d is not signed by its issuer", p.Type)
		}
	}
}

func TestHolderSignedForOneGateAlone(t *testing.T) {
	p, err := pass.Parse(boundCode)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		site uint32
		tag  uint16
		want bool
	}{{1001, 3, true}, {1001, 0, false}, {1001, 4, false}, {1002, 3, false}, {0, 3, false}, {pass.EverySite, 3, false}, {1001, 0x103, false}, {1001 + 1<<16, 3, false}}
	for _, tt := range tests {
		if got := p.HolderSigned(tt.site, tt.tag); got != tt.want {
			t.Errorf("site %d, tag %d: %v, want %v", tt.site, tt.tag, got, tt.want)
		}
	}
}

func TestNobodyHoldsABearerPassOrNone(t *testing.T) {
	bearer, err := pass.Parse(bearerCode)
	if err != nil {
		t.Fatal(err)
	}
	var none pass.Pass
	if bearer.HolderSigned(1001, 0) || none.HolderSigned(1001, 0) || none.IssuerSigned(issuerKey) {
		t.Error("a signature is found where there is none")
	}
}

// TestPreimages spells the three preimages out once more, as PROTOCOL does.
func TestPreimages(t *testing.T) {
	bearer, bound := body(t, bearerCode), body(t, boundCode)
	credential := sha256.Sum256(bound[:118])
	show := append([]byte("gated:show:v1\x00"), credential[:]...)
	show = binary.BigEndian.AppendUint32(show, 1800000600)
	show = binary.BigEndian.AppendUint32(show, 1001)
	show = binary.BigEndian.AppendUint16(show, 3)
	for name, tt := range map[string]struct {
		key      ed25519.PublicKey
		preimage []byte
		sig      []byte
	}{
		"pass": {issuerKey, append([]byte("gated:pass:v1\x00"), bearer[:22]...), bearer[22:]},
		"cred": {issuerKey, append([]byte("gated:cred:v1\x00"), bound[:54]...), bound[54:118]},
		"show": {holderKey, show, bound[122:]},
	} {
		if !ed25519.Verify(tt.key, tt.preimage, tt.sig) {
			t.Errorf("%s: the worked example is signed over something else", name)
		}
	}
}

func TestSignatureOfOneKindIsNoneOfAnother(t *testing.T) {
	b := body(t, bearerCode)
	for _, domain := range []string{"gated:cred:v1\x00", "gated:show:v1\x00", "gated:pass:v1", "gated:pass:v2\x00", ""} {
		forged := append(b[:22:22], ed25519.Sign(seed(0), append([]byte(domain), b[:22]...))...)
		if admitted(pass.Encode(forged)) {
			t.Errorf("a signature over %q counts", domain)
		}
	}
}

func TestChecksAllocateNothing(t *testing.T) {
	p, err := pass.Parse(boundCode)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() {
		p.IssuerSigned(issuerKey)
		p.HolderSigned(1001, 3)
		_ = pass.CheckKey(p.Holder)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
