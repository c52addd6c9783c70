package disk_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// How often the daemon is killed, and how to kill it at the same instants again.
var (
	kills    = flag.Int("kills", 3, "how often the daemon is killed")
	killSeed = flag.Uint64("killseed", 0, "seed of the instants; 0: any")
)

// The daemon is killed at any instant between a code and the end of its pulse.
// After each kill: the relay is off; no edge of the relay is without a record
// that was there before it; nothing that was once in the journal is gone or
// changed, its numbers have no gap and its tree is whole; the revocation list
// never goes back, and who is on it never comes in (each round has one pass that is
// shown once and may open, and one that may not).
func TestTheDaemonIsKilled(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	rnd := rand.New(rand.NewPCG(seed, 2))
	onExt4 := func(t *testing.T, dir string) { ext4(t, dir, 64) }
	if os.Getuid() != 0 {
		t.Log("not root: the state lies in a plain folder, not on an ext4 of its own")
		onExt4 = nil
	}
	t.Logf("seed %d, %d kills", seed, *kills)
	w := newWorld(t, onExt4)
	revoked := w.issue(t, 666)
	if _, err := w.Central.Do(soon(t), "revoke", "--issuer", "1", "--rider", "666"); err != nil {
		t.Fatal(err)
	}
	st, err := w.Box.WaitStatus(soon(t), func(s stage.Status) bool { return s.Rev > 1 })
	if err != nil {
		t.Fatal(err)
	}
	k := &killing{world: w, rev: st.Rev}
	for round := range *kills {
		code := w.issue(t, round+1)
		for _, c := range []string{revoked, code} {
			if _, err := w.Box.Scanner.Read(c); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(pulse + 200*time.Millisecond)))) // the instant
		if err := w.Box.Kill(soon(t)); err != nil {
			t.Fatal(err)
		}
		k.check(t, round)
		k.rev = max(k.rev, w.restart(t).Rev)
		if t.Failed() {
			t.Fatalf("after kill %d of seed %d", round+1, seed)
		}
	}
	if k.opened == 0 {
		t.Error("no door opened in all that time: nothing was tried")
	}
}

// killing is what was seen before the newest kill.
type killing struct {
	*world
	leaves []record.Leaf
	rev    uint64
	opened int
}

func (k *killing) check(t *testing.T, round int) {
	t.Helper()
	edges, err := k.Box.Trace.Edges()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(edges); n > 0 && edges[n-1].On {
		t.Errorf("round %d: the relay is still on", round)
	}
	if out, err := k.Box.Do(soon(t), "journal", "verify"); err != nil {
		t.Errorf("round %d: verify: %v\n%s", round, err, out)
	}
	leaves, err := k.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	k.opened = count(leaves, func(l record.Leaf) bool { return l.Verdict == string(gate.Open) })
	if on := (len(edges) + 1) / 2; on > k.opened {
		t.Errorf("round %d: the relay went on %d times, %d openings are recorded", round, on, k.opened)
	}
	if err := k.same(leaves); err != nil {
		t.Errorf("round %d: %v", round, err)
	}
	k.leaves = leaves
	if k.opened > round+1 { // each good pass is shown once
		t.Errorf("round %d: %d openings, %d good passes were shown", round, k.opened, round+1)
	}
}

// same says what of the journal before is not there any more, and whether the
// revocation list has gone back.
func (k *killing) same(now []record.Leaf) error {
	if len(now) < len(k.leaves) {
		return errors.New("records are gone")
	}
	for i, l := range now {
		if l.Seq != uint64(i) {
			return errors.New("a number is missing")
		}
		if i < len(k.leaves) && (l.TimeMS != k.leaves[i].TimeMS || l.Kind != k.leaves[i].Kind || l.Verdict != k.leaves[i].Verdict) {
			return errors.New("a record is another one")
		}
		if i > len(k.leaves) && l.Kind == string(gate.KindAccess) && l.Rev < k.rev {
			return errors.New("an older revocation list was in force")
		}
	}
	return nil
}

func count(leaves []record.Leaf, is func(record.Leaf) bool) (n int) {
	for _, l := range leaves {
		if is(l) {
			n++
		}
	}
	return n
}
