package verify_test

import (
	"testing"

	"gated/verify/revocation"
)

// BenchmarkAccept is what one document costs a box that holds 100,000
// revocations, the disk not counted.
func BenchmarkAccept(b *testing.B) {
	p := newPublisher(b)
	builder := revocation.NewBuilder(nil)
	for i := range uint32(100_000) {
		builder.Add(revokedRider, 5*i)
	}
	p.Revoked = builder.Set()
	whole := p.Revoked.Encode()
	parts := revocation.Split(1, 1, 1, whole)
	h := newHolder(p)
	h.take(p.list, p.site)
	for _, part := range parts {
		h.take(p.sign("gated/v1/revocation-snapshot", part, p.Revocation))
	}
	p.beat.Snapshot, p.beat.Parts = 1, int64(len(parts))
	h.take(p.sayBeat())
	held := h.docs
	for name, raw := range map[string][]byte{
		"delta": p.revoke(1), "heartbeat": p.sayBeat(), "list": p.sayTrust(), "site": p.saySite(),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := held.Accept(raw, p.Roots, p.Box, h.now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
