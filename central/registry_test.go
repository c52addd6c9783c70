package central_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gated/central"
	"gated/verify/document"
)

func TestInitReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	o := central.Options{Dir: dir}
	must(t, central.Init(t.Context(), o))
	root, err := os.ReadFile(filepath.Join(dir, "keys", "root-1.key"))
	must(t, err)
	wantErr(t, central.Init(t.Context(), o), central.ErrNotEmpty)
	must(t, os.Remove(filepath.Join(dir, "central.db"))) // keys alone are worth as much
	wantErr(t, central.Init(t.Context(), o), central.ErrNotEmpty)
	again, err := os.ReadFile(filepath.Join(dir, "keys", "root-1.key"))
	must(t, err)
	if string(again) != string(root) {
		t.Error("the root's key has changed")
	}
}

func TestKeysAreForTheirOwnerAlone(t *testing.T) {
	w := newWorld(t, afternoon())
	must(t, filepath.Walk(w.dir, func(path string, info os.FileInfo, err error) error {
		must(t, err)
		if path == w.CAPath() || path == w.CRLPath() {
			return nil // for the broker
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return nil
	}))
	names, err := os.ReadDir(filepath.Join(w.dir, "keys"))
	must(t, err)
	if len(names) != 9 {
		t.Errorf("%d keys, not a root, five authorities, a seal, an issuer and that for certificates", len(names))
	}
}

func TestOpenMakesNothing(t *testing.T) {
	dir := t.TempDir()
	_, err := central.Open(t.Context(), central.Options{Dir: dir})
	wantErr(t, err, central.ErrNoDatabase)
	names, err := os.ReadDir(dir)
	must(t, err)
	if len(names) != 0 {
		t.Errorf("%v was made", names)
	}
}

func TestOpenLeavesANewerDatabaseAlone(t *testing.T) {
	w := newWorld(t, afternoon())
	must(t, w.Close())
	db, err := sql.Open("sqlite3", filepath.Join(w.dir, "central.db"))
	must(t, err)
	_, err = db.Exec("PRAGMA user_version = 99")
	must(t, err)
	must(t, db.Close())
	_, err = central.Open(t.Context(), central.Options{Dir: w.dir})
	wantErr(t, err, central.ErrNewer)
}

func TestRegistryRefuses(t *testing.T) {
	w := newWorld(t, afternoon())
	good := central.Key{Kid: 300, Issuer: 1, Sites: []string{"1001", "2000-2999"}, Life: time.Hour}
	key := func(change func(*central.Key)) error {
		k := good
		change(&k)
		return w.AddKey(t.Context(), k)
	}
	gate := func(id string, site uint32, key string) error {
		_, err := w.AddGate(t.Context(), id, site, key)
		return err
	}
	set := func(s central.Site) error { return w.SetSite(t.Context(), s) }
	_, public := newKey(t, "west-1")
	must(t, set(central.Site{Number: 1002, Name: "B", Zone: "Asia/Shanghai"}))
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"an issuer 0", w.AddIssuer(t.Context(), 0, "X"), central.ErrAsked},
		{"an issuer without a name", w.AddIssuer(t.Context(), 9, ""), central.ErrAsked},
		{"an issuer's number twice", w.AddIssuer(t.Context(), 1, "X"), central.ErrTaken},
		{"kid 0", key(func(k *central.Key) { k.Kid = 0 }), central.ErrAsked},
		{"a property's kid", key(func(k *central.Key) { k.Kid = 32768 }), central.ErrAsked},
		{"a kid twice", key(func(k *central.Key) { k.Kid = kid }), central.ErrTaken},
		{"a key of nobody", key(func(k *central.Key) { k.Issuer = 9 }), central.ErrNoIssuer},
		{"a key for no site", key(func(k *central.Key) { k.Sites = nil }), central.ErrAsked},
		{"a key for odd sites", key(func(k *central.Key) { k.Sites = []string{"5-3"} }), central.ErrAsked},
		{"a short seed", key(func(k *central.Key) { k.Seed = []byte{1} }), central.ErrAsked},
		{"a short public key", key(func(k *central.Key) { k.Public = []byte{1} }), central.ErrAsked},
		{"a weak public key", key(func(k *central.Key) { k.Public = append([]byte{1}, make([]byte, 31)...) }), central.ErrAsked},
		{"a public key and a seed", key(func(k *central.Key) { k.Public, k.Seed = make([]byte, 32), make([]byte, 32) }), central.ErrAsked},
		{"a key that has ended", key(func(k *central.Key) { k.Life = 0 }), central.ErrAsked},
		{"site 0", set(central.Site{Name: "X", Zone: "UTC"}), central.ErrRefused},
		{"a site on no clock", set(central.Site{Number: 5, Name: "X", Zone: "Asia/Nowhere"}), central.ErrRefused},
		{"a misspelt rule", set(central.Site{Number: 5, Name: "X", Zone: "UTC", Rules: json.RawMessage(`{"admitt":[]}`)}), central.ErrAsked},
		{"a rule that means nothing", set(central.Site{Number: 5, Name: "X", Zone: "UTC", Rules: json.RawMessage(`{"clock_unknown":"maybe"}`)}), central.ErrRefused},
		{"rules and more", set(central.Site{Number: 5, Name: "X", Zone: "UTC", Rules: json.RawMessage(`{} {}`)}), central.ErrAsked},
		{"a gate's id in capitals", gate("East", site, public), central.ErrAsked},
		{"a gate without a key", gate("west-1", site, "secret"), central.ErrAsked},
		{"a gate nowhere", gate("west-1", 77, public), central.ErrNoSite},
		{"a gate in two sites", gate(gateID, 1002, public), central.ErrTaken},
	} {
		t.Run(c.name, func(t *testing.T) { wantErr(t, c.err, c.want) })
	}
	// Nothing of all that has left a trace that a gate would see.
	must(t, w.AddKey(t.Context(), good))
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	if n := len(b.docs.Trust.Keys); n != 2 {
		t.Errorf("the trust list has %d keys", n)
	}
	if broker.get("sites/5/rules") != nil {
		t.Error("a refused site was published")
	}
}

func TestAKeyOfTheSameSeedIsRefused(t *testing.T) {
	w := newWorld(t, afternoon())
	k := central.Key{Kid: 300, Issuer: 1, Sites: []string{"*"}, Life: time.Hour, Seed: make([]byte, 32)}
	must(t, w.AddKey(t.Context(), k))
	k.Kid = 301
	wantErr(t, w.AddKey(t.Context(), k), central.ErrTaken)
}

func TestGatesHaveTagsOfTheirOwn(t *testing.T) {
	w := newWorld(t, afternoon())
	_, west := newKey(t, "west-1")
	for _, want := range []uint16{2, 2} { // the second time is the same gate again
		tag, err := w.AddGate(t.Context(), "west-1", site, west)
		must(t, err)
		if tag != want {
			t.Errorf("tag %d, not %d", tag, want)
		}
	}
	tag, err := w.Tag(t.Context(), "west-1", site)
	must(t, err)
	if tag != 2 {
		t.Errorf("Tag says %d", tag)
	}
	_, err = w.Tag(t.Context(), "west-1", 1002)
	wantErr(t, err, central.ErrNoGate)
}

func TestSetSiteKeepsTheRulesThatAreNotGiven(t *testing.T) {
	w := newWorld(t, afternoon())
	rules := json.RawMessage(`{"prohibited":{"issuers":["*"],"notice":"handover"},"exit_grace":60}`)
	notices := json.RawMessage(`{"handover":{"zh":"请在门口交接","en":"Hand over at the gate"}}`)
	must(t, w.SetSite(t.Context(), central.Site{Number: site, Name: "A", Zone: "Asia/Shanghai", Rules: rules, Notices: notices}))
	must(t, w.SetSite(t.Context(), central.Site{Number: site, Name: "B", Zone: "Asia/Shanghai"}))
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	s := b.docs.Site
	if s.Name != "B" || s.Rules.Prohibited == nil || s.Rules.ExitGrace != 60 || s.Notices["handover"].EN != "Hand over at the gate" {
		t.Errorf("the site says %+v", s)
	}
	if g, ok := s.Gate(gateID); !ok || g.Tag != 1 {
		t.Errorf("the gate is gone: %+v", s.Gates)
	}
}

func TestAnEmptyBoxIsNotReadyBeforeItHasASite(t *testing.T) {
	o := central.Options{Dir: filepath.Join(t.TempDir(), "c")}
	must(t, central.Init(t.Context(), o))
	c, err := central.Open(t.Context(), o)
	must(t, err)
	defer c.Close()
	w := &world{Central: c, dir: o.Dir}
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	if b.docs.Ready() || b.docs.Trust == nil || b.docs.State == nil || b.docs.State.Seq != 1 {
		t.Errorf("after init a box has %+v", b.docs)
	}
}

func TestOneWhoIsNotTheRootChangesNothing(t *testing.T) {
	w, thief := newWorld(t, afternoon()), newWorld(t, afternoon())
	b := newBox(t, w)
	broker, _ := published(t, thief)
	for _, raw := range broker.documents() {
		if err := b.offer(t, raw); err == nil {
			d, _ := document.Parse(raw)
			t.Errorf("a document of another network was taken: %s", strings.TrimSpace(string(d.Type)))
		}
	}
	if b.docs.Trust != nil || b.docs.Site != nil || b.docs.State != nil || b.docs.Heartbeat != nil {
		t.Error("the box holds something")
	}
}
