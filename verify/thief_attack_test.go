package verify_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

func TestAttackFastForward(t *testing.T) {
	const end = 1<<53 - 1
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	// A thief of the revocation key cannot run the time ahead on a box with a clock,
	p.beat.IssuedAt = end - 60
	h.refuse(p.sayBeat(), verify.ErrRefused, true)
	// nor begin an epoch.
	p.beat.IssuedAt = h.now.Time.Unix() - 60
	h.refuse(p.sayBeat(func(j *revocation.HeartbeatJSON) { j.Epoch = end }), verify.ErrRefused, false)
	// He can run the numbers ahead,
	h.take(p.sayBeat(func(j *revocation.HeartbeatJSON) { j.Seq, j.Snapshot, j.Parts = end, end, revocation.MaxParts }))
	if w := h.docs.Wants(); len(w.Parts) != revocation.MaxParts {
		t.Errorf("wants %d parts", len(w.Parts))
	}
	h.refuse(p.sayBeat(), verify.ErrRefused, true)
	// which costs the box its freshness, not its list, until the roots begin an epoch.
	if h.docs.State.Seq != 1 || h.docs.Proof.Seq != 1 {
		t.Error("what is enforced has changed")
	}
	h.later(time.Hour)
	p.newEpoch()
	h.take(p.all()...)
	h.upToDate(p)
}

func TestAttackFastForwardOfTheSite(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	thief := p.Site
	thief.Version = 1<<53 - 1
	h.take(p.sign(document.Site, thief, p.SiteSigner))
	h.refuse(p.saySite(), verify.ErrRefused, false)
	p.newEpoch()
	h.take(p.all()...)
	h.upToDate(p)
}

func TestAttackTwoStatesOfOneNumber(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	good := p.revoke(7)
	h.take(good)
	twin := newPublisher(t) // the same keys, another history
	evil := twin.revoke(8)
	h.refuse(evil, verify.ErrRefused, true)
	h.refuse(twin.saySnapshot()[0], verify.ErrRefused, true)
	h.refuse(twin.sayBeat(), verify.ErrRefused, true)
	h.take(p.sayBeat())
	if !h.docs.State.Set.Has(revokedRider, 7) || h.docs.State.Set.Has(revokedRider, 8) {
		t.Error("the other history counts")
	}
	// Whichever came first: a heartbeat that names another hash shuts the delta out.
	h = newHolder(p)
	p2 := newPublisher(t)
	h.take(p2.all()...)
	p2.revoke(7)
	h.take(p2.sayBeat())
	h.refuse(evil, verify.ErrRefused, true)
	h.take(good)
	h.upToDate(p2)
}

func TestAttackTwoTargetsOfOneNumber(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	p.beat.Seq = 900
	h.take(p.sayBeat())
	h.refuse(p.sayBeat(func(j *revocation.HeartbeatJSON) { j.Hash = make([]byte, 32) }), verify.ErrRefused, true)
}

func TestAttackTwoSnapshotsOfOneNumber(t *testing.T) {
	one, other := newPublisher(t), newPublisher(t)
	for i := range uint32(9) {
		one.revoke(1000 * i)
		other.revoke(2000 * i)
	}
	h := newHolder(one)
	h.take(one.list, one.site)
	h.take(one.saySnapshot()[0])
	h.refuse(other.saySnapshot()[1], verify.ErrRefused, true)
	h = newHolder(one)
	h.take(one.list, one.site, one.sayBeat())
	h.refuse(other.snapshot[0], verify.ErrRefused, true)
	h.take(one.snapshot...)
	h.upToDate(one)
}

func TestAttackADeltaThatWaitedContradictsTheHeartbeat(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	twin := newPublisher(t)
	twin.revoke(7)
	evil := twin.revoke(8)
	h.take(evil) // it waits for the delta before it
	first := p.revoke(7)
	p.revoke(9)
	h.take(p.sayBeat())
	if err := h.offer(first); err != nil || !strings.Contains(h.last.Alarm.EN, "heartbeat's hash") {
		t.Fatalf("got %v, alarm %q", err, h.last.Alarm)
	}
	h.take(p.deltas[3])
	h.upToDate(p)
}

func TestAttackEndlessData(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	h.refuse(make([]byte, document.MaxBytes+1), document.ErrMalformed, false)
	// A thief of the revocation key sends deltas that never fit: 200 wait, no more.
	blob := make([]byte, 300<<10)
	size, taken := 0, 0
	for i := range int64(300) {
		raw := p.sign(document.Delta, revocation.DeltaJSON{
			Epoch: 1, From: 1000 + i, To: 1001 + i, IssuedAt: 1, Add: blob, Hash: p.beat.Hash,
		}, p.Revocation)
		if i == 40 {
			blob = nil
		}
		if err := h.offer(raw); err == nil {
			taken++
			size += len(raw)
		}
	}
	if taken > 200 || size > revocation.MaxState {
		t.Errorf("%d deltas of %d bytes wait", taken, size)
	}
	if !testing.Short() { // 17 MiB of parts take a while under the race detector
		offerEndlessSnapshot(h, p)
	}
	// After which everything works as before.
	h.take(p.revoke(7), p.sayBeat())
	h.upToDate(p)
}

// offerEndlessSnapshot offers the parts of a snapshot of more than 16 MiB.
func offerEndlessSnapshot(h *holder, p *publisher) {
	body := make([]byte, revocation.MaxPart)
	for i := range int64(257) {
		raw := p.sign(document.Snapshot, revocation.SnapshotJSON{
			Epoch: 1, Seq: 9, IssuedAt: 1, Part: i + 1, Parts: 400, Hash: p.beat.Hash, Body: body,
		}, p.Revocation)
		if i == 256 {
			h.refuse(raw, verify.ErrRefused, true)
			return
		}
		h.take(raw)
	}
}

func TestAttackOneKeyForAnotherRole(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	next := p.Trust
	next.Version++
	site := p.Site
	site.Version++
	later := p.beat
	later.IssuedAt++
	for name, raw := range map[string][]byte{
		"the site's key signs a heartbeat":     p.sign(document.Heartbeat, later, p.SiteSigner),
		"the revocation key signs a site":      p.sign(document.Site, site, p.Revocation),
		"the root signs a heartbeat":           p.sign(document.Heartbeat, later, p.Root),
		"both online keys sign the trust list": p.sign(document.Trust, next, p.Revocation, p.SiteSigner),
	} {
		t.Run(name, func(t *testing.T) { h.refuse(raw, document.ErrUnsigned, false) })
	}
}

func TestAttackStolenKeyEndsWithTheAuthority(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	thief := p.Revocation
	p.revoke(100)
	waits := p.sign(document.Delta, revocation.DeltaJSON{Epoch: 1, From: 2, To: 3, Hash: p.beat.Hash, Add: []byte{}}, thief)
	h.take(waits) // a delta of the thief's lies in wait for the one before it
	next, text := signerOf(t, "next")
	h.take(p.sayTrust(func(j *trust.ListJSON) {
		j.Authorities = slices.Clone(j.Authorities)
		j.Authorities[0].Key = text
	}))
	p.beat.Seq = 1
	p.Revocation = next
	p.Revoked = revocation.Empty()
	h.take(p.revoke(7), p.sayBeat())
	h.upToDate(p)
	h.refuse(p.sign(document.Heartbeat, p.beat, thief), document.ErrUnsigned, false)
	h.refuse(waits, document.ErrUnsigned, false)
}

func TestAttackOldEpochComesBack(t *testing.T) {
	p := newPublisher(t)
	h := newHolder(p)
	h.take(p.all()...)
	p.revoke(1)
	old := append(p.all(), p.deltas[2], p.sayBeat())
	p.newEpoch()
	h.take(p.all()...)
	h.upToDate(p)
	for _, raw := range old {
		if err := h.offer(raw); err == nil {
			t.Fatalf("of the old epoch, and taken: %.200s", raw)
		}
	}
	// Even if the trust list is lost, alone or with one part of the rest, and the
	// broker sends the old one: what the box is left with stays what it is.
	disk := maps.Clone(h.disk)
	for _, lost := range []string{"", "heartbeat", "revocation-part-0001"} {
		h.disk = maps.Clone(disk)
		delete(h.disk, "trust")
		delete(h.disk, lost)
		_ = h.crash() // which says what is lost
		for _, raw := range old {
			err := h.offer(raw)
			isTrust := strings.HasPrefix(string(raw), string(document.Trust))
			if h.last.Reset || err == nil && !isTrust && lost == "" {
				t.Fatalf("taken: %.200s, %+v", raw, h.last)
			}
		}
		if s, hb := h.docs.State, h.docs.Heartbeat; s != nil && s.Epoch != 2 || lost == "" && hb.Epoch != 2 {
			t.Errorf("without %q: rolled back", lost)
		}
		h.take(p.list)
		if h.last.Reset {
			t.Errorf("without %q: the epoch that the rest is of is called new", lost)
		}
		hearBroker(h, p)
		h.upToDate(p)
	}
}
