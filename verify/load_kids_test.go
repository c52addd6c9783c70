package verify_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"gated/verify"
	"gated/verify/revocation"
)

func TestLoadDamagedKidsKeepTheRest(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.disk["known-kids"] = []byte("x")
	if err := h.crash(); !errors.Is(err, verify.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
	if h.docs.Trust == nil || len(h.docs.Trust.Known) != 1 {
		t.Errorf("got %+v", h.docs.Trust)
	}
}

// TestALostListStillKnowsItsKids: the list is gone, what was known of kids is
// not; a void key does not come back by way of a damaged disk.
func TestALostListStillKnowsItsKids(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	p.Trust.Keys = slices.Clone(p.Trust.Keys)
	old := p.list
	h.take(old)
	p.Trust.Keys[0].State = "void"
	h.take(p.sayTrust())
	p.Site.Keys = slices.Clone(p.Site.Keys)
	oldSite := p.site
	p.Site.Keys[0].State = "void"
	h.take(p.saySite())
	delete(h.disk, "trust")
	delete(h.disk, "site")
	if err := h.crash(); err != nil {
		t.Fatal(err)
	}
	h.refuse(old, verify.ErrRefused, true)
	h.take(p.list)
	h.refuse(oldSite, verify.ErrRefused, true)
	h.take(p.site)
}

// FuzzLoad gives back anything at all as one of the kept parts: it is read as it
// was, or unknown.
func FuzzLoad(f *testing.F) {
	p := newPublisher(f)
	h := newHolder(p)
	h.take(p.all()...)
	h.take(p.revoke(1), p.sayBeat())
	names := slices.Sorted(maps.Keys(h.disk))
	for i, name := range names {
		f.Add(uint8(i), h.disk[name])
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		d, err := verify.Load(func(name string) ([]byte, bool) {
			if name == names[int(which)%len(names)] {
				return body, true
			}
			return h.held(name)
		})
		if d == nil {
			t.Fatal("no documents")
		}
		if d.State != nil && d.State.Set.Hash() != d.State.Hash {
			t.Fatalf("a state that does not hash right, %v", err)
		}
		if d.State != nil && d.Proof != nil && revocation.Before(d.State.Epoch, d.State.Seq, d.Proof.Epoch, d.Proof.Seq) {
			t.Fatalf("proof of %d.%d at %d.%d", d.Proof.Epoch, d.Proof.Seq, d.State.Epoch, d.State.Seq)
		}
	})
}
