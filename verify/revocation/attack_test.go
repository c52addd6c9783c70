package revocation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// The attacks of the broker, and of the thief of the revocation key, on a whole
// box. Those on more than revocation, in depth, stand beside package verify.

func say(tb testing.TB, kind document.Type, v any, by note.Signer) []byte {
	tb.Helper()
	raw, err := document.Sign(kind, v, by)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// beatOf is a heartbeat of what the box holds, a minute later than its last.
func beatOf(b *verifytest.Target, change ...func(*revocation.HeartbeatJSON)) revocation.HeartbeatJSON {
	hb := b.Docs.Heartbeat
	hash := b.Docs.State.Hash
	j := revocation.HeartbeatJSON{
		Epoch: hb.Epoch, Seq: b.Docs.State.Seq, Hash: hash[:], Trust: hb.Trust, Snapshot: hb.Snapshot, Parts: hb.Parts, IssuedAt: hb.IssuedAt + 60,
	}
	for _, c := range change {
		c(&j)
	}
	return j
}

// next is the delta that revokes one more rider, and the state that it leads to.
func next(tb testing.TB, from *revocation.State, rider uint32) (revocation.DeltaJSON, *revocation.State) {
	tb.Helper()
	add := set(riders, rider)
	to, err := from.Set.With(add, revocation.Empty())
	if err != nil {
		tb.Fatal(err)
	}
	hash := to.Hash()
	return revocation.DeltaJSON{Epoch: from.Epoch, From: from.Seq, To: from.Seq + 1, IssuedAt: 1, Add: add.Encode(), Remove: []byte{}, Hash: hash[:]},
		&revocation.State{Epoch: from.Epoch, Seq: from.Seq + 1, Hash: hash, Set: to}
}

func TestAttackArbitraryContent(t *testing.T) {
	b := verifytest.NewTarget(t)
	d, _ := next(t, b.Docs.State, 7)
	for _, raw := range [][]byte{say(t, document.Delta, d, b.Revocation), say(t, document.Heartbeat, beatOf(b), b.Revocation)} {
		for i := range len(raw) - len("x=\n") { // the last character of a signature has bits that mean nothing
			changed := slices.Clone(raw)
			changed[i] ^= 2
			b.Withstand(t, changed, false)
		}
		b.Take(t, raw)
	}
}

func TestAttackRollback(t *testing.T) {
	b := verifytest.NewTarget(t)
	old := b.Notes()
	for rider := range uint32(3) {
		d, _ := next(t, b.Docs.State, rider)
		raw := say(t, document.Delta, d, b.Revocation)
		b.Take(t, raw)
		beat := say(t, document.Heartbeat, beatOf(b), b.Revocation)
		b.Take(t, beat)
		old = append(old, raw, beat)
	}
	for _, raw := range append(old, old...) {
		b.Withstand(t, raw, false)
	}
}

func TestAttackFreeze(t *testing.T) {
	b := verifytest.NewTarget(t)
	b.Later(24 * time.Hour)
	for _, raw := range b.Notes() {
		b.Withstand(t, raw, false)
	}
	if b.Age() < 24*3600 {
		t.Errorf("silence of a day makes the list %d s old", b.Age())
	}
	// The proof of freshness passes, and what it is the proof of does not.
	_, to := next(t, b.Docs.State, 7)
	b.Take(t, say(t, document.Heartbeat, beatOf(b, func(j *revocation.HeartbeatJSON) {
		j.Seq, j.Hash, j.IssuedAt = to.Seq, to.Hash[:], b.At.Time.Unix()
	}), b.Revocation))
	if b.Age() < 24*3600 {
		t.Errorf("a heartbeat without its state makes the list %d s old", b.Age())
	}
}

func TestAttackFastForward(t *testing.T) {
	const most = 1<<53 - 1
	b := verifytest.NewTarget(t)
	beat := func(change func(*revocation.HeartbeatJSON)) []byte {
		return say(t, document.Heartbeat, beatOf(b, change), b.Revocation)
	}
	b.Withstand(t, beat(func(j *revocation.HeartbeatJSON) { j.IssuedAt = most }), true)
	b.Withstand(t, beat(func(j *revocation.HeartbeatJSON) { j.Epoch = most }), false)
	held := b.Docs.State
	b.Take(t, beat(func(j *revocation.HeartbeatJSON) { j.Seq = most }))
	if b.Docs.State != held {
		t.Error("the state has changed")
	}
	b.Withstand(t, beat(func(j *revocation.HeartbeatJSON) { j.IssuedAt += 60 }), true) // the true one
	// The roots end it.
	b.Trust.Epoch, b.Site.Epoch, b.World.At = 2, 2, b.At.Time.Unix()
	b.Trust.IssuedAt = b.World.At
	b.Docs = b.Deliver(b.Docs, b.At)
	if b.Docs.State.Epoch != 2 || b.Age() != 0 {
		t.Errorf("state of epoch %d, %d s old", b.Docs.State.Epoch, b.Age())
	}
}

func TestAttackMixAndMatch(t *testing.T) {
	b := verifytest.NewTarget(t)
	b.Later(time.Hour)
	// New revocation beside an old trust list does not count as fresh.
	b.Take(t, say(t, document.Heartbeat, beatOf(b, func(j *revocation.HeartbeatJSON) {
		j.Trust, j.IssuedAt = b.Docs.Trust.Version+1, b.At.Time.Unix()
	}), b.Revocation))
	if b.Age() < 3600 {
		t.Errorf("%d s old", b.Age())
	}
	// One number, two states: whichever is second is a lie.
	one, _ := next(t, b.Docs.State, 7)
	two, _ := next(t, b.Docs.State, 8)
	b.Take(t, say(t, document.Delta, one, b.Revocation))
	b.Withstand(t, say(t, document.Delta, two, b.Revocation), true)
}

func TestAttackEndlessData(t *testing.T) {
	b := verifytest.NewTarget(t)
	b.Withstand(t, make([]byte, document.MaxBytes+1), false)
	// Deltas that lead nowhere, by the thief of the key: 200 may wait.
	d, _ := next(t, b.Docs.State, 7)
	taken := 0
	for i := range int64(300) {
		d.From, d.To = 1000+2*i, 1001+2*i
		o, err := b.Docs.Accept(say(t, document.Delta, d, b.Revocation), b.Roots, b.Box, b.At)
		if b.Docs = o.Next; err == nil {
			taken++
		}
	}
	if taken != 200 {
		t.Errorf("%d deltas wait", taken)
	}
	good, _ := next(t, b.Docs.State, 7)
	b.Take(t, say(t, document.Delta, good, b.Revocation))
}

func TestAttackDuplicateNames(t *testing.T) {
	b := verifytest.NewTarget(t)
	good := string(say(t, document.Heartbeat, beatOf(b), b.Revocation))
	for _, twice := range []string{`"seq":9,`, `"Seq":9,`, `"x":{"a":1,"A":2},`} {
		b.Withstand(t, []byte(strings.Replace(good, "{", "{"+twice, 1)), false)
	}
	// Signed by the thief himself, it is refused all the same.
	text := "gated/v1/heartbeat\n" + strings.Replace(strings.Split(good, "\n")[1], "{", `{"Seq":9,`, 1) + "\n"
	raw, err := note.Sign(&note.Note{Text: text}, b.Revocation)
	if err != nil {
		t.Fatal(err)
	}
	b.Withstand(t, raw, false)
}

// The thief of the revocation key refuses anyone, releases and freezes (PROTOCOL
// 6), until the authority is removed and a new epoch has begun.
func TestAttackKeyCompromiseOfRevocation(t *testing.T) {
	b := verifytest.NewTarget(t)
	thief := b.Revocation
	d, _ := next(t, b.Docs.State, 7)
	b.Take(t, say(t, document.Delta, d, thief)) // he can
	list, site := b.Trust, b.Site
	list.Version, site.Version = 2, 2
	b.Withstand(t, say(t, document.Trust, list, thief), false) // he cannot
	b.Withstand(t, say(t, document.Site, site, thief), false)
	b.Withstand(t, say(t, document.Heartbeat, beatOf(b, func(j *revocation.HeartbeatJSON) { j.Epoch = 2 }), thief), false)
	if _, err := b.Docs.Command(say(t, document.Command, map[string]any{
		"site": verifytest.SiteNumber, "gate": verifytest.GateID, "id": "1", "verb": "open",
		"issued_at_ms": b.At.Time.UnixMilli(), "expires_at_ms": b.At.Time.UnixMilli() + 1,
	}, thief), b.Box, b.At); err == nil {
		t.Error("he opens the gate")
	}
	// What ends it.
	b.Trust.Authorities = slices.DeleteFunc(slices.Clone(b.Trust.Authorities), func(a trust.AuthorityJSON) bool { return a.Name == "revocation" })
	late, _ := next(t, b.Docs.State, 8)
	fewer := b.Trust
	fewer.Version = 2
	b.Take(t, say(t, document.Trust, fewer, b.Root))
	b.Withstand(t, say(t, document.Delta, late, thief), false)
	b.Withstand(t, say(t, document.Heartbeat, beatOf(b), thief), false)
}
