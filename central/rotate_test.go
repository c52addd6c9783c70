package central_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/central"
	"gated/verify/trust"
)

// everyRole is every role that may be given to a new key.
var everyRole = []trust.Role{trust.RoleRevocation, trust.RoleSite, trust.RoleCommand, trust.RoleCosign, trust.RoleRecords}

// fetches is a box that hears the standing topics alone, in the order of PROTOCOL
// 4, and fetches by full topic what its documents want: nothing else leads it on.
func (b *box) fetches(t testing.TB, f *fakeBroker) {
	t.Helper()
	for range 50 {
		before := b.docs
		topics := []string{"trust", fmt.Sprintf("sites/%d/rules", site), "revocation/heartbeat"}
		for _, topic := range topics {
			if raw := f.get(topic); raw != nil {
				b.offer(t, raw)
			}
		}
		w := b.docs.Wants()
		for _, v := range w.Trust {
			topics = append(topics, fmt.Sprintf("trust/%d", v))
		}
		for _, part := range w.Parts {
			topics = append(topics, fmt.Sprintf("revocation/snapshot/%d/%d", w.Snapshot, part))
		}
		for _, to := range w.Deltas {
			topics = append(topics, fmt.Sprintf("revocation/delta/%d", to))
		}
		for _, topic := range topics[3:] {
			if raw := f.get(topic); raw != nil {
				b.offer(t, raw)
			}
		}
		if b.docs == before {
			return
		}
	}
	t.Fatal("the box does not come to rest")
}

func TestABoxThatSleptThroughTwoRootRotationsCatchesUp(t *testing.T) {
	w := newWorld(t, afternoon())
	asleep, fromNothing := newBox(t, w), newBox(t, w)
	broker, _ := published(t, w)
	asleep.fetches(t, broker)
	wantCaughtUp(t, asleep, 1, 0)
	for i, want := range []string{"root-2", "root-3"} {
		w.now = w.now.Add(24 * time.Hour)
		name, err := w.RotateRoot(t.Context())
		must(t, err)
		if name != want {
			t.Errorf("the new root is %s, not %s", name, want)
		}
		must(t, w.AddIssuer(t.Context(), uint32(10+i), "Quick")) // a list signed by the new root alone
		_, err = w.Hold(t.Context(), "", central.Rider(1, uint32(i)))
		must(t, err)
	}
	w.now = w.now.Add(time.Hour)
	must(t, w.Upkeep(t.Context(), false))
	broker, _ = published(t, w)
	provisioned := newBox(t, w) // with the roots of today
	for name, b := range map[string]*box{"asleep": asleep, "from nothing, with the first root": fromNothing, "provisioned today": provisioned} {
		t.Run(name, func(t *testing.T) {
			b.at = w.now
			b.fetches(t, broker)
			wantCaughtUp(t, b, 3, 2)
			if got := b.docs.Trust.Roots.Keys; len(got) != 1 || got[0].Name != "root-3" {
				t.Errorf("the roots in force are %v", got)
			}
			if len(b.docs.Trust.Issuers) != 3 {
				t.Errorf("the trust list names %v", b.docs.Trust.Issuers)
			}
		})
	}
}

func TestAnExportLeadsThroughRootRotationsInAnyOrder(t *testing.T) {
	w := newWorld(t, afternoon())
	old := newBox(t, w).roots
	for range 2 {
		_, err := w.RotateRoot(t.Context())
		must(t, err)
		must(t, w.SetSite(t.Context(), central.Site{Number: site, Name: "B", Zone: "Asia/Shanghai"}))
	}
	must(t, w.AddIssuer(t.Context(), 2, "Quick"))
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	for seed := range uint64(10) {
		shuffled := bodies(files)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		b := newBox(t, w)
		b.roots = old
		b.hears(t, shuffled)
		wantCaughtUp(t, b, 1, 0)
		if b.docs.Trust.Version != 6 {
			t.Errorf("seed %d: trust list %d", seed, b.docs.Trust.Version)
		}
	}
}

func TestTheOldRootAloneChangesNothingMore(t *testing.T) {
	w := newWorld(t, afternoon())
	b := newBox(t, w)
	_, err := w.RotateRoot(t.Context())
	must(t, err)
	broker, _ := published(t, w)
	b.fetches(t, broker)
	must(t, w.AddIssuer(t.Context(), 2, "Quick"))
	broker, _ = published(t, w)
	if raw := string(broker.get("trust")); strings.Contains(raw, "\u2014 root-1 ") || !strings.Contains(raw, "\u2014 root-2 ") {
		t.Errorf("the list after a rotation is signed by\n%s", raw[strings.Index(raw, "\n\n"):])
	}
}

func TestAuthoritiesRotateAndBoxesFollow(t *testing.T) {
	for _, role := range everyRole {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t, afternoon())
			held, riders := newBox(t, w), 5
			if role == trust.RoleRevocation {
				riders = 60 // a snapshot on the way
			}
			for rider := range uint32(riders) {
				w.now = w.now.Add(time.Second)
				_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
				must(t, err)
			}
			broker, _ := published(t, w)
			held.at = w.now
			held.fetches(t, broker)
			name, err := w.RotateAuthority(t.Context(), role) // in the second of the last change
			must(t, err)
			if name != string(role)+"-2" {
				t.Errorf("the new authority is %s", name)
			}
			broker, messages := published(t, w)
			fetching, listening := newBox(t, w), newBox(t, w)
			held.at = w.now
			held.fetches(t, broker)
			fetching.fetches(t, broker)
			for _, m := range messages { // each in the order of publication, once
				if len(m.Payload) > 0 && m.Topic != "trust/1" {
					if err := listening.offer(t, m.Payload); err != nil && !strings.HasPrefix(m.Topic, "revocation/delta/") && m.Topic != "trust" {
						t.Errorf("%s refused: %v", m.Topic, err)
					}
				}
			}
			boxes := []*box{held, fetching, listening}
			for seed := range uint64(5) {
				b := newBox(t, w)
				documents := broker.documents()
				rand.New(rand.NewPCG(seed, 0)).Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
				b.hears(t, documents)
				boxes = append(boxes, b)
			}
			for _, b := range boxes {
				wantCaughtUp(t, b, int64(riders)+1, riders)
				named := slices.ContainsFunc(b.docs.Trust.Authorities, func(a trust.Authority) bool { return a.Name == name })
				if !named || len(b.docs.Trust.Authorities) != len(everyRole) {
					t.Errorf("the authorities are %v", b.docs.Trust.Authorities)
				}
			}
			// The stream goes on.
			w.now = w.now.Add(2 * time.Second) // the heartbeat of the rotation may be a second ahead
			_, err = w.Release(t.Context(), "", central.Rider(1, 0))
			must(t, err)
			broker, _ = published(t, w)
			held.at = w.now
			held.fetches(t, broker)
			wantCaughtUp(t, held, int64(riders)+2, riders-1)
		})
	}
}

func TestARoleThatNobodyKnowsIsNotRotated(t *testing.T) {
	w := newWorld(t, afternoon())
	_, err := w.RotateAuthority(t.Context(), "king")
	wantErr(t, err, central.ErrAsked)
}

func TestAVoidKeyIsVoidForEver(t *testing.T) {
	w := newWorld(t, afternoon())
	b := newBox(t, w)
	for _, want := range []bool{true, false} {
		changed, err := w.VoidKey(t.Context(), kid, "stolen")
		must(t, err)
		if changed != want {
			t.Errorf("changed is %v", changed)
		}
	}
	must(t, w.AddIssuer(t.Context(), 2, "Quick"))
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	if k, ok := b.docs.Trust.Key(kid); !ok || !k.Void {
		t.Errorf("the box holds the key as %+v", k)
	}
	_, _, err := w.Issue(t.Context(), central.Order{Kid: kid, Site: site, Rider: 42, TTL: 15 * time.Minute})
	wantErr(t, err, central.ErrLimit)
	_, err = w.VoidKey(t.Context(), 9, "")
	wantErr(t, err, central.ErrNoKey)
}

// What was cosigned before a rotation counts after it, and what was sealed to
// the old key is read.
func TestRotationsLoseNoRecords(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 20)
	w.ingest(t, l.records(t, 0, 10), l.checkpoint(t, 10))
	for _, role := range []trust.Role{trust.RoleCosign, trust.RoleRecords} {
		_, err := w.RotateAuthority(t.Context(), role)
		must(t, err)
	}
	if c, signers := w.cosigned(t); c.Size != 10 || signers != 2 { // the gate and the authority that is listed now
		t.Errorf("cosigned is %+v with %d signatures", c, signers)
	}
	w.ingest(t, l.checkpoint(t, 10)) // asked for again
	if _, signers := w.cosigned(t); signers != 2 {
		t.Errorf("repeated with %d signatures", signers)
	}
	l.ingestRest(t, w)
	if c, signers := w.cosigned(t); c.Size != 20 || signers != 2 {
		t.Errorf("cosigned is %+v with %d signatures", c, signers)
	}
	w.wantLog(t, l, 20, 20)
	got, err := w.Records(t.Context(), "")
	must(t, err)
	for i, e := range l.entries {
		if e.Person != "" && string(got.Records[i].Person) != e.Person {
			t.Errorf("record %d is about %q", i, got.Records[i].Person)
		}
	}
}

// ingestRest sends 10 to 14 sealed to the key that the log began with, and 15 to
// 19 to the one that is listed now.
func (l *gateLog) ingestRest(t testing.TB, w *world) {
	t.Helper()
	w.ingest(t, l.records(t, 10, 15))
	old := l.seal
	l.seal = newLog(t, w, "").seal
	if l.seal.Equal(old) {
		t.Error("gates seal to the old key still")
	}
	w.ingest(t, l.records(t, 15, 20), l.checkpoint(t, 20))
}
