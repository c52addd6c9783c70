package verify_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// publisher signs documents as a central server does, and remembers what a
// broker would retain. What it said last is in its fields.
type publisher struct {
	*verifytest.World
	tb       testing.TB
	roots    []note.Signer
	beat     revocation.HeartbeatJSON
	list     []byte           // the newest of each
	site     []byte           //
	hb       []byte           //
	deltas   map[int64][]byte // by to
	snapshot [][]byte
	rotated  map[int64][]byte // trust lists that changed the roots
}

// signerOf makes the signer and verifier key of a name.
func signerOf(tb testing.TB, name string) (note.Signer, string) {
	tb.Helper()
	private := verifytest.PrivateKey(name)
	text, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + text[len(name)+1:len(name)+9] + "+" + secret)
	if err != nil {
		tb.Fatal(err)
	}
	return s, text
}

// newPublisher has published everything once: trust list 1, site document 1, an
// empty state 1 as a snapshot, and its heartbeat.
func newPublisher(tb testing.TB) *publisher {
	tb.Helper()
	p := &publisher{
		World: verifytest.New(tb), tb: tb, deltas: map[int64][]byte{}, rotated: map[int64][]byte{},
	}
	p.roots = []note.Signer{p.Root}
	p.beat = revocation.HeartbeatJSON{Epoch: 1, Seq: 1, IssuedAt: verifytest.Begin}
	p.sayTrust()
	p.saySite()
	p.saySnapshot()
	p.sayBeat()
	return p
}

func (p *publisher) sign(t document.Type, v any, signers ...note.Signer) []byte {
	p.tb.Helper()
	raw, err := document.Sign(t, v, signers...)
	if err != nil {
		p.tb.Fatal(err)
	}
	return raw
}

// sayTrust publishes the next trust list.
func (p *publisher) sayTrust(change ...func(*trust.ListJSON)) []byte {
	p.Trust.Version++
	for _, c := range change {
		c(&p.Trust)
	}
	p.list = p.sign(document.Trust, p.Trust, p.roots...)
	return p.list
}

// rotate publishes a trust list with another root, signed by both.
func (p *publisher) rotate(name string) []byte {
	next, text := signerOf(p.tb, name)
	p.roots = append(p.roots[len(p.roots)-1:], next)
	raw := p.sayTrust(func(j *trust.ListJSON) { j.Roots = []string{text} })
	p.roots = []note.Signer{next}
	p.rotated[p.Trust.Version] = raw
	return raw
}

// saySite publishes the site's document anew.
func (p *publisher) saySite(change ...func(*trust.SiteJSON)) []byte {
	p.Site.Version++
	for _, c := range change {
		c(&p.Site)
	}
	p.site = p.sign(document.Site, p.Site, p.SiteSigner)
	return p.site
}

// sayDelta publishes the next state, one step on.
func (p *publisher) sayDelta(change func(*revocation.Builder)) []byte {
	b := revocation.NewBuilder(p.Revoked)
	change(b)
	next := b.Set()
	add, remove := p.Revoked.Diff(next)
	p.Revoked = next
	p.beat.Seq++
	hash := next.Hash()
	raw := p.sign(document.Delta, revocation.DeltaJSON{
		Epoch: p.beat.Epoch, From: p.beat.Seq - 1, To: p.beat.Seq, IssuedAt: p.beat.IssuedAt,
		Add: add.Encode(), Remove: remove.Encode(), Hash: hash[:],
	}, p.Revocation)
	p.deltas[p.beat.Seq] = raw
	return raw
}

// revoke is a delta that revokes one rider.
func (p *publisher) revoke(rider uint32) []byte {
	return p.sayDelta(func(b *revocation.Builder) { b.Add(revokedRider, rider) })
}

// saySnapshot publishes the whole state, in slices small enough to be several.
func (p *publisher) saySnapshot() [][]byte {
	whole := p.Revoked.Encode()
	hash := revocation.Sum(whole)
	var slices [][]byte
	for len(whole) > 10 {
		slices, whole = append(slices, whole[:10]), whole[10:]
	}
	slices = append(slices, whole)
	p.snapshot = nil
	for i, body := range slices {
		p.snapshot = append(p.snapshot, p.sign(document.Snapshot, revocation.SnapshotJSON{
			Epoch: p.beat.Epoch, Seq: p.beat.Seq, IssuedAt: p.beat.IssuedAt, Part: int64(i) + 1,
			Parts: int64(len(slices)), Hash: hash[:], Body: append([]byte{}, body...),
		}, p.Revocation))
	}
	p.beat.Snapshot, p.beat.Parts = p.beat.Seq, int64(len(slices))
	return p.snapshot
}

// sayBeat publishes a heartbeat, a minute after the last.
func (p *publisher) sayBeat(change ...func(*revocation.HeartbeatJSON)) []byte {
	p.beat.IssuedAt += 60
	hash := p.Revoked.Hash()
	p.beat.Hash, p.beat.Trust = hash[:], p.Trust.Version
	j := p.beat
	for _, c := range change {
		c(&j)
	}
	p.hb = p.sign(document.Heartbeat, j, p.Revocation)
	return p.hb
}

// newEpoch begins an epoch with a trust list and says everything anew in it.
func (p *publisher) newEpoch() {
	p.sayTrust(func(j *trust.ListJSON) { j.Epoch++; j.IssuedAt = max(j.IssuedAt, p.beat.IssuedAt) })
	p.Site.Epoch, p.Site.Version = p.Trust.Epoch, 0
	p.beat.Epoch, p.beat.Seq = p.Trust.Epoch, 1
	clear(p.deltas)
	p.saySite()
	p.saySnapshot()
	p.sayBeat()
}

// all is what brings an empty box up to date, in the order of publication.
func (p *publisher) all() [][]byte {
	return slices.Concat([][]byte{p.list, p.site}, p.snapshot, [][]byte{p.hb})
}

// holder is a box as far as documents go: what it enforces, and its disk.
type holder struct {
	tb   testing.TB
	docs *verify.Documents
	disk map[string][]byte
	lazy []document.Held
	own  trust.Roots
	box  verify.Box
	now  gate.Moment
	last verify.Outcome
}

func newHolder(p *publisher) *holder {
	return &holder{
		tb: p.tb, docs: &verify.Documents{}, disk: map[string][]byte{}, own: p.Roots, box: p.Box,
		now: gate.Moment{Time: time.Unix(verifytest.Begin+120, 0), State: gate.ClockSynced, Boot: "boot-1", Up: time.Hour, Start: 1},
	}
}

// offer does what the daemon does with a document: keep, then enforce.
func (h *holder) offer(raw []byte) error {
	h.tb.Helper()
	before := h.docs
	out, err := h.docs.Accept(raw, h.own, h.box, h.now)
	h.last = out
	if out.Next == nil {
		h.tb.Fatal("no Next")
	}
	if err != nil && (out.Keep != nil || out.Raise != 0 || out.Event != "" || out.Next.State != before.State ||
		out.Next.Trust != before.Trust || out.Next.Site != before.Site || out.Next.Heartbeat != before.Heartbeat || out.Next.Proof != before.Proof) {
		h.tb.Fatalf("something changes beside the error %v: %+v", err, out)
	}
	h.lazy = append(h.lazy, out.Keep...)
	if !out.Later {
		h.flush()
	}
	h.docs = out.Next
	return err
}

func (h *holder) flush() {
	for _, held := range h.lazy {
		h.disk[held.Name] = held.Body
	}
	h.lazy = nil
}

// take demands that each document is accepted, without an alarm.
func (h *holder) take(raws ...[]byte) {
	h.tb.Helper()
	for _, raw := range raws {
		if err := h.offer(raw); err != nil {
			h.tb.Fatalf("refused: %v\n%.300s", err, raw)
		}
		if h.last.Alarm.EN != "" {
			h.tb.Fatalf("alarm: %s", h.last.Alarm)
		}
	}
}

// refuse demands that the document is refused with that error, with an alarm or
// without one, and that nothing changes.
func (h *holder) refuse(raw []byte, want error, alarm bool) {
	h.tb.Helper()
	if err := h.offer(raw); !errors.Is(err, want) {
		h.tb.Fatalf("got %v, want %v\n%.300s", err, want, raw)
	}
	if (h.last.Alarm.EN != "") != alarm {
		h.tb.Fatalf("alarm %q, want one: %t", h.last.Alarm.EN, alarm)
	}
}

// crash loses what is not on the disk, and starts again.
func (h *holder) crash() error {
	h.lazy = nil
	docs, err := verify.Load(h.held)
	if docs == nil {
		h.tb.Fatal("no documents")
	}
	h.docs = docs
	return err
}

func (h *holder) held(name string) ([]byte, bool) {
	b, ok := h.disk[name]
	return b, ok
}

// upToDate demands that the box enforces what was published, and knows it fresh.
func (h *holder) upToDate(p *publisher) {
	h.tb.Helper()
	d := h.docs
	if !d.Ready() || d.Trust.Version != p.Trust.Version || d.Site.Version != p.Site.Version || d.Site.Epoch != p.Site.Epoch {
		h.tb.Fatalf("not up to date: %+v", d)
	}
	if !d.State.Same(p.beat.Epoch, p.beat.Seq, p.Revoked.Hash()) {
		h.tb.Fatalf("the state is %d.%d, and should be %d.%d", d.State.Epoch, d.State.Seq, p.beat.Epoch, p.beat.Seq)
	}
	if d.Proof == nil || d.Proof.IssuedAt != p.beat.IssuedAt || !d.Wants().None() {
		h.tb.Fatalf("proof %+v, wants %+v", d.Proof, d.Wants())
	}
}

// age is that of the list now, -1 if there is none.
func (h *holder) age() int64 {
	age, ok := h.docs.Fresh(h.now)
	if !ok {
		return -1
	}
	return age
}

// later lets time pass.
func (h *holder) later(d time.Duration) {
	h.now.Time, h.now.Up = h.now.Time.Add(d), h.now.Up+d
}

// fetch answers Wants out of what a broker retains.
func (p *publisher) fetch(w document.Wants) [][]byte {
	var raws [][]byte
	for _, v := range slices.Sorted(maps.Keys(p.rotated)) {
		if w.Rotations || slices.Contains(w.Trust, v) {
			raws = append(raws, p.rotated[v])
		}
	}
	for _, to := range w.Deltas {
		if raw, ok := p.deltas[to]; ok {
			raws = append(raws, raw)
		}
	}
	if w.Snapshot == p.beat.Snapshot {
		for _, part := range w.Parts {
			raws = append(raws, p.snapshot[part-1])
		}
	}
	return raws
}
