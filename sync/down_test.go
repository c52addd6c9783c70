package sync_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/verify/document"
)

// The topics of the stories.
const (
	trustTopic = prefix + "/trust"
	siteTopic  = prefix + "/sites/1001/rules"
	heartTopic = prefix + "/revocation/heartbeat"
	liveTopic  = prefix + "/revocation/live"
)

func deltaTopic(to int) string { return fmt.Sprintf("%s/revocation/delta/%d", prefix, to) }

func partTopic(seq, part int) string {
	return fmt.Sprintf("%s/revocation/snapshot/%d/%d", prefix, seq, part)
}

// retain publishes what a central server keeps at the broker, a topic and a
// document in turn.
func (r *rig) retain(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		r.broker.publish(pairs[i], []byte(pairs[i+1]), true)
	}
}

func (r *rig) wantState(trust, state int64) {
	r.t.Helper()
	if gotTrust, gotState := r.docs.at(); gotTrust != trust || gotState != state {
		r.t.Errorf("the box holds trust list %d and state %d, want %d and %d", gotTrust, gotState, trust, state)
	}
}

func TestSubscriptionsComeInTheProtocolsOrder(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rules.subscriptions()
		r.start()
		want := []string{trustTopic, siteTopic, heartTopic, liveTopic, gateTopic("cosigned")}
		if diff := cmp.Diff(want, r.broker.rules.subscriptions()); diff != "" {
			t.Errorf("subscriptions (-want +got):\n%s", diff)
		}
	})
}

func TestANewTrustListMakesEverythingComeAgain(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.needed = 2 // The site's document is signed by somebody whom list 2 admits.
		r.retain(siteTopic, "site", heartTopic, "heartbeat 0")
		r.start()
		pass(time.Second)
		if r.docs.known() {
			t.Fatal("the site's document was taken before its signer was known")
		}
		r.broker.rules.subscriptions()
		r.retain(trustTopic, "trust 2")
		pass(time.Second)
		if !r.docs.known() {
			t.Error("the site's document did not come again after the trust list")
		}
		again := r.broker.rules.subscriptions()
		if n := count(again, trustTopic); n != 1 {
			t.Errorf("subscribed afresh %d times, want once: %v", n, again)
		}
		r.retain(trustTopic, "trust 2")
		pass(time.Minute)
		if again := r.broker.rules.subscriptions(); len(again) > 0 {
			t.Errorf("a list that is known made the box subscribe again: %v", again)
		}
	})
}

func TestATrustListMakesEverythingComeAgainOnlyOnce(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.lenient = true // As if whoever takes it in did not say that it is known.
		r.retain(trustTopic, "trust 2")
		r.start()
		pass(time.Minute)
		if n := count(r.broker.rules.subscriptions(), trustTopic); n != 2 {
			t.Errorf("subscribed to the trust list %d times, want 2", n)
		}
	})
}

func TestRefreshMakesEverythingComeAgain(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		r.broker.rules.subscriptions()
		r.sync.Refresh()
		pass(time.Second)
		if again := r.broker.rules.subscriptions(); len(again) != 5 {
			t.Errorf("subscribed to %v", again)
		}
	})
}

func TestExactlyTheMissingDeltasAreFetched(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.state = 2
		for to := 1; to <= 6; to++ {
			r.retain(deltaTopic(to), fmt.Sprintf("delta %d %d", to-1, to))
		}
		r.retain(heartTopic, "heartbeat 5")
		r.start()
		r.broker.rules.subscriptions()
		pass(time.Second)
		r.wantState(1, 5)
		for topic := range r.broker.subscribed() {
			if bytes.Contains([]byte(topic), []byte("delta")) {
				t.Errorf("still subscribed to %s", topic)
			}
		}
		for _, doc := range r.docs.seen() {
			if doc == "delta 0 1" || doc == "delta 5 6" {
				t.Errorf("%q was fetched and is not missing", doc)
			}
		}
	})
}

func TestOneMissingDeltaIsFetchedAtOnce(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Minute)
		r.retain(deltaTopic(1), "delta 0 1", heartTopic, "heartbeat 1") // The live one was lost.
		pass(time.Millisecond)
		r.wantState(1, 1)
	})
}

func TestDeltasInAnyOrder(t *testing.T) {
	virtual(t, func(r *rig) {
		r.retain(heartTopic, "heartbeat 4")
		r.start()
		pass(time.Second) // All four topics are subscribed, and nothing is there yet.
		for _, to := range []int{4, 2, 3, 1} {
			r.retain(deltaTopic(to), fmt.Sprintf("delta %d %d", to-1, to))
		}
		pass(time.Second)
		r.wantState(1, 4)
	})
}

func TestTrustListsAreFetchedInAscendingOrder(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.needed = 4
		r.retain(trustTopic+"/2", "trust 2", trustTopic+"/4", "trust 4", siteTopic, "site")
		r.start()
		pass(5 * time.Second)
		if trust, _ := r.docs.at(); trust != 4 || !r.docs.known() {
			t.Errorf("trust list %d, site %t; want 4 and true", trust, r.docs.known())
		}
		seen := r.docs.seen()
		if slices.Index(seen, "trust 2") > slices.Index(seen, "trust 4") {
			t.Errorf("offered in the order %v", seen)
		}
	})
}

func TestATrustListWaitsForTheOneBeforeIt(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.needed = 4
		r.start()
		pass(time.Second)
		r.broker.publish(liveTopic, []byte("nothing"), false) // Something that makes it look at what it lacks.
		pass(time.Second)
		r.retain(trustTopic+"/4", "trust 4 3")
		pass(time.Second)
		r.retain(trustTopic+"/3", "trust 3")
		pass(time.Second)
		r.wantState(4, 0)
	})
}

func TestAWideGapFetchesAllTrustLists(t *testing.T) {
	virtual(t, func(r *rig) {
		r.docs.rotations = true
		r.retain(trustTopic+"/900", "trust 900", trustTopic+"/1200", "trust 1200")
		r.start()
		pass(time.Second)
		if trust, _ := r.docs.at(); trust != 1200 {
			t.Errorf("trust list %d, want 1200", trust)
		}
	})
}

func TestASnapshotIsSpread(t *testing.T) {
	fetched := func(t *testing.T, spread time.Duration, ready bool) (after time.Duration) {
		virtual(t, func(r *rig) {
			r.cfg.Pace.Spread = spread
			r.ready.Store(ready)
			for p := 1; p <= 9; p++ {
				r.retain(partTopic(7, p), fmt.Sprintf("part 7 %d", p))
			}
			r.retain(heartTopic, "heartbeat 7 7 9")
			r.start()
			began := time.Now()
			for r.docs.wanting() {
				pass(10 * time.Millisecond)
				if time.Since(began) > time.Minute {
					t.Fatal("the snapshot was not fetched in a minute")
				}
			}
			r.wantState(1, 7)
			after = time.Since(began)
		})
		return after
	}
	late := 0
	for range 20 {
		after := fetched(t, 0, true) // The default of 30 s.
		if after > 30*time.Second+100*time.Millisecond {
			t.Errorf("fetched after %v", after)
		}
		if after > time.Second {
			late++
		}
	}
	if late < 10 { // By chance: less than one in 10^9.
		t.Errorf("%d of 20 boxes waited for over a second", late)
	}
	if after := fetched(t, 0, false); after > 100*time.Millisecond {
		t.Errorf("a box that can open for nobody fetched after %v", after)
	}
	if after := fetched(t, -1, true); after > 100*time.Millisecond {
		t.Errorf("fetched after %v with the spread switched off", after)
	}
}

func TestASilentTopicIsGivenUpAndTriedAgain(t *testing.T) {
	virtual(t, func(r *rig) {
		r.retain(heartTopic, "heartbeat 1")
		r.start()
		pass(11 * time.Second)
		if r.broker.subscribed()[deltaTopic(1)] {
			t.Error("still waiting for a topic that holds nothing")
		}
		// Were it published now, it would come over live; but suppose it did not.
		r.retain(deltaTopic(1), "delta 0 1")
		pass(15 * time.Second)
		r.wantState(1, 0)
		pass(16 * time.Second)
		r.wantState(1, 1)
	})
}

func TestEmptyAndHugePayloadsAreNoDocuments(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.broker.publish(trustTopic, nil, true)
		r.broker.publish(trustTopic, bytes.Repeat([]byte("x"), document.MaxBytes+1), true)
		pass(time.Second)
		if seen := r.docs.seen(); len(seen) != 0 {
			t.Errorf("%d documents offered", len(seen))
		}
		if r.broker.attempts() != 1 {
			t.Error("the connection was dropped")
		}
	})
}

func TestAFloodBeginsAnewAndLosesNothing(t *testing.T) {
	virtual(t, func(r *rig) {
		hold := r.docs.hold()
		r.start()
		for to := 1; to <= 700; to++ { // Live, and far more than fit into the queue.
			doc := fmt.Sprintf("delta %d %d", to-1, to)
			r.retain(deltaTopic(to), doc)
			r.broker.publish(liveTopic, []byte(doc), false)
		}
		r.retain(heartTopic, "heartbeat 700")
		pass(time.Second)
		hold()
		pass(2 * time.Second)
		if n := alive("keepalive"); n != 1 {
			t.Errorf("%d connections are kept alive, want the new one alone", n)
		}
		pass(time.Minute)
		r.wantState(1, 700)
		if r.broker.attempts() != 2 {
			t.Errorf("%d connections, want 2", r.broker.attempts())
		}
	})
}

// alive is how many goroutines of the library run a function.
func alive(function string) int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("\ngithub.com/eclipse/paho%2emqtt%2egolang."+function+"("))
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}
