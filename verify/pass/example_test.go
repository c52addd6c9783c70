package pass_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"

	"gated/verify/pass"
)

// seed is the private key of the worked examples: 32 bytes counting up from
// first. Nobody uses such a key for anything else.
func seed(first byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	for i := range s {
		s[i] = first + byte(i)
	}
	return ed25519.NewKeyFromSeed(s)
}

// The worked example of PROTOCOL 1.1: a platform issues a pass for one order,
// and a gate checks it.
func ExampleSignBearer() {
	issuer := seed(0x00)
	code, err := pass.SignBearer(pass.Header{
		Kid: 257, Site: 1001, Serial: 1, NotBefore: 1800000000, TTL: 90, Direction: pass.In, Rider: 42,
	}, issuer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(code)

	p, err := pass.Parse(code)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p, "ends at", p.End(), "signed:", p.IssuerSigned(issuer.Public().(ed25519.PublicKey)))
	// Output:
	// G1:AEAQCAAAAPUQAAAAAFVUTUQAABNACAAAAAVAALZLIQMDV4TSVWQL6ICQZEIRZXQ2YUJZTQYLHFW3A73SFLE7XFOC2447KMBPZ7NBGR6NY4QAKBLHYB3T7FMIUT3JM4CLAESBUVVIB4
	// pass 257/1 ends at 1800000900 signed: true
}

// The worked example of PROTOCOL 1.2: the platform signs a credential for the
// key of a phone, the phone draws a code from it for the gate with tag 3, and
// that gate checks both signatures.
func ExampleCredential_Show() {
	issuer, holder := seed(0x00), seed(0x20)
	credential, err := pass.SignCredential(pass.Header{
		Kid: 257, Site: 1001, Serial: 2, NotBefore: 1800000000, TTL: 8640, Window: 1, Rider: 42,
	}, holder.Public().(ed25519.PublicKey), issuer)
	if err != nil {
		fmt.Println(err)
		return
	}
	code, err := credential.Show(1800000600, 1001, 3, holder)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(code)

	p, err := pass.Parse(code)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hex.EncodeToString(p.Holder))
	fmt.Println("issuer:", p.IssuerSigned(issuer.Public().(ed25519.PublicKey)), "key:", pass.CheckKey(p.Holder))
	fmt.Println("for tag 3:", p.HolderSigned(1001, 3), "for tag 4:", p.HolderSigned(1001, 4))
	// Output:
	// G1:AIAQCAAAAPUQAAAAAJVUTUQAEHABAAAAAAVCTLF24FA3ZSXQWIXBVFGTJUF4ONQ6KJWQX7QSZCLZJPETEKLG3VZWCTNPYLAJXY2GBU6AH6DQWBC53BCMHVWZDVG2XA5JQDOPPXTELF75CM5BTH32TSG26FVABYFPSJ6DK6W6ECPXGLHMQ2XDHHXIBUWQ622J2RMGWBO22SLCFBLZJIQ42UNB3NDLQJPZPFJJP7Y42PQ6V27UJ5CKX2Z737TK2666CTMAAKGFKR6Q2PIJXEU3STBZ7WHHBL2SZGSV4LDQAY
	// 29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7
	// issuer: true key: <nil>
	// for tag 3: true for tag 4: false
}
