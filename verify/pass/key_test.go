package pass_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"filippo.io/edwards25519"

	"gated/verify/pass"
)

// weakKeys are every encoding of the eight points of small order, canonical or
// not, and the other way to write two of them ("Taming the many EdDSAs", table
// 1, and the sign bit where x is zero).
var weakKeys = map[string]string{
	"identity":                      "0100000000000000000000000000000000000000000000000000000000000000",
	"order 2":                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 4":                       "0000000000000000000000000000000000000000000000000000000000000000",
	"order 4, negative":             "0000000000000000000000000000000000000000000000000000000000000080",
	"order 8, first":                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"order 8, first, negative":      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"order 8, second":               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"order 8, second, negative":     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"identity, sign set":            "0100000000000000000000000000000000000000000000000000000000000080",
	"order 2, sign set":             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"identity, y + p":               "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"identity, y + p, sign set":     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"order 4, y + p":                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 4, y + p, negative":      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"no point":                      "0200000000000000000000000000000000000000000000000000000000000000",
	"a point of large order, y + p": "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"the largest number":            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func TestWeakKeysAreRefused(t *testing.T) {
	for name, text := range weakKeys {
		key, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := pass.CheckKey(key); !errors.Is(err, pass.ErrWeakKey) {
			t.Errorf("%s: %v, want a weak key", name, err)
		}
	}
	for _, n := range []int{0, 31, 33, 64} {
		if err := pass.CheckKey(make([]byte, n)); !errors.Is(err, pass.ErrWeakKey) {
			t.Errorf("%d bytes: %v, want a weak key", n, err)
		}
	}
}

// TestGoTakesKeysThatWeRefuse shows what CheckKey is for: the constant signature
// (identity, 0) is good for every message under the identity key.
func TestGoTakesKeysThatWeRefuse(t *testing.T) {
	identity, _ := hex.DecodeString(weakKeys["identity"])
	sig := append(bytes.Clone(identity), make([]byte, 32)...)
	if !ed25519.Verify(identity, []byte("any message"), sig) {
		t.Fatal("Go's verifier has changed: it no longer takes the identity as a key")
	}
	if pass.CheckKey(identity) == nil {
		t.Error("the identity passes")
	}
}

func TestHonestKeysPass(t *testing.T) {
	for i := range uint32(500) {
		s := make([]byte, ed25519.SeedSize)
		binary.BigEndian.PutUint32(s, i)
		if err := pass.CheckKey(ed25519.NewKeyFromSeed(s).Public().(ed25519.PublicKey)); err != nil {
			t.Errorf("key %d: %v", i, err)
		}
	}
}

// TestCheckKeyIsWhatTheProtocolSays compares CheckKey, which spares itself an
// inversion, with the rule as it is written, at all the edges of the field.
func TestCheckKeyIsWhatTheProtocolSays(t *testing.T) {
	two := big.NewInt(2)
	p := new(big.Int).Sub(new(big.Int).Exp(two, big.NewInt(255), nil), big.NewInt(19))
	for _, around := range []*big.Int{big.NewInt(0), p, new(big.Int).Rsh(p, 1), new(big.Int).Sub(p, big.NewInt(256))} {
		for d := int64(-300); d <= 300; d++ {
			y := new(big.Int).Add(around, big.NewInt(d))
			if y.Sign() < 0 || y.BitLen() > 255 {
				continue
			}
			key := y.FillBytes(make([]byte, 32))
			for i := range 16 {
				key[i], key[31-i] = key[31-i], key[i]
			}
			for range 2 {
				if got, want := pass.CheckKey(key) == nil, written(key); got != want {
					t.Errorf("%x: passes %v, want %v", key, got, want)
				}
				key[31] ^= 0x80
			}
		}
	}
}

// written is PROTOCOL 1.3 word by word.
func written(key []byte) bool {
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || !bytes.Equal(point.Bytes(), key) {
		return false
	}
	return new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 0
}
