package central_test

import (
	"crypto/ed25519"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/central"
	"gated/verify/pass"
)

// publicKey is that of the world's key, from the trust list.
func publicKey(t testing.TB, w *world) ed25519.PublicKey {
	t.Helper()
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	k, ok := b.docs.Trust.Key(kid)
	if !ok {
		t.Fatal("the trust list does not have the key")
	}
	return k.Public
}

func TestIssueMakesWhatAGateTakes(t *testing.T) {
	w := newWorld(t, afternoon())
	for serial := uint32(1); serial <= 3; serial++ {
		code, h, err := w.Issue(t.Context(), central.Order{
			Kid: kid, Site: site, Rider: 42, TTL: 15 * time.Minute, Direction: pass.In, Unlimited: true,
		})
		must(t, err)
		want := pass.Header{
			Type: pass.Bearer, Kid: kid, Site: site, Serial: serial, NotBefore: uint32(w.now.Unix()), TTL: 90,
			Direction: pass.In, Unlimited: true, Rider: 42,
		}
		p, err := pass.Parse(code)
		must(t, err)
		if diff := cmp.Diff([]pass.Header{want, want}, []pass.Header{h, p.Header}); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
		if !p.IssuerSigned(publicKey(t, w)) {
			t.Error("the trust list's key has not signed it")
		}
	}
}

func TestIssueBoundMakesWhatAPhoneShows(t *testing.T) {
	w := newWorld(t, afternoon())
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	c, err := w.IssueBound(t.Context(), central.Order{Kid: kid, Site: site, Rider: 42, TTL: 24 * time.Hour, Window: 1}, public)
	must(t, err)
	code, err := c.Show(uint32(w.now.Unix()), site, 1, private)
	must(t, err)
	p, err := pass.Parse(code)
	must(t, err)
	if !p.IssuerSigned(publicKey(t, w)) || !p.HolderSigned(site, 1) || p.WindowSeconds() != 30 || p.Serial != 1 {
		t.Errorf("the code says %+v", p.Header)
	}
}

func TestIssueRefusesWhatNoGateWouldTake(t *testing.T) {
	w := newWorld(t, afternoon())
	must(t, w.AddKey(t.Context(), central.Key{Kid: 300, Issuer: 1, Sites: []string{"*"}, Life: time.Hour, MaxBoundTTL: time.Hour}))
	good := central.Order{Kid: kid, Site: site, Rider: 42, TTL: 15 * time.Minute}
	for _, c := range []struct {
		name   string
		change func(*central.Order)
		want   error
	}{
		{"an unknown key", func(o *central.Order) { o.Kid = 9 }, central.ErrNoKey},
		{"longer than the key's limit", func(o *central.Order) { o.TTL += 10 * time.Second }, central.ErrLimit},
		{"a kind that the key may not issue", func(o *central.Order) { o.Kid = 300 }, central.ErrLimit},
		{"not whole units", func(o *central.Order) { o.TTL = 15 * time.Second }, central.ErrAsked},
		{"no time at all", func(o *central.Order) { o.TTL = 0 }, central.ErrAsked},
		{"longer than the field", func(o *central.Order) { o.TTL = 10 * (math.MaxUint16 + 1) * time.Second }, central.ErrAsked},
		{"before the key's life", func(o *central.Order) { o.NotBefore = w.now.Add(-48 * time.Hour) }, central.ErrLimit},
		{"beyond the key's life", func(o *central.Order) { o.NotBefore = w.now.Add(30*24*time.Hour - time.Minute) }, central.ErrLimit},
		{"before 1970", func(o *central.Order) { o.NotBefore = time.Unix(-5, 0) }, central.ErrAsked},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, _, err := w.Issue(t.Context(), o)
			wantErr(t, err, c.want)
		})
	}
	_, h, err := w.Issue(t.Context(), good)
	must(t, err)
	if h.Serial != 1 {
		t.Errorf("refusals have used up serials: the first is %d", h.Serial)
	}
}

func TestSerialsAreDenseAndNeverTheSameTwice(t *testing.T) {
	w := newWorld(t, time.Time{})
	const each, processes = 25, 4
	serials := make(chan uint32, each*processes)
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			c, err := central.Open(t.Context(), central.Options{Dir: w.dir})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for range each {
				_, h, err := c.Issue(t.Context(), central.Order{Kid: kid, Site: site, Rider: 1, TTL: time.Minute})
				if err != nil {
					t.Error(err)
					return
				}
				serials <- h.Serial
			}
		})
	}
	all.Wait()
	close(serials)
	seen := map[uint32]bool{}
	for s := range serials {
		if seen[s] || s < 1 || s > each*processes {
			t.Errorf("serial %d", s)
		}
		seen[s] = true
	}
	if len(seen) != each*processes {
		t.Errorf("%d serials", len(seen))
	}
}
