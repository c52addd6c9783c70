package scanner_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/gate"
	"gated/verify/pass"
)

// testSigner is the public half of the key that signed the test code. Nobody has
// the other.
const testSigner = "ff58a3269127dd388036d361e4c2cebb28dac80db42968dff2002796dd961097"

// TestTheTestCodeIsAPassThatOpensNothing, and is drawn as it is spelt.
func TestTheTestCodeIsAPassThatOpensNothing(t *testing.T) {
	p, err := pass.Parse(scanner.TestCode)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(testSigner)
	if err != nil || !p.IssuerSigned(ed25519.PublicKey(key)) {
		t.Errorf("not signed by its key: %v", err)
	}
	if p.Kid != 0 || p.End() > time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC).Unix() {
		t.Errorf("kid %d, ends at %d: a gate might take it one day", p.Kid, p.End())
	}
	q, err := qr.Encode(scanner.TestCode, qr.M)
	if err != nil || q.Size != len(scanner.TestModules) {
		t.Fatalf("size %d, %v", q.Size, err)
	}
	for y, row := range scanner.TestModules {
		for x := range q.Size {
			if black := row>>(q.Size-1-x)&1 == 1; black != q.Black(x, y) {
				t.Fatalf("module %d, %d is black: %v", x, y, black)
			}
		}
	}
}

// TestACodeThatOpensIsNotToBeSeen: what a technician may see of each code that
// comes off a real line, and that no more of it is kept.
func TestACodeThatOpensIsNotToBeSeen(t *testing.T) {
	c := drivertest.NewCable(t)
	s := open(t, c.Path())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, make(chan gate.Scan, 100)) }()
	t.Cleanup(func() { cancel(); <-ended })
	drivertest.Eventually(t, "the port is open", func() bool { return s.Health().Up })
	pass := "G1:" + strings.Repeat("ABCDEFGH", 17) + "IJ"
	for _, tc := range []struct {
		code  string
		sort  scanner.Sort
		shown string
	}{
		{scanner.TestCode, scanner.SortTest, scanner.TestCode},
		{scanner.TestCode[:140], scanner.SortDamaged, "G1:AEAAB"},
		{scanner.TestCode[:60] + "?" + scanner.TestCode[61:], scanner.SortDamaged, "G1:AEAAB"},
		{pass, scanner.SortPass, "G1:ABCDE"},
		{strings.ToLower(pass), scanner.SortPass, "g1:abcde"},
		{pass[1:], scanner.SortText, "1:ABCDEF"},
		{"hello, gate", scanner.SortText, "hello, gate"},
		{"a\x01\xffb", scanner.SortText, "a\x01\xffb"},
		{"281234567890123456", scanner.SortText, "28123456"},
		{"123456", scanner.SortText, "123456"},
	} {
		before, _ := s.Seen(0)
		c.Send([]byte(tc.code + "\r"))
		var all []scanner.Glimpse
		drivertest.Eventually(t, "it is seen", func() bool { _, all = s.Seen(before); return len(all) == 1 })
		g := all[0]
		if g.Sort != tc.sort || g.Text != tc.shown || g.Length != len(tc.code) || g.Whole != (tc.shown == tc.code) || g.Number != before+1 {
			t.Errorf("%q is seen as %+v", tc.code, g)
		}
	}
	for range 70 {
		c.Send([]byte("more\r"))
	}
	drivertest.Eventually(t, "all are counted", func() bool { n, _ := s.Seen(0); return n == 80 })
	if newest, all := s.Seen(0); newest != 80 || len(all) != 64 || all[0].Number != 17 || all[63].Number != 80 {
		t.Errorf("%d codes are remembered of %d", len(all), newest)
	}
}
