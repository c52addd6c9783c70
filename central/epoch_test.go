package central_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/verify/document"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// stolen signs with the key file of an authority.
func stolen(t *testing.T, w *world, name string) note.Signer {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "keys", name+".key"))
	must(t, err)
	s, err := note.NewSigner(strings.TrimSpace(string(b)))
	must(t, err)
	return s
}

// signed is a document of that signer's.
func signed(t *testing.T, kind document.Type, v any, s note.Signer) []byte {
	t.Helper()
	raw, err := document.Sign(kind, v, s)
	must(t, err)
	return raw
}

// TestANewEpochEndsWhatAThiefRanAheadTo: the thief of both online keys leaves the
// gates at 2^53-1, so that no true document follows. The roots begin an epoch.
func TestANewEpochEndsWhatAThiefRanAheadTo(t *testing.T) {
	w := newWorld(t, afternoon())
	b := newBox(t, w)
	_, err := w.Hold(t.Context(), "", central.Rider(1, 42))
	must(t, err)
	broker, _ := published(t, w)
	b.fetches(t, broker)
	const most = 1<<53 - 1
	hash := b.docs.State.Hash
	for _, raw := range [][]byte{
		signed(t, document.Heartbeat, revocation.HeartbeatJSON{
			Epoch: 1, Seq: most, Hash: hash[:], Trust: b.docs.Trust.Version, Snapshot: 1, Parts: 1, IssuedAt: w.now.Unix() + 290,
		}, stolen(t, w, "revocation-1")),
		signed(t, document.Site, trust.SiteJSON{Site: site, Epoch: 1, Version: most, IssuedAt: most, Name: "theirs", Zone: "Asia/Shanghai"}, stolen(t, w, "site-1")),
	} {
		must(t, b.offer(t, raw))
	}
	for _, role := range []trust.Role{trust.RoleRevocation, trust.RoleSite} {
		w.now = w.now.Add(time.Minute)
		_, err := w.RotateAuthority(t.Context(), role)
		must(t, err)
	}
	b.at = w.now
	broker, _ = published(t, w)
	b.fetches(t, broker)
	if b.docs.Site.Name != "theirs" || b.docs.Heartbeat.Seq != most {
		t.Fatal("rotation alone has ended it: the test proves nothing")
	}

	w.now = w.now.Add(time.Minute)
	e, err := w.BeginEpoch(t.Context(), "stolen")
	must(t, err)
	if e.Number != 2 || e.Ahead != 0 {
		t.Errorf("%+v", e)
	}
	_, err = w.Hold(t.Context(), "", central.Rider(1, 43))
	must(t, err)
	w.now = w.now.Add(time.Minute)
	must(t, w.Upkeep(t.Context(), false))
	b.at = w.now
	broker, _ = published(t, w)
	b.fetches(t, broker)
	d := b.docs
	if d.Trust.Epoch != 2 || d.Site.Epoch != 2 || d.Site.Name != "Guanggu" || d.State.Epoch != 2 || d.State.Set.Count() != 2 || d.Proof.IssuedAt != w.now.Unix() {
		t.Errorf("the box is at %d, site %q of %d, state %d.%d, proof %+v", d.Trust.Epoch, d.Site.Name, d.Site.Epoch, d.State.Epoch, d.State.Seq, d.Proof)
	}
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	// A box that knows nothing yet, and one without a network, come as far.
	for name, documents := range map[string][][]byte{"new": broker.documents(), "by export": bodies(files)} {
		n := newBox(t, w)
		n.hears(t, documents)
		if n.docs.State == nil || n.docs.State.Epoch != 2 || n.docs.Proof == nil {
			t.Errorf("%s: state %+v", name, n.docs.State)
		}
	}
	// What was of the old epoch leaves the broker in its time.
	w.now = w.now.Add(16 * time.Minute)
	must(t, w.Upkeep(t.Context(), false))
	broker, _ = published(t, w)
	for _, topic := range []string{"revocation/snapshot/1/1", "revocation/delta/2"} {
		if broker.get(topic) != nil {
			t.Errorf("%s is still there", topic)
		}
	}
}

// TestANewEpochCuresAClockThatWasAhead: heartbeats of next year have gone out, and
// the boxes would believe none of today.
func TestANewEpochCuresAClockThatWasAhead(t *testing.T) {
	w := newWorld(t, afternoon())
	right := w.now
	w.now = right.Add(365 * 24 * time.Hour)
	must(t, w.Upkeep(t.Context(), false))
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.fetches(t, broker)
	w.now = right.Add(time.Hour)
	must(t, w.Upkeep(t.Context(), false))
	broker, _ = published(t, w)
	b.at = w.now
	b.fetches(t, broker)
	if b.docs.Proof.IssuedAt <= w.now.Unix() {
		t.Fatal("the clock was not wrong: the test proves nothing")
	}
	e, err := w.BeginEpoch(t.Context(), "the clock was wrong")
	must(t, err)
	broker, _ = published(t, w)
	b.fetches(t, broker)
	if b.docs.Proof.IssuedAt != w.now.Unix() || b.docs.State.Epoch != 2 || e.Ahead != 0 {
		t.Errorf("proof of %d, now %d, %+v", b.docs.Proof.IssuedAt, w.now.Unix(), e)
	}
	// A trust list of the future cannot be undercut, and that is said.
	w.now = right.Add(48 * time.Hour)
	must(t, w.AddIssuer(t.Context(), 2, "Quick"))
	w.now = right.Add(24 * time.Hour)
	if e, err = w.BeginEpoch(t.Context(), ""); err != nil || e.Ahead != 24*3600 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestAPropertysOwnKeys(t *testing.T) {
	w := newWorld(t, afternoon())
	key := central.Key{Kid: 40000, Site: site, MaxBearerTTL: time.Hour, Life: 30 * 24 * time.Hour}
	must(t, w.AddKey(t.Context(), key))
	must(t, w.SetSite(t.Context(), central.Site{Number: 1002, Name: "Other", Zone: "Asia/Shanghai"}))
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.fetches(t, broker)
	k, ok := b.docs.Site.Key(40000)
	if !ok || k.Void || k.Disabled || !k.Sites.Has(site) || k.Sites.Has(1002) {
		t.Errorf("the site's document lists %+v", k)
	}
	if _, ok := b.docs.Trust.Key(40000); ok {
		t.Error("it is in the trust list")
	}
	_, h, err := w.Issue(t.Context(), central.Order{Kid: 40000, Site: site, Rider: 7, TTL: time.Hour})
	must(t, err)
	if h.Serial != 1 || h.Kid != 40000 {
		t.Errorf("issued %+v", h)
	}
	for _, elsewhere := range []uint32{1002, pass.EverySite} {
		_, _, err = w.Issue(t.Context(), central.Order{Kid: 40000, Site: elsewhere, TTL: time.Hour})
		wantErr(t, err, central.ErrLimit)
	}
	_, err = w.Revoke(t.Context(), "", central.Pass(40000, 1))
	must(t, err)
	changed, err := w.VoidKey(t.Context(), 40000, "lost")
	if !changed || err != nil {
		t.Errorf("%t, %v", changed, err)
	}
	broker, _ = published(t, w)
	b.fetches(t, broker)
	if k, _ := b.docs.Site.Key(40000); !k.Void {
		t.Errorf("the site's document lists %+v", k)
	}
}

func TestPropertysKeysThatAreRefused(t *testing.T) {
	w := newWorld(t, afternoon())
	good := central.Key{Kid: 40000, Site: site, MaxBearerTTL: time.Hour, Life: time.Hour}
	must(t, w.AddKey(t.Context(), good))
	for name, tt := range map[string]struct {
		change func(*central.Key)
		want   error
	}{
		"the same again":         {func(*central.Key) {}, central.ErrTaken},
		"a platform's kid":       {func(k *central.Key) { k.Kid = 32767 }, central.ErrAsked},
		"the lowest kid":         {func(k *central.Key) { k.Kid = 32768 }, nil},
		"the highest kid":        {func(k *central.Key) { k.Kid = 65535 }, nil},
		"a platform's name":      {func(k *central.Key) { k.Kid, k.Issuer = 40001, 1 }, central.ErrAsked},
		"other sites":            {func(k *central.Key) { k.Kid, k.Sites = 40001, []string{"*"} }, central.ErrAsked},
		"no such site":           {func(k *central.Key) { k.Kid, k.Site = 40001, 9 }, central.ErrNoSite},
		"a property's kid alone": {func(k *central.Key) { k.Kid, k.Site, k.Issuer, k.Sites = 40001, 0, 1, []string{"*"} }, central.ErrAsked},
	} {
		k := good
		tt.change(&k)
		if err := w.AddKey(t.Context(), k); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
