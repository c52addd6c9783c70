package verify_test

import (
	"testing"

	"gated/verify/revocation"
)

// TestLoadAsManyPartsAsThereMayBe: a publisher may cut a state as small as that,
// and it comes back from the disk.
func TestLoadAsManyPartsAsThereMayBe(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	const each = 10 // bytes, of a part of this publisher's
	// The section's head, a count of two bytes, and a byte for each rider.
	all := revocation.NewBuilder(nil)
	for i := range uint32(each*revocation.MaxParts - 8) {
		all.Add(revokedRider, i+1)
	}
	p.Revoked = all.Set()
	p.saySnapshot()
	p.sayBeat()
	if n := len(p.snapshot); n != revocation.MaxParts {
		t.Fatalf("%d parts, want %d", n, revocation.MaxParts)
	}
	h.take(p.all()...)
	h.upToDate(p)
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.upToDate(p)
}
