package verify_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// BenchmarkJudge measures a whole judgement beside the bare Ed25519
// verifications of the same code, in turns within one run, so that what else the
// machine does falls on both. It reports medians, and the rate of ours as a part
// of the bare one: the budget of DESIGN 9 is 0.9.
func BenchmarkJudge(b *testing.B) {
	for _, c := range []struct {
		name  string
		codes func(s *scene, n int) []string
	}{{"bearer", bearers}, {"bound", shown}} {
		b.Run(c.name, func(b *testing.B) {
			s := newScene(b)
			s.rules(func(r *trust.RulesJSON) { r.Admit = []trust.AdmitJSON{hour("06:00", "23:00")} })
			codes := c.codes(s, b.N)
			floors := make([][]signed, b.N)
			for i, code := range codes {
				floors[i] = bareOf(b, s, code)
			}
			ours, bare := make([]time.Duration, b.N), make([]time.Duration, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				for _, f := range floors[i] {
					if !ed25519.Verify(f.by, f.message, f.signature) {
						b.Fatal("not verified")
					}
				}
				middle := time.Now()
				d := s.v.Judge(gate.Scan{Code: codes[i]}, in, gate.DoorState{})
				ours[i], bare[i] = time.Since(middle), middle.Sub(start)
				if d.Reason != gate.OK {
					b.Fatal(d.Reason)
				}
			}
			b.ReportMetric(median(ours), "ours-ns")
			b.ReportMetric(median(bare), "bare-ns")
			b.ReportMetric(median(bare)/median(ours), "x-bare-rate")
		})
	}
}

// median is in nanoseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2])
}

// signed is one signature of a code, with all that a bare verification needs.
type signed struct {
	by                 ed25519.PublicKey
	message, signature []byte
}

// bareOf takes a code apart by the offsets of PROTOCOL 1.1 and 1.2.
func bareOf(tb testing.TB, s *scene, code string) []signed {
	tb.Helper()
	body, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(code[3:])
	if err != nil {
		tb.Fatal(err)
	}
	issuer := s.Key.Public().(ed25519.PublicKey)
	if body[0] == 1 {
		return []signed{{issuer, append([]byte("gated:pass:v1\x00"), body[:22]...), body[22:]}}
	}
	hash := sha256.Sum256(body[:118])
	show := slices.Concat([]byte("gated:show:v1\x00"), hash[:], body[118:122])
	show = binary.BigEndian.AppendUint32(show, verifytest.SiteNumber)
	show = binary.BigEndian.AppendUint16(show, verifytest.Tag)
	return []signed{
		{issuer, append([]byte("gated:cred:v1\x00"), body[:54]...), body[54:118]},
		{ed25519.PublicKey(body[22:54]), show, body[122:]},
	}
}

// bearers are n passes, each for one use.
func bearers(s *scene, n int) []string {
	codes := make([]string, n)
	for i := range codes {
		codes[i] = s.bearer(func(h *pass.Header) { h.TTL = 8640 })
	}
	return codes
}

// shown are the codes of n phones.
func shown(s *scene, n int) []string {
	codes := make([]string, n)
	for i := range codes {
		codes[i] = s.phone().Show(s.now(), verifytest.Tag)
	}
	return codes
}

// BenchmarkRepeat is a code that stays on the glass.
func BenchmarkRepeat(b *testing.B) {
	s := newScene(b)
	code := s.bearer()
	want(b, s.scan(code, in), gate.OK)
	b.ReportAllocs()
	for b.Loop() {
		if s.v.Judge(gate.Scan{Code: code}, in, gate.DoorState{}).Reason != gate.Repeat {
			b.Fatal("judged")
		}
	}
}

func TestAJudgementAllocatesOnce(t *testing.T) {
	s := newScene(t)
	codes := bearers(s, 200)
	i := 0
	// The code's bytes and the judgement with what it leaves behind; now and then
	// the map of uses grows.
	if n := testing.AllocsPerRun(len(codes)-2, func() { s.v.Judge(gate.Scan{Code: codes[i]}, in, gate.DoorState{}); i++ }); n > 3 {
		t.Fatalf("%.0f allocations", n)
	}
}
